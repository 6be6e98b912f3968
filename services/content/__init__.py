"""The text of messages: spintax, greetings, names, variation. Pure; standard library only."""
