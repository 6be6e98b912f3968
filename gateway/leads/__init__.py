"""Leads: people who may receive messages, with consent and suppression."""
