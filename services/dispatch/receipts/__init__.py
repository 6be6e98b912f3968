"""Receipts: that messages arrived, and were opened, as shard hosts pass it on from the network."""
