"""The sample that demo and `make up` load: `leads.csv` (numbers nobody has) and `sequences.toml`."""

from pathlib import Path

LEADS = Path(__file__).with_name("leads.csv")
SEQUENCES = Path(__file__).with_name("sequences.toml")
