"""The caller of the call that is being served."""

from contextvars import ContextVar
from dataclasses import dataclass

current_caller: ContextVar["Caller"] = ContextVar("current_caller")


@dataclass(frozen=True)
class Caller:
    """The account and key behind a call, and the method called, as `kompang.v1.LeadsService/GetLead`."""

    account_id: int
    api_key_id: int
    method: str


def caller() -> Caller:
    """Inside a servicer: set by the interceptor. Raises `LookupError` anywhere else."""
    return current_caller.get()
