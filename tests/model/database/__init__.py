"""Postgres, as far as the protocol of claims and sends is concerned.

One function a statement of `services/dispatch/*/queries.sql`, by the same name, with the same answer; a
module a noun. Each is one transaction. Most happen at one instant, because they look at nothing but the rows
that they lock; `hand` and `claim` have two, one at which they read and one at which they have their locks,
and anything may happen between the two. `tests/integration/model` holds them against the real ones.
Times are seconds of the database's own clock; it is the true one.
"""

from tests.model.database.tables import TRACEABLE, Database, Device, Guards, Message, moment

__all__ = ["TRACEABLE", "Database", "Device", "Guards", "Message", "moment"]
