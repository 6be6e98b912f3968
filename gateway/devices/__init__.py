"""Devices: the linked WhatsApp numbers, with their delays and caps."""
