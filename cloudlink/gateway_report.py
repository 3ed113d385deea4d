"""What a gateway tells of itself: its PBX, its monitors and its queue, at one moment. The latest replaces all before.

Times are aware UTC by the gateway's clock. Who is named, is named by extension; CloudLink knows whose that is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import AwareDatetime, ConfigDict, Field, NonNegativeFloat, NonNegativeInt, TypeAdapter

from cloudlink.model import wire_name

MOST_NAMED = 200
"""Extensions that a report names at most of a kind; the counts beside them are of all."""

WIRE = ConfigDict(alias_generator=wire_name, validate_by_name=True, extra="forbid")

_LATE = timedelta(minutes=5)
# A gateway that has just started is still connecting.
_SETTLING = timedelta(seconds=15)

_Word = Annotated[str, Field(max_length=128)]
_Sentence = Annotated[str, Field(max_length=1000)]


class Trouble(StrEnum):
    """Why a gateway is not well; the worst first."""

    PBX_AWAY = "pbxAway"
    RECORDS_LOST = "recordsLost"
    DISK = "disk"
    LICENCES = "licences"
    SURPLUS = "surplus"
    REFUSED = "refused"
    UNSEEN = "unseen"
    OVER_BHCC = "overBhcc"
    QUEUE_OLD = "queueOld"


@dataclass(frozen=True, slots=True)
class RefusedMonitor:
    """An extension that is not followed, and the PBX's word for why, such as ``invalidDeviceID``."""

    extension: _Word
    reason: _Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class PbxReport:
    """The PBX's side.

    ``model`` is a ``PbxModel``'s value as the gateway is set, ``address`` host and port. ``error`` says why there is no
    connection. ``refused`` and ``surplus`` name at most ``MOST_NAMED``; ``unseen`` counts monitors whose telephone
    showed no snapshot. ``users`` and ``bhcc`` are what Mitel states for the model, ``calls`` those of the last hour.
    """

    model: _Word
    address: _Sentence
    connected_since: AwareDatetime | None = None
    error: _Sentence | None = None
    status: _Word | None = None
    wanted: NonNegativeInt = 0
    running: NonNegativeInt = 0
    refused: Annotated[tuple[RefusedMonitor, ...], Field(max_length=MOST_NAMED)] = ()
    refused_count: NonNegativeInt = 0
    surplus: Annotated[tuple[_Word, ...], Field(max_length=MOST_NAMED)] = ()
    surplus_count: NonNegativeInt = 0
    unseen: NonNegativeInt = 0
    licence_limit_reached: bool = False
    users: NonNegativeInt = 0
    calls: NonNegativeInt = 0
    bhcc: NonNegativeInt = 0
    events_per_second: NonNegativeFloat = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueReport:
    """What waits for CloudLink on the gateway's disk.

    ``fault`` says why the disk takes no more, so that facts wait in memory; ``lost`` counts call records for which
    there was no room in memory either.
    """

    facts: NonNegativeInt = 0
    octets: NonNegativeInt = 0
    oldest: AwareDatetime | None = None
    fault: _Sentence | None = None
    lost: NonNegativeInt = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayReport:
    """All of it, as of ``at``."""

    __pydantic_config__: ClassVar = WIRE

    at: AwareDatetime
    started_at: AwareDatetime
    version: _Word
    pbx: PbxReport
    queue: QueueReport

    def troubles(self) -> tuple[Trouble, ...]:
        """Why the gateway is not well, the worst first; empty when it is."""
        pbx, queue = self.pbx, self.queue
        found = {
            Trouble.PBX_AWAY: pbx.connected_since is None and self.at - self.started_at > _SETTLING,
            Trouble.RECORDS_LOST: queue.lost > 0,
            Trouble.DISK: queue.fault is not None,
            Trouble.LICENCES: pbx.licence_limit_reached,
            Trouble.SURPLUS: pbx.surplus_count > 0,
            Trouble.REFUSED: pbx.refused_count > 0 and not pbx.licence_limit_reached,
            Trouble.UNSEEN: pbx.unseen > 0,
            Trouble.OVER_BHCC: pbx.calls > pbx.bhcc > 0,
            Trouble.QUEUE_OLD: queue.oldest is not None and self.at - queue.oldest > _LATE,
        }
        return tuple(trouble for trouble, there in found.items() if there)

    def tells_the_same(self, other: GatewayReport) -> bool:
        """Whether nothing but time and traffic has passed between the two."""
        return self._essence() == other._essence() and self.troubles() == other.troubles()

    def _essence(self) -> tuple[object, ...]:
        return self.started_at, self.version, replace(self.pbx, calls=0, events_per_second=0.0), self.queue.lost


_REPORT: TypeAdapter[GatewayReport] = TypeAdapter(GatewayReport)


def to_json(report: GatewayReport) -> str:
    """As JSON text, in camelCase."""
    return _REPORT.dump_json(report, by_alias=True, exclude_none=True).decode()


def from_json(text: str) -> GatewayReport:
    """What ``to_json`` made. Raises ``ValueError``."""
    return _REPORT.validate_json(text)
