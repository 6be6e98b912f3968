"""A marketer's day on the local mesh: a script runs it with the real `kompang` command and checks it.

The script has four parts, one module each: `morning` (the lead lists are imported), `noon` (a campaign is
paused and resumed, people write STOP, a host is killed), `afternoon` (cancel, retry, erase, guards) and
`evening` (the reconciliation). They share one `Day` (`context`).

`marketer` runs the command as a process. `gateway_checks` reads the public API for the checks.
`simulated_people` has the network and the people who receive messages. `report` prints the day and counts the
checks; `verdict` is the last line. `lists` has the marketer's files, `campaign` is one campaign of the day.
"""
