"""Groups as SCIM resources, in the transaction of the caller. They give nobody a right and are kept for the client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from scim2_models import InvalidValueException, NotFoundException, PreconditionFailedException
from sqlalchemy import bindparam, delete, insert, select, update

from cloudlink.service.administration import audit, fields
from cloudlink.service.administration.rights import Right, require_in
from cloudlink.service.scim.refused import as_scim_errors
from cloudlink.service.scim.resources import GROUP_TYPE, USER_TYPE, Group
from store.directory import fold
from store.schema import group_members, groups, users

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scim2_models import Resource
    from sqlalchemy import Connection

    from cloudlink.service.scim.sync import Sync

COLUMNS = tuple(groups.c[name] for name in ("group_id", "name", "external_id", "created_on", "modified_on", "version"))
_LONGEST_NAME = 200
_LONGEST_EXTERNAL_ID = 320
_ASKED_AT_ONCE = 500

_OF_ACCOUNT = groups.c.account_id == bindparam("of_account")
_THIS = _OF_ACCOUNT & (groups.c.group_id == bindparam("of_group"))
ONE = select(*COLUMNS).where(
    groups.c.account_id == bindparam("account_id"), groups.c.group_id == bindparam("resource_id")
)
MEMBERS = (
    select(group_members.c.group_id, group_members.c.principal_id)
    .where(group_members.c.account_id == bindparam("account_id"))
    .order_by(group_members.c.principal_id)
)
MEMBERS_OF_ONE = MEMBERS.where(group_members.c.group_id == bindparam("resource_id"))
_ADD = insert(group_members)
_TAKE_OUT = delete(group_members).where(
    group_members.c.account_id == bindparam("of_account"),
    group_members.c.group_id == bindparam("of_group"),
    group_members.c.principal_id == bindparam("of_principal"),
)
_DELETE = delete(groups).where(_THIS)


def shown_row(sync: Sync, row: Sequence[Any], member_rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """From a row of ``COLUMNS`` and those of ``MEMBERS``."""
    group_id, name, external_id, created_on, modified_on, version = row
    told = {
        "schemas": [Group.__schema__],
        "id": group_id,
        "externalId": external_id,
        "meta": sync.meta(GROUP_TYPE, group_id, created_on, modified_on, version),
        "displayName": name,
        "members": [_member(sync, principal_id) for _, principal_id in member_rows],
    }
    return {name: value for name, value in told.items() if value not in (None, [])}


def create(connection: Connection, sync: Sync, asked: Resource[Any]) -> dict[str, Any]:
    """Makes the group. Raises ``SCIMException``."""
    with as_scim_errors():
        require_in(connection, sync.actor, sync.account_id, Right.ADMINISTER)
        row = {"account_id": sync.account_id, "group_id": str(uuid4()), **_values(asked), "version": 1}
        connection.execute(insert(groups), {**row, "created_on": sync.now, "modified_on": sync.now})
    members = _wanted(asked)
    _set_members(connection, sync, row["group_id"], set(), members)
    _record(connection, sync, "group.created", row["group_id"], after=_told(row, members))
    return _written(connection, sync, row["group_id"])


def change(connection: Connection, sync: Sync, asked: Resource[Any], expected_version: int) -> dict[str, Any]:
    """Changes the group to what is asked. Raises ``SCIMException``."""
    row = _locked(connection, sync, str(asked.id), expected_version)
    with as_scim_errors():
        require_in(connection, sync.actor, sync.account_id, Right.ADMINISTER)
        values = _values(asked)
    changed = {**values, "version": row["version"] + 1, "modified_on": sync.now}
    key = {"of_account": sync.account_id, "of_group": row["group_id"]}
    connection.execute(update(groups).where(_THIS).values(changed), key)
    members = {member for _, member in connection.execute(MEMBERS_OF_ONE, _key(sync, row["group_id"]))}
    wanted = _wanted(asked)
    _set_members(connection, sync, row["group_id"], members, wanted)
    _record(connection, sync, "group.changed", row["group_id"], before=_told(row, members), after=_told(values, wanted))
    return _written(connection, sync, row["group_id"])


def remove(connection: Connection, sync: Sync, group_id: str, expected_version: int) -> None:
    """Deletes the group; its members stay. Raises ``SCIMException``."""
    row = _locked(connection, sync, group_id, expected_version)
    with as_scim_errors():
        require_in(connection, sync.actor, sync.account_id, Right.ADMINISTER)
    _record(connection, sync, "group.deleted", group_id, before=_told(row, set()))
    connection.execute(_DELETE, {"of_account": sync.account_id, "of_group": group_id})


def _values(asked: Any) -> dict[str, Any]:
    name = fields.text(asked.display_name, "name", _LONGEST_NAME)
    external_id = fields.optional_text(asked.external_id, "externalId", _LONGEST_EXTERNAL_ID)
    return {"name": name, "name_folded": fold(name), "external_id": external_id}


def _wanted(asked: Any) -> set[str]:
    return {member.value for member in asked.members or () if member.value}


def _set_members(connection: Connection, sync: Sync, group_id: str, there: set[str], wanted: set[str]) -> None:
    new = sorted(wanted - there)
    _require_users(connection, sync, new)
    if new:
        row = {"account_id": sync.account_id, "group_id": group_id}
        connection.execute(_ADD, [{**row, "principal_id": principal_id} for principal_id in new])
    if gone := sorted(there - wanted):
        row = {"of_account": sync.account_id, "of_group": group_id}
        connection.execute(_TAKE_OUT, [{**row, "of_principal": principal_id} for principal_id in gone])


def _require_users(connection: Connection, sync: Sync, principal_ids: Sequence[str]) -> None:
    for start in range(0, len(principal_ids), _ASKED_AT_ONCE):
        asked = principal_ids[start : start + _ASKED_AT_ONCE]
        there = select(users.c.principal_id).where(
            users.c.account_id == sync.account_id, users.c.principal_id.in_(asked)
        )
        if len(connection.execute(there).all()) != len(asked):
            raise InvalidValueException(detail="a member is no user of this account")


def _locked(connection: Connection, sync: Sync, group_id: str, expected_version: int) -> Mapping[str, Any]:
    row = connection.execute(ONE, _key(sync, group_id)).mappings().first()
    if row is None:
        raise NotFoundException(detail="there is no such group")
    if row["version"] != expected_version:
        raise PreconditionFailedException
    return dict(row)


def _written(connection: Connection, sync: Sync, group_id: str) -> dict[str, Any]:
    key = _key(sync, group_id)
    return shown_row(sync, connection.execute(ONE, key).one(), connection.execute(MEMBERS_OF_ONE, key).all())


def _key(sync: Sync, group_id: str) -> dict[str, str]:
    return {"account_id": sync.account_id, "resource_id": group_id}


def _told(row: Mapping[str, Any], members: set[str]) -> dict[str, Any]:
    return {"name": row["name"], "externalId": row["external_id"], "members": len(members)}


def _record(connection: Connection, sync: Sync, action: str, group_id: str, **told: Mapping[str, Any]) -> None:
    name = next(iter(told.values()))["name"]
    audit.record(
        connection, sync.actor, sync.account_id, action, subject=("group", group_id, name), now=sync.now, **told
    )


def _member(sync: Sync, principal_id: str) -> dict[str, Any]:
    return {"value": principal_id, "$ref": sync.locate(USER_TYPE, principal_id), "type": "User"}
