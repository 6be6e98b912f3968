"""Claims: how a host comes to own shards, and how it gives them back.

Who has authority. The placement says who *should* run a shard, the Consul lock who may *try*, the lease
in the database who *may*. Only the lease counts for sending; the other two keep hosts from asking for
the same shard.

For what term. A lease lasts as long as its host's term, which dispatch renews on the stream and which
the host counts by itself (`shardhost.term`). The lock lasts as long as the Consul session. Its
ModifyIndex is the epoch: whoever locks later has a larger one, and the database refuses smaller ones.

What is trusted meanwhile. While Consul cannot be reached, nothing changes: leases are kept, sends go
on, no shard is taken or given away. While dispatch cannot be reached, sends go on until the term has
run out; then everything stops at once, by the clock, whatever else is known.

What happens on failure.
- The Consul session ends: somebody else may try, so nothing new is begun, what is in flight is finished
  and reported, the leases are given back, and the host starts over with a new session.
- Dispatch answers that a lease is another's: it stops at once.
- Dispatch revokes a lease: as when the session ends, for dispatch may be mistaken.
- The stream breaks: the leases are claimed again on the next one with the same epochs.
- The host dies: its term runs out, and dispatch ends its session, which frees the locks.
- The host is stopped and goes on: its clock has run on, so the first look at it says that the term is
  over.

`state` is the machine of one `shard`, pure; `controller` drives one for every shard; `lock_manager` does what
the machines want from Consul; `membership` keeps the session and computes the placement.
"""
