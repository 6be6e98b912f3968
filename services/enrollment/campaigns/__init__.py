"""Campaigns in enrollment: their messages are written, and cancelled or retried all together.

Authority. The gateway launches, pauses and cancels, by the state in the row of the campaign; this package
looks at the rows every half second and carries them out. So nothing is lost with a process: the next look of
any replica goes on with the work that another has left undone.

Exactly once. A launch goes through the devices of the account. The statement that has locked the row of a
device in `campaign_device` writes the next of its leads' messages, and its progress into that row. Replicas
pass over each other's rows. The unique key of `campaign_lead` decides in the end: a lead that was
moved to another device in the middle, or read twice, gets one message all the same.

Failures. A lead, or a message, that fails alone is left out and reported (`lead_by_lead.py`, `sweeps.py`); a
campaign that fails as a whole is reported, and the others go on.

Cancelling. The state of the campaign holds at once, in the hand. The message rows follow in pieces, none
of which waits for anybody: a row that a hand has locked is left to the hand, which reads the state too.
"""
