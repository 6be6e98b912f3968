"""The words for a message that its row carries and that several processes must understand. Pure.

`state` says where a message stands, `reason` why, and `verdict` what the hand decided about it. Replicas of
two versions run beside each other during a rollout, so a row may hold a word that this version does not
know. The enum raises `ValueError` for it, and the reader contains that to the one message.
"""
