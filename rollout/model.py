"""What a roll-out is."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from cloudlink.administration.actor import Actor


class ScopeKind(StrEnum):
    """For whom."""

    ALL = "all"
    GROUP = "group"
    PEOPLE = "people"


@dataclass(frozen=True, slots=True)
class Scope:
    """``group_id`` is the object id of a group in Entra ID; ``addresses`` are UPNs or mail addresses."""

    kind: ScopeKind
    group_id: str = ""
    addresses: tuple[str, ...] = ()


class State(StrEnum):
    """Where a job stands. A failed one says why, and may be repeated."""

    LISTING = "listing"
    INSTALLING = "installing"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


class PersonState(StrEnum):
    """What became of one person."""

    WAITING = "waiting"
    INSTALLED = "installed"
    THERE_ALREADY = "thereAlready"
    BLOCKED = "blocked"  # a policy of the company keeps the app from them
    NO_TEAMS = "noTeams"
    UNKNOWN = "unknown"  # nobody in the tenant has this address
    FAILED = "failed"


SUCCESSES = frozenset({PersonState.INSTALLED, PersonState.THERE_ALREADY})


class Trouble(StrEnum):
    """Why a whole job failed."""

    NOT_IN_CATALOGUE = "notInCatalogue"
    NOT_CONSENTED = "notConsented"
    NOT_PERMITTED = "notPermitted"
    NO_SUCH_GROUP = "noSuchGroup"
    TENANT_LOST = "tenantLost"
    REJECTED = "rejected"  # Graph takes a request for wrong, which asking again does not change


@dataclass(frozen=True, slots=True)
class Rollout:
    """A job. ``counts`` is how many people are in each ``PersonState``; ``trouble`` says why it failed."""

    rollout_id: str
    account_id: str
    tenant_id: str
    scope: Scope
    state: str
    trouble: str | None
    created_on: datetime
    finished_on: datetime | None
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Person:
    """One person in a job. ``error`` is Graph's code of the last failure, for support."""

    object_id: str
    name: str
    state: str
    error: str | None
    attempts: int


class Rollouts(Protocol):
    """Account Admins and their partner."""

    async def start(self, actor: Actor, account_id: str, tenant_id: str, scope: Scope) -> Rollout:
        """Begins a job.

        Raises ``UnknownId`` (a tenant that is not the account's), ``NotAllowed``, ``Refused`` (``STATE`` while several
        are under way).
        """

    async def get(self, actor: Actor, account_id: str, rollout_id: str) -> Rollout:
        """How far it is. Raises ``UnknownId``."""

    async def recent(self, actor: Actor, account_id: str) -> Sequence[Rollout]:
        """The newest ten; older ones that have ended are forgotten."""

    async def people(
        self,
        actor: Actor,
        account_id: str,
        rollout_id: str,
        *,
        state: PersonState | None = None,
        after: str = "",
        limit: int = 100,
    ) -> Sequence[Person]:
        """People in the order of their ids, after the id ``after``; of one state if that is given."""

    async def retry(self, actor: Actor, account_id: str, rollout_id: str) -> Rollout:
        """Tries again those who failed, or the whole job when it failed. Raises ``Refused`` while it is under way."""

    async def cancel(self, actor: Actor, account_id: str, rollout_id: str) -> Rollout:
        """Ends a job; what is installed stays. Raises ``Refused`` when it has ended already."""
