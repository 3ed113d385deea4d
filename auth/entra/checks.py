"""The *Test* of an integration: what it needs is tried, in the order in which one thing builds on another.

Nothing is changed, here or at Microsoft. After the first thing that does not hold, what builds on it is not tried.
A finding holds names, dates and Microsoft's error codes, never a secret, a token or a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from cloudlink.administration.integrations import IntegrationKind

if TYPE_CHECKING:
    from datetime import datetime


class State(StrEnum):
    """What a check has come to."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Subject(StrEnum):
    """What is tried."""

    SETTINGS = "settings"
    TENANT = "tenant"
    DISCOVERY = "discovery"
    OUR_APPLICATION = "ourApplication"
    APPLICATION = "application"
    SECRET = "secret"  # noqa: S105 - the name of a check
    PERMISSIONS = "permissions"
    EXCESS = "excess"
    READING = "reading"
    READING_PRESENCE = "readingPresence"
    WRITING = "writing"
    TOKEN = "token"  # noqa: S105 - the name of a check
    USE = "use"
    USERS = "users"


class Finding(StrEnum):
    """What was found, each a sentence of its own."""

    ON = "on"
    OFF = "off"
    PROVED = "proved"
    DISCOVERED = "discovered"
    ACCEPTED = "accepted"
    VALID_UNTIL = "validUntil"
    VALID = "valid"
    GRANTED = "granted"
    NONE_TOO_MANY = "noneTooMany"
    READABLE = "readable"
    WRITABLE = "writable"
    USED = "used"
    COUNTED = "counted"

    NOT_SAVED = "notSaved"
    NOT_PROVED = "notProved"
    NO_SUCH_TENANT = "noSuchTenant"
    SECRET_REFUSED = "secretRefused"  # noqa: S105 - the name of a finding
    CERTIFICATE_REFUSED = "certificateRefused"
    NOT_IN_TENANT = "notInTenant"
    REFUSED = "refused"
    ENDED = "ended"
    ENDS_SOON = "endsSoon"
    MISSING = "missing"
    TOO_MANY = "tooMany"
    FORBIDDEN = "forbidden"
    NO_TOKEN = "noToken"  # noqa: S105 - the name of a finding

    NOT_TRIED = "notTried"
    NO_MICROSOFT = "noMicrosoft"
    UNREACHABLE = "unreachable"
    BUSY = "busy"
    END_NOT_ENTERED = "endNotEntered"
    NEVER_USED = "neverUsed"
    NOBODY = "nobody"


_PASSED = frozenset(
    {
        Finding.ON,
        Finding.OFF,
        Finding.PROVED,
        Finding.DISCOVERED,
        Finding.ACCEPTED,
        Finding.VALID_UNTIL,
        Finding.VALID,
        Finding.GRANTED,
        Finding.NONE_TOO_MANY,
        Finding.READABLE,
        Finding.WRITABLE,
        Finding.USED,
        Finding.COUNTED,
    }
)
_UNKNOWN = frozenset(
    {
        Finding.NOT_TRIED,
        Finding.NO_MICROSOFT,
        Finding.UNREACHABLE,
        Finding.BUSY,
        Finding.END_NOT_ENTERED,
        Finding.NEVER_USED,
        Finding.NOBODY,
    }
)

_OF_TENANT = (Subject.SETTINGS, Subject.TENANT, Subject.DISCOVERY)
_OF_GRAPH = (Subject.PERMISSIONS, Subject.EXCESS, Subject.READING, Subject.READING_PRESENCE, Subject.WRITING)


def subjects(kind: IntegrationKind, *, own_application: bool) -> tuple[Subject, ...]:
    """What is tried of an integration, in this order. ``own_application``: of the customer's, in place of ours."""
    if kind is IntegrationKind.ENTRA_SYNC:
        return Subject.SETTINGS, Subject.TOKEN, Subject.USE, Subject.USERS
    application = (Subject.APPLICATION, Subject.SECRET) if own_application else (Subject.OUR_APPLICATION,)
    return (*_OF_TENANT, *application, *(_OF_GRAPH if kind is IntegrationKind.TEAMS_PRESENCE else ()))


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was tried. ``names`` are permissions or an error code, ``at`` an end or the latest use."""

    subject: Subject
    finding: Finding
    names: tuple[str, ...] = ()
    at: datetime | None = None
    number: int = 0

    @property
    def state(self) -> State:
        if self.finding in _PASSED:
            return State.PASSED
        return State.UNKNOWN if self.finding in _UNKNOWN else State.FAILED
