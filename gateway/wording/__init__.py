"""The wording of an account: greetings, fallback name, opt-out line, variation."""
