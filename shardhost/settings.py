"""What a shard host reads from the environment."""

import socket
from typing import ClassVar, Self

from pydantic import Field, model_validator

from services.callers import Role
from services.runtime.address import is_loopback
from services.runtime.server_settings import ServerSettings
from services.runtime.settings import ConsulSettings


class HostSettings(ServerSettings, ConsulSettings):
    """Fields are read from `KOMPANG_<FIELD>`; times are seconds."""

    role: ClassVar[str] = Role.SHARDHOST

    dispatch_service: str = Field(default="dispatch", description="Dispatch's name in discovery.")
    session_ttl_s: float = Field(default=15.0, gt=0, description="Of the Consul session.")
    session_patience_s: float = Field(
        default=12.0,
        ge=0,
        description="How long to wait for a predecessor of the same name; dispatch ends the session "
        "of a killed one when its term is over, Consul alone after twice the TTL.",
    )
    lock_delay_s: float = Field(default=0.001, ge=0, description="Epochs fence, so it may be short.")
    lock_retry_s: float = Field(default=0.3, gt=0, description="Between tries for a lock held by another.")
    hand_over_s: float = Field(default=10.0, gt=0, description="Before what is in flight is cut.")
    place_kept_s: float = Field(
        default=600.0,
        gt=0,
        description="How long the shards of a host that left are kept for its return. Where hosts do not "
        "come back under their names, make it short.",
    )
    term_margin_s: float = Field(default=0.3, gt=0, description="Sending stops so long before the term ends.")
    attach_timeout_s: float = Field(default=3.0, gt=0, description="From connecting to Welcome.")
    send_timeout_s: float = Field(default=75.0, gt=0, description="Then a send is ambiguous.")
    trace_timeout_s: float = Field(
        default=10.0, gt=0, description="Then it is unclear what became of a send that is asked about."
    )
    open_timeout_s: float = Field(default=20.0, gt=0, description="Then a session counts as not opened.")
    opens_at_once: int = Field(default=64, ge=1, description="Sessions being opened at any time.")
    network_address: str = Field(min_length=1, description="host:port of the simulated network.")

    @model_validator(mode="after")
    def _network_is_near(self) -> Self:
        if self.plaintext != "allow" and not is_loopback(self.network_address):
            raise ValueError(
                f"KOMPANG_NETWORK_ADDRESS: {self.network_address} is another machine's, and the simulated"
                " network speaks plaintext; set KOMPANG_PLAINTEXT=allow where the network itself is protected"
            )
        return self

    @property
    def host_id(self) -> str:
        """Stable across restarts, unique among the live: the instance, or the machine's name."""
        return self.instance or socket.gethostname()

    @property
    def member(self) -> str:
        """Dispatch believes a host only that it is the one its certificate names."""
        return self.host_id
