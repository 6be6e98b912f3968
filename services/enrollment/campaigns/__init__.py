"""What enrollment does for campaigns: writes their messages, carries out what was asked of all of them.

Authority. Who launches, pauses or cancels is the gateway, by the state in the row of the campaign; this
package looks at the rows every half second and does what they ask for. So nothing is lost with a process:
what one has left undone, the next look of any replica goes on with.

Exactly once. A launch goes through the devices of the account. Who has locked the row of a device in
`campaign_device` writes the next of its leads' messages, and in the same statement says how far it came.
Replicas pass over each other's rows. The unique key of `campaign_lead` decides in the end: a lead that was
moved to another device in the middle, or read twice, gets one message all the same.

Cancelling. The state of the campaign holds at once, in the hand. The message rows follow in pieces, none
of which waits for anybody: a row that a hand has locked is left to the hand, which reads the state too.
"""
