"""Jobs and their people in the store. Everything is asked for by account or by a job that was found so."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, case, delete, func, insert, not_, or_, select, update

from rollout.model import Person, PersonState, Rollout, Scope, ScopeKind, State
from store.schema import rollout_users, rollouts
from store.upsert import insert as upsert

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from store.database import Database

KEPT = 10

_r = rollouts.c
_p = rollout_users.c
_JOB = (
    _r.rollout_id,
    _r.account_id,
    _r.tenant_id,
    _r.scope,
    _r.state,
    _r.error,
    _r.created_on,
    _r.finished_on,
)
_RECENT = (
    select(*_JOB)
    .where(_r.account_id == bindparam("account_id"))
    .order_by(_r.created_on.desc(), _r.rollout_id)
    .limit(KEPT)
)
ONE = select(*_JOB).where(_r.account_id == bindparam("account_id"), _r.rollout_id == bindparam("rollout_id"))
_OPEN = or_(_r.state == State.LISTING.value, _r.state == State.INSTALLING.value)
_NUMBER_OPEN = select(func.count()).where(_r.account_id == bindparam("account_id"), _OPEN)
_NEWEST = (
    select(_r.rollout_id)
    .where(_r.account_id == bindparam("account_id"))
    .order_by(_r.created_on.desc(), _r.rollout_id)
    .limit(KEPT)
)
_DROP_OLD = delete(rollouts).where(_r.account_id == bindparam("account_id"), not_(_OPEN), _r.rollout_id.not_in(_NEWEST))
_UNFINISHED = select(*_JOB).where(_OPEN).order_by(_r.created_on)
_STATE = select(_r.state).where(_r.rollout_id == bindparam("rollout_id"))
_COUNTS = select(_p.state, func.count()).where(_p.rollout_id == bindparam("rollout_id")).group_by(_p.state)
_PERSON = (_p.object_id, _p.name, _p.state, _p.error, _p.attempts)
_PEOPLE = (
    select(*_PERSON)
    .where(_p.rollout_id == bindparam("rollout_id"), _p.object_id > bindparam("after"))
    .order_by(_p.object_id)
    .limit(bindparam("limit"))
)
_PEOPLE_OF_STATE = _PEOPLE.where(_p.state == bindparam("state"))
_DUE = (
    select(*_PERSON)
    .where(
        _p.rollout_id == bindparam("rollout_id"),
        _p.state == PersonState.WAITING.value,
        _p.next_at.is_(None) | (_p.next_at <= bindparam("now")),
    )
    .order_by(_p.next_at, _p.object_id)
    .limit(bindparam("limit"))
)
_NEXT = select(func.min(_p.next_at), func.count()).where(
    _p.rollout_id == bindparam("rollout_id"), _p.state == PersonState.WAITING.value
)
_ADD = upsert(rollout_users).on_conflict_do_nothing()
_MOVE = (
    update(rollout_users)
    .where(
        _p.rollout_id == bindparam("of_rollout"),
        _p.object_id == bindparam("of_person"),
        _p.state == PersonState.WAITING.value,
    )
    .values(
        state=bindparam("to"),
        error=bindparam("because"),
        attempts=bindparam("tried"),
        next_at=bindparam("later"),
        changed_on=bindparam("at"),
    )
)
_AGAIN = (
    update(rollout_users)
    .where(_p.rollout_id == bindparam("of_rollout"), _p.state == PersonState.FAILED.value)
    .values(state=PersonState.WAITING.value, error=None, attempts=0, next_at=None, changed_on=bindparam("at"))
)
# Only a job that is still under way goes on, so that a cancelled one stays so.
_UNDER_WAY = and_(_r.rollout_id == bindparam("of_rollout"), _r.state.in_((State.LISTING.value, State.INSTALLING.value)))
_ADVANCE = (
    update(rollouts)
    .where(_UNDER_WAY)
    .values(state=bindparam("to"), error=bindparam("because"), finished_on=bindparam("at"))
)
# A job that failed as a whole may not have listed everybody, and listing twice adds nobody twice.
_REOPENED = case((_r.state == State.DONE.value, State.INSTALLING.value), else_=State.LISTING.value)
_REOPEN = (
    update(rollouts)
    .where(_r.rollout_id == bindparam("of_rollout"), _r.state.not_in((State.LISTING.value, State.INSTALLING.value)))
    .values(state=_REOPENED, error=None, finished_on=None, claimed_by=None, claimed_until=None)
)
_MINE = _r.claimed_by == bindparam("worker")
_CLAIM = (
    update(rollouts)
    .where(_UNDER_WAY, or_(_MINE, _r.claimed_until.is_(None), _r.claimed_until <= bindparam("at")))
    .values(claimed_by=bindparam("worker"), claimed_until=bindparam("until"))
)
_LET_GO = update(rollouts).where(_MINE).values(claimed_by=None, claimed_until=None)


def job(row: Sequence[Any], counts: Mapping[str, int] | None = None) -> Rollout:
    """From a row of a job."""
    rollout_id, account_id, tenant_id, scope, state, error, created_on, finished_on = row
    kind, group_id, addresses = ScopeKind(scope["kind"]), scope["group_id"], tuple(scope["addresses"])
    wanted = Scope(kind, group_id, addresses)
    return Rollout(rollout_id, account_id, tenant_id, wanted, state, error, created_on, finished_on, counts or {})


async def one(database: Database, account_id: str, rollout_id: str) -> Rollout | None:
    """A job of the account with its counts."""
    rows = await database.read(ONE, {"account_id": account_id, "rollout_id": rollout_id})
    return job(rows[0], await counts(database, rollout_id)) if rows else None


async def recent(database: Database, account_id: str) -> Sequence[Rollout]:
    """The account's newest jobs."""
    rows = await database.read(_RECENT, {"account_id": account_id})
    return [job(row, await counts(database, row[0])) for row in rows]


