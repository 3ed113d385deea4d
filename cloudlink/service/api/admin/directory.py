"""The account's users by name, in pages: of a few thousand rows, so a filter is tried on all of them.

A user who is no administrator sees of the others what the telephone book has: active ones with an extension.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select, tuple_

from cloudlink.administration.users import UserRecord
from cloudlink.service.administration import user_rows
from cloudlink.service.api.errors import BadRequest
from cloudlink.service.api.odata.parser import parse
from cloudlink.service.api.odata.sql import condition
from cloudlink.service.api.odata.syntax import BadFilter
from store.schema import users

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Select

    from cloudlink.service.api.paging import Asked
    from store.database import Database

_c = users.c
# What everybody may ask for, and what administrators may beside.
_FIELDS = {
    "userId": _c.principal_id,
    "principalId": _c.principal_id,
    "name": _c.name,
    "displayName": _c.name,
    "email": _c.email,
    "extension": _c.extension,
}
_ALL_FIELDS = {
    **_FIELDS,
    "uniqueUserId": _c.unique_user_id,
    "firstName": _c.given_name,
    "lastName": _c.family_name,
    "loginId": _c.login_id,
    "role": _c.role,
    "phone": _c.phone,
    "mobile": _c.mobile,
    "siteId": _c.site_id,
    "active": _c.active,
}
_BY_NAME = (
    select(*user_rows.RECORD_COLUMNS, _c.name_folded)
    .where(_c.account_id == bindparam("account_id"))
    .order_by(_c.name_folded, _c.principal_id)
    .limit(bindparam("limit"))
    .offset(bindparam("skip"))
)
_COLLEAGUES = (_c.active.is_(True), _c.extension.is_not(None))
_AFTER = tuple_(_c.name_folded, _c.principal_id) > tuple_(bindparam("name"), bindparam("principal_id"))


async def page(
    database: Database, account_id: str, text: str | None, asked: Asked, *, colleagues: bool
) -> tuple[Sequence[UserRecord], str | None]:
    """Users and the cursor of the next page. Raises ``BadRequest``."""
    if asked.top == 0:
        return [], None
    statement: Select[*tuple[Any, ...]] = _BY_NAME.where(*_conditions(text, colleagues=colleagues))
    parameters: dict[str, object] = {"account_id": account_id, "limit": asked.top + 1, "skip": asked.skip}
    if asked.cursor is not None:
        statement = statement.where(_AFTER)
        parameters["name"], parameters["principal_id"] = _decode(asked.cursor)
    rows = await database.scan(statement, parameters)
    records = [user_rows.to_record(row[:-1]) for row in rows[: asked.top]]
    if colleagues:
        # What the port tells of a colleague, and nothing of what an administrator keeps of them.
        records = [UserRecord(record.user) for record in records]
    more = len(rows) > asked.top
    return records, _encode(rows[asked.top - 1][-1], records[-1].user.principal_id) if more else None


def _conditions(text: str | None, *, colleagues: bool) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = list(_COLLEAGUES) if colleagues else []
    if text and text.strip():
        try:
            found.append(condition(parse(text), _FIELDS if colleagues else _ALL_FIELDS))
        except BadFilter as error:
            raise BadRequest(f"$filter: {error}") from None
    return found


def _encode(name: str, principal_id: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([name, principal_id]).encode()).decode().rstrip("=")


def _decode(cursor: str) -> tuple[str, str]:
    try:
        match json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)):
            case [str(name), str(principal_id)] if "\0" not in name + principal_id:
                # A half of a surrogate pair is text to Python and to no database.
                name.encode()
                principal_id.encode()
                return name, principal_id
    except (ValueError, binascii.Error, RecursionError):
        raise BadRequest("$skiptoken: not one of this service") from None
    raise BadRequest("$skiptoken: not one of this service")
