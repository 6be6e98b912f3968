"""Discovery, locks and keys against a real Consul."""
