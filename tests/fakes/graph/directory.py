"""Users, groups and their members, and organisational contacts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.fakes.graph.exchange import Call, Refused, Reply, Route
from tests.fakes.graph.guard import denied
from tests.fakes.graph.odata import parsed

if TYPE_CHECKING:
    from tests.fakes.entra import Person, Tenant
    from tests.fakes.graph.odata import Item
    from tests.fakes.graph.service import FakeGraph

# By the permission tables of the reference, which do not name User.ReadBasic.All. MC704030 says that it reads people,
# and whoever has tried it that it reads what is in ``_BASIC`` and filters by nothing else: ``basic_profiles`` decides.
_FULL = frozenset({"User.Read.All", "User.ReadWrite.All", "Directory.Read.All"})
_USERS = _FULL | {"User.ReadBasic.All"}
_BASIC = frozenset({"id", "userPrincipalName", "mail", "displayName", "givenName", "surname"})
_CONTACTS = frozenset({"OrgContact.Read.All", "Directory.Read.All"})
_MEMBERS = frozenset({"GroupMember.Read.All", "Group.Read.All", "Directory.Read.All"})


def user(person: Person) -> Item:
    """The properties that are given unless others are selected, as far as we use them."""
    return {
        "id": person.object_id,
        "userPrincipalName": person.upn,
        "mail": person.mail or None,
        "displayName": person.name,
        "businessPhones": list(person.work),
        "mobilePhone": person.mobile or None,
        "accountEnabled": True,
    }


def find(tenant: Tenant, name: str) -> Person:
    """By object id or user principal name. Raises ``Refused`` (404)."""
    if found := tenant.people.by_id(name) or tenant.people.by_upn(name):
        return found
    message = f"Resource '{name}' does not exist or one of its queried reference-property objects are not present."
    raise Refused(404, "Request_ResourceNotFound", message)


def _list_users(graph: FakeGraph, tenant: Tenant, _: re.Match[str], call: Call) -> Reply:
    if not _basic_only(graph, call):
        return graph.pages.reply(call, (user(person) for person in tenant.people), usual=100)
    if not {field for terms in parsed(call.query.get("$filter")) for field, _ in terms} <= _BASIC:
        raise denied()
    return graph.pages.reply(call, (_basic(user(person)) for person in tenant.people), usual=100)


def _get_user(graph: FakeGraph, tenant: Tenant, match: re.Match[str], call: Call) -> Reply:
    item = user(find(tenant, match["user"]))
    return Reply(200, _basic(item) if _basic_only(graph, call) else item)


def _basic_only(graph: FakeGraph, call: Call) -> bool:
    """Whether no role reads more. Raises ``Refused`` (403) where such a role reads nobody."""
    if call.roles & _FULL:
        return False
    if not graph.basic_profiles:
        raise denied()
    return True


def _basic(item: Item) -> Item:
    return {name: value if name in _BASIC else None for name, value in item.items()}


def _list_members(graph: FakeGraph, tenant: Tenant, match: re.Match[str], call: Call) -> Reply:
    group = graph.groups.get((tenant.tenant_id, match["group"]))
    if group is None:
        raise Refused(404, "Request_ResourceNotFound", f"Resource '{match['group']}' does not exist.")
    people: list[Item] = [{"@odata.type": "#microsoft.graph.user"} | user(person) for person in group]
    device: Item = {"@odata.type": "#microsoft.graph.device", "id": "11111111-0000-0000-0000-000000000000"}
    return graph.pages.reply(call, [device, *people], usual=100)


def _list_contacts(graph: FakeGraph, tenant: Tenant, _: re.Match[str], call: Call) -> Reply:
    return graph.pages.reply(call, graph.contacts.get(tenant.tenant_id, []), usual=100)


ROUTES = (
    Route("GET", re.compile("/contacts"), _CONTACTS, "directory", _list_contacts, cost=2),
    Route("GET", re.compile("/users"), _USERS, "directory", _list_users, cost=2),
    Route("GET", re.compile("/users/(?P<user>[^/]+)"), _USERS, "directory", _get_user),
    Route(
        "GET", re.compile("/groups/(?P<group>[^/]+)/transitiveMembers"), _MEMBERS, "directory", _list_members, cost=5
    ),
)
