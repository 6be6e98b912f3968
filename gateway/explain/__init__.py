"""Why a message goes or does not go: the hand's conditions, told to people."""
