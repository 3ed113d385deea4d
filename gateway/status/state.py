"""What ``/status`` on loopback answers, and the command ``status`` reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from pydantic import AwareDatetime, TypeAdapter

from cloudlink.gateway_report import WIRE, GatewayReport


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudState:
    """CloudLink's side; ``error`` says why there is no connection."""

    url: str
    connected_since: AwareDatetime | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The report that CloudLink gets, and what only this machine knows."""

    __pydantic_config__: ClassVar = WIRE

    gateway_id: str
    cloud: CloudState
    report: GatewayReport
    counters: dict[str, int] = field(default_factory=dict)

    @property
    def well(self) -> bool:
        """Whether both sides are connected and nobody is left out."""
        both = self.cloud.connected_since is not None and self.report.pbx.connected_since is not None
        return both and not self.report.troubles()


_STATUS: TypeAdapter[Status] = TypeAdapter(Status)


def to_json(status: Status) -> bytes:
    """In camelCase."""
    return _STATUS.dump_json(status, by_alias=True, exclude_none=True)


def from_json(text: bytes) -> Status:
    """What ``to_json`` made. Raises ``ValueError``."""
    return _STATUS.validate_json(text)
