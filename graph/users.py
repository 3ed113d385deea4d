"""The people of a tenant, and the members of a group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graph.errors import GraphError, NotFound
from graph.messages import Method, Request
from graph.paging import items
from graph.paths import literal, path
from graph.permissions import READ_BASIC_PROFILES, READ_GROUP_MEMBERS, READ_USERS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from graph.client import TenantGraph
    from graph.permissions import Permission

_FIELDS = "id,userPrincipalName,mail,displayName"
# "The default and maximum page sizes are 100 and 999 user objects respectively."
_PAGE = 999


@dataclass(frozen=True, slots=True)
class User:
    """``object_id`` is the ``oid`` of the person's tokens and never changes. ``mail`` is empty without a mailbox."""

    object_id: str
    user_principal_name: str
    mail: str
    name: str


async def list_users(graph: TenantGraph, needs: Permission = READ_USERS) -> AsyncIterator[User]:
    """Everybody, guests included. Raises ``GraphError``.

    It filters by nothing, so it is enough that the tenant has granted ``READ_BASIC_PROFILES``, where ``needs`` says so.
    """
    async for item in items(graph, Request(Method.GET, path("users", select=_FIELDS, top=_PAGE), needs)):
        yield _user(item)


async def read_user(graph: TenantGraph, name: str) -> User:
    """Whoever has ``name`` as object id or as user principal name. Raises ``NotFound``, ``GraphError``.

    A name with a slash is nobody's, and may be read as a path however it is encoded; one that begins with a dollar sign
    finds nobody either (get user: Graph reads it as an option).
    """
    if "/" in name or name.startswith("$"):
        raise NotFound("noName")
    return _user((await graph.send(Request(Method.GET, path("users", name, select=_FIELDS), READ_BASIC_PROFILES))).body)


async def find_users(graph: TenantGraph, address: str) -> list[User]:
    """Whoever has ``address`` as user principal name or as mail: nobody, one, or (seldom) several.

    Raises ``GraphError``.
    """
    wanted = literal(address)
    query = path("users", select=_FIELDS, filter=f"userPrincipalName eq {wanted} or mail eq {wanted}")
    return [_user(item) async for item in items(graph, Request(Method.GET, query, READ_USERS))]


async def anybody(graph: TenantGraph) -> str:
    """The object id of one person, for a test; empty in a tenant without any. ``GraphError`` where none may be read."""
    wanted = path("users", select=_FIELDS, top=1)
    answer = await graph.send(Request(Method.GET, wanted, READ_BASIC_PROFILES))
    found = answer.body.get("value")
    return _user(found[0]).object_id if isinstance(found, list) and found else ""


async def list_members(graph: TenantGraph, group_id: str) -> AsyncIterator[User]:
    """The people in a group, also those in groups within it. Raises ``NotFound`` for an unknown group, ``GraphError``.

    Names and addresses come only where ``User.Read.All`` is granted too; without it they are empty.
    """
    query = path("groups", group_id, "transitiveMembers", select=_FIELDS, top=_PAGE)
    async for item in items(graph, Request(Method.GET, query, READ_GROUP_MEMBERS)):
        # A group also holds groups, devices and contacts.
        if item.get("@odata.type", "#microsoft.graph.user") == "#microsoft.graph.user":
            yield _user(item)


def _user(item: Mapping[str, Any]) -> User:
    object_id = item.get("id")
    if not isinstance(object_id, str) or not object_id:
        raise GraphError("malformedAnswer")
    return User(object_id, _text(item, "userPrincipalName"), _text(item, "mail"), _text(item, "displayName"))


def _text(item: Mapping[str, Any], field: str) -> str:
    value = item.get(field)
    return value if isinstance(value, str) else ""
