"""Campaigns from launch to end, and their forecast."""
