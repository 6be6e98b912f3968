"""Campaigns: drafts, states, forecast, start, watch."""
