"""A marketer's day on the local mesh, played by a script through the real `kompang` command.

`morning` (the lists come in), `noon` (a campaign with a pause, stop words and a dead host), `afternoon`
(cancel, retry, erase, guards) and `evening` (do all books agree?) are its parts. `marketer` runs the command,
`desk` looks for the checks, `street` is everybody else: the network and the people on it.
`story` tells it and remembers what did not hold.
"""
