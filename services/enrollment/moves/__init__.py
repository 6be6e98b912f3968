"""Moves leads in flight to the newest version of their chain.

Authority. A lead's messages are rewritten in one transaction that holds, in the order of everybody, the
lead and then the pace of its device. So nobody enrolls, suppresses, answers, hands or records an outcome
of that lead meanwhile; a hand that was waiting finds the pace changed, and does nothing.

Exactly once. Nothing says which version a lead is on but its pending messages: where they are the newest
steps already, the lead is not touched. So a call may die anywhere and be repeated from anywhere.

A message that was ever handed (`attempts`) stays as it is, also when it comes back as a retry: somebody may
know of it. A pending message that keeps its time keeps its row and becomes another step; one at another time
is cancelled (`moved`) and written anew, because `scheduled_at` never changes.
"""