async def counts(database: Database, rollout_id: str) -> Mapping[str, int]:
    """How many people are in each state."""
    # A company of fifty thousand is many rows to count.
    rows = await database.scan(_COUNTS, {"rollout_id": rollout_id})
    return {row[0]: row[1] for row in rows}


async def people(
    database: Database, rollout_id: str, state: PersonState | None, after: str, limit: int
) -> Sequence[Person]:
    """People after an id."""
    parameters = {"rollout_id": rollout_id, "after": after, "limit": limit}
    if state is None:
        return [Person(*row) for row in await database.read(_PEOPLE, parameters)]
    return [Person(*row) for row in await database.scan(_PEOPLE_OF_STATE, {**parameters, "state": state.value})]


async def unfinished(database: Database) -> Sequence[Rollout]:
    """Every account's jobs that are under way: the worker's own question."""
    return [job(row) for row in await database.read(_UNFINISHED)]


async def under_way(database: Database, rollout_id: str) -> bool:
    """Whether the job has been cancelled meanwhile, or is gone with its account."""
    rows = await database.read(_STATE, {"rollout_id": rollout_id})
    return bool(rows) and rows[0][0] in {State.LISTING, State.INSTALLING}


async def due(database: Database, rollout_id: str, now: datetime, limit: int) -> Sequence[Person]:
    """Who may be tried now."""
    rows = await database.read(_DUE, {"rollout_id": rollout_id, "now": now, "limit": limit})
    return [Person(*row) for row in rows]


async def waiting(database: Database, rollout_id: str) -> tuple[datetime | None, int]:
    """When the next person may be tried, and how many wait."""
    rows = await database.read(_NEXT, {"rollout_id": rollout_id})
    return rows[0][0], rows[0][1]


def number_open(connection: Connection, account_id: str) -> int:
    """How many jobs of the account are under way."""
    return int(connection.execute(_NUMBER_OPEN, {"account_id": account_id}).scalar_one())


def create(connection: Connection, made: Rollout, actor: Mapping[str, Any]) -> None:
    """A new job; of those that have ended only the newest are kept, since each may name everybody in a company."""
    row = {
        "rollout_id": made.rollout_id,
        "account_id": made.account_id,
        "tenant_id": made.tenant_id,
        "scope": {**asdict(made.scope), "addresses": list(made.scope.addresses)},
        "state": made.state,
        "actor": dict(actor),
        "created_on": made.created_on,
    }
    connection.execute(insert(rollouts), row)
    connection.execute(_DROP_OLD, {"account_id": made.account_id})


def add_people(connection: Connection, rollout_id: str, found: Sequence[Person], now: datetime) -> None:
    """People of a job; who is there already stays as they are, so a listing may begin anew."""
    rows = [{**asdict(person), "rollout_id": rollout_id, "next_at": None, "changed_on": now} for person in found]
    if rows:
        connection.execute(_ADD, rows)


def move(connection: Connection, rollout_id: str, person: Person, later: datetime | None, now: datetime) -> None:
    """Writes what became of a person who was waiting; ``later`` is when somebody who still waits is tried again."""
    connection.execute(
        _MOVE,
        {
            "of_rollout": rollout_id,
            "of_person": person.object_id,
            "to": person.state,
            "because": person.error,
            "tried": person.attempts,
            "later": later,
            "at": now,
        },
    )


def advance(connection: Connection, rollout_id: str, state: State, trouble: str | None, at: datetime | None) -> bool:
    """Moves a job that is under way on; whether it was."""
    parameters = {"of_rollout": rollout_id, "to": state.value, "because": trouble, "at": at}
    return connection.execute(_ADVANCE, parameters).rowcount == 1


def claim(connection: Connection, rollout_id: str, worker: str, now: datetime, until: datetime) -> bool:
    """Takes a job that is under way for a worker, or keeps it; whether no other worker has it."""
    parameters = {"of_rollout": rollout_id, "worker": worker, "at": now, "until": until}
    return connection.execute(_CLAIM, parameters).rowcount == 1


def let_go(connection: Connection, worker: str) -> None:
    """Another worker may take at once what this one has."""
    connection.execute(_LET_GO, {"worker": worker})


def again(connection: Connection, rollout_id: str, now: datetime) -> bool:
    """Opens an ended job again for those who failed; whether it had ended."""
    if connection.execute(_REOPEN, {"of_rollout": rollout_id}).rowcount != 1:
        return False
    connection.execute(_AGAIN, {"of_rollout": rollout_id, "at": now})
    return True
