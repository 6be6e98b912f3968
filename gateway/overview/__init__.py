"""The live overview of an account: devices, campaigns, sends."""
