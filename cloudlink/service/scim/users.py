"""Users as SCIM resources, in the transaction of the caller.

Whatever has a column is changed by ``administration.people``, as an administrator would; here is added what only SCIM
knows. SCIM never gives administration, and an administrator whom it did not itself assign is read-only to it: else
whoever holds the secret could take over an administrator by changing their e-mail address. One whom it assigned before
they became an administrator is deactivated and deleted like all, but keeps ``userName``, ``emails`` and ``externalId``.

Who is made gets the welcome mail, as from anybody else, unless the account has single sign-on: Mitel's solution guide
sends it to users without.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, cast

from scim2_models import ForbiddenException, InvalidValueException, NotFoundException, PreconditionFailedException
from sqlalchemy import bindparam, select, true, update

from cloudlink.administration.integrations import IntegrationKind
from cloudlink.administration.users import NewUser, Source
from cloudlink.identity import LinkPurpose
from cloudlink.service.administration import audit, people, roles
from cloudlink.service.scim.people import person_of, shown, stored
from cloudlink.service.scim.refused import as_scim_errors
from cloudlink.service.scim.resources import GROUP_TYPE, USER_TYPE, UserModel
from store.schema import group_members, groups, integrations, users

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scim2_models import Resource
    from sqlalchemy import Connection

    from cloudlink.administration.users import UserChanges
    from cloudlink.service.scim.people import Person
    from cloudlink.service.scim.sync import Sync

COLUMNS = tuple(
    users.c[name]
    for name in (
        "principal_id", "role", "synchronised", "login_id", "email", "name", "given_name", "family_name", "extension",
        "mobile", "phone", "language_code", "time_zone", "active", "external_id", "scim_attributes", "created_on",
        "modified_on", "version",
    )
)  # fmt: skip
_NAMES = tuple(column.name for column in COLUMNS)
_LONGEST_EXTERNAL_ID = 320
_IDENTITY = frozenset({"login_id", "email"})
# These are in the audit entry of ``people``.
_IN_COLUMNS = frozenset({
    "schemas", "userName", "emails", "displayName", "name", "phoneNumbers", "preferredLanguage", "timezone", "active",
})  # fmt: skip

ONE = select(*COLUMNS).where(
    users.c.account_id == bindparam("account_id"), users.c.principal_id == bindparam("resource_id")
)
GROUPS = (
    select(group_members.c.principal_id, groups.c.group_id, groups.c.name)
    .join(groups, (groups.c.account_id == group_members.c.account_id) & (groups.c.group_id == group_members.c.group_id))
    .where(group_members.c.account_id == bindparam("account_id"))
    .order_by(groups.c.name_folded, groups.c.group_id)
)
GROUPS_OF_ONE = GROUPS.where(group_members.c.principal_id == bindparam("resource_id"))
_SSO_IS_ON = select(integrations.c.kind).where(
    integrations.c.account_id == bindparam("account_id"),
    integrations.c.kind == IntegrationKind.ENTRA_SSO.value,
    integrations.c.enabled.is_(True),
)
_KEEP = (
    update(users)
    .where(users.c.account_id == bindparam("of_account"), users.c.principal_id == bindparam("of_principal"))
    .values(
        synchronised=true(),
        external_id=bindparam("to_external_id"),
        scim_attributes=bindparam("to_attributes", type_=users.c.scim_attributes.type),
        version=bindparam("to_version"),
        modified_on=bindparam("to_modified_on", type_=users.c.modified_on.type),
        modified_by=bindparam("to_modified_by"),
    )
)


def shown_row(sync: Sync, row: Sequence[Any], memberships: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """From a row of ``COLUMNS`` and those of ``GROUPS``."""
    return _shown(sync, dict(zip(_NAMES, row, strict=True)), memberships)


def create(connection: Connection, sync: Sync, asked: Resource[Any]) -> dict[str, Any]:
    """Makes the user. Raises ``SCIMException``: one who is there already, an administrator too, is a conflict."""
    with as_scim_errors():
        person, sent = _person(sync, asked)
        values = {name: value for name, value in asdict(person).items() if name != "active"}
        new = NewUser(**values, source=Source.SYNC)
        record = people.add(connection, sync.actor, sync.account_id, new, sync.now)
        principal_id = record.user.principal_id
        if person.active is False:
            record = people.change(connection, sync.actor, sync.account_id, principal_id, {"active": False}, sync.now)
        _keep(
            connection, sync, principal_id, asked.external_id, stored(sent, person, active=True), version=record.version
        )
    if record.user.active and connection.execute(_SSO_IS_ON, {"account_id": sync.account_id}).first() is None:
        sync.invite(connection, record, LinkPurpose.WELCOME, sync.now)
    return _written(connection, sync, principal_id)


def change(connection: Connection, sync: Sync, asked: Resource[Any], expected_version: int) -> dict[str, Any]:
    """Changes the user to what is asked. Raises ``SCIMException``."""
    row = _locked(connection, sync, str(asked.id), expected_version)
    with as_scim_errors():
        person, sent = _person(sync, asked)
        changes = _changes(row, person)
        identity = any(changes.get(name, row[name]) != row[name] for name in _IDENTITY)
        _refuse_administrator(row, changed_identity=identity or asked.external_id != row["external_id"])
        if changes:
            people.change(connection, sync.actor, sync.account_id, row["principal_id"], changes, sync.now)
        attributes = stored(sent, person, active=row["active"])
        version = row["version"] + 1
        _keep(connection, sync, row["principal_id"], asked.external_id, attributes, version=version)
        _record_others(connection, sync, row, asked.external_id, attributes["sent"])
    return _written(connection, sync, row["principal_id"])


def remove(connection: Connection, sync: Sync, principal_id: str, expected_version: int) -> None:
    """Deletes the user with their calls. Raises ``SCIMException``."""
    row = _locked(connection, sync, principal_id, expected_version)
    _refuse_administrator(row)
    with as_scim_errors():
        people.remove(connection, sync.actor, sync.account_id, principal_id, sync.now)


def _person(sync: Sync, asked: Resource[Any]) -> tuple[Person, dict[str, Any]]:
    """What is taken of a resource, and the resource as it will be kept."""
    if len(asked.external_id or "") > _LONGEST_EXTERNAL_ID:
        raise InvalidValueException(detail=f"externalId has more than {_LONGEST_EXTERNAL_ID} characters")
    sent = asked.model_dump()
    return person_of(sent, sync.extension(sent), sync.region), sent


def _changes(row: Mapping[str, Any], person: Person) -> UserChanges:
    """What differs from the columns; an extension only when SCIM has told another than before."""
    wanted = asdict(person)
    taken = (row["scim_attributes"] or {}).get("taken", {})
    if wanted["extension"] == taken.get("extension"):
        del wanted["extension"]
    if wanted["active"] is None:
        del wanted["active"]
    differing = {name: value for name, value in wanted.items() if (value or None) != (row[name] or None)}
    # Beside a new address or a new part of the name, ``people`` would derive these.
    derived = {"login_id": person.login_id, "name": person.name}
    return cast("UserChanges", {**derived, **differing} if differing else {})


def _refuse_administrator(row: Mapping[str, Any], *, changed_identity: bool = False) -> None:
    if row["role"] not in roles.ADMINISTRATORS:
        return
    if not row["synchronised"]:
        raise ForbiddenException(detail="an administrator whom synchronisation did not assign is read-only to it")
    if changed_identity:
        raise ForbiddenException(detail="an administrator's userName, emails and externalId are read-only")


def _locked(connection: Connection, sync: Sync, principal_id: str, expected_version: int) -> Mapping[str, Any]:
    key = {"account_id": sync.account_id, "resource_id": principal_id}
    row = connection.execute(ONE, key).mappings().first()
    if row is None:
        raise NotFoundException(detail="there is no such user")
    if row["version"] != expected_version:
        raise PreconditionFailedException
    return dict(row)


def _keep(
    connection: Connection,
    sync: Sync,
    principal_id: str,
    external_id: str | None,
    attributes: Mapping[str, Any],
    *,
    version: int,
) -> None:
    values = {
        "of_account": sync.account_id,
        "of_principal": principal_id,
        "to_external_id": external_id,
        "to_attributes": attributes,
        "to_version": version,
        "to_modified_on": sync.now,
        "to_modified_by": sync.actor.actor_id,
    }
    connection.execute(_KEEP, values)


def _record_others(
    connection: Connection, sync: Sync, row: Mapping[str, Any], external_id: str | None, sent: Mapping[str, Any]
) -> None:
    """The audit entry of what has no column."""
    before = _others((row["scim_attributes"] or {}).get("sent", {}), row["external_id"])
    after = _others(sent, external_id)
    if before == after and row["synchronised"]:
        return
    audit.record(
        connection,
        sync.actor,
        sync.account_id,
        "user.synchronised",
        subject=("user", row["principal_id"], row["name"]),
        now=sync.now,
        before={**before, "synchronised": row["synchronised"]},
        after={**after, "synchronised": True},
    )


def _others(sent: Mapping[str, Any], external_id: str | None) -> dict[str, Any]:
    return {"externalId": external_id, **{name: value for name, value in sent.items() if name not in _IN_COLUMNS}}


def _shown(sync: Sync, values: Mapping[str, Any], memberships: Sequence[Sequence[Any]]) -> dict[str, Any]:
    principal_id = values["principal_id"]
    meta = sync.meta(USER_TYPE, principal_id, values["created_on"], values["modified_on"], values["version"])
    told = {
        "schemas": [UserModel.__schema__],
        "id": principal_id,
        "meta": meta,
        **shown(values),
        "groups": [_membership(sync, *membership[1:]) for membership in memberships],
    }
    return {name: value for name, value in told.items() if value not in (None, [])}


def _written(connection: Connection, sync: Sync, principal_id: str) -> dict[str, Any]:
    key = {"account_id": sync.account_id, "resource_id": principal_id}
    row = connection.execute(ONE, key).one()
    return shown_row(sync, row, connection.execute(GROUPS_OF_ONE, key).all())


def _membership(sync: Sync, group_id: str, name: str) -> dict[str, Any]:
    return {"value": group_id, "$ref": sync.locate(GROUP_TYPE, group_id), "display": name, "type": "direct"}
