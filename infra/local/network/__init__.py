"""The simulated WhatsApp network: a process of its own, with a gRPC face and a durable ledger.

Who knows what: `behavior` draws what happens to a send, `ledger` remembers what was accepted,
`network` decides (newest connection wins, known ids are not delivered again), `questions` tells what
became of an id, `link` and `service` carry frames, `server` puts it together.
"""
