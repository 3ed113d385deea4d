"""What users and groups have in common for the storage: tables, statements, and the functions that change them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scim2_models import ScimFilter, SearchRequest
from sqlalchemy import bindparam, select

from cloudlink.service.scim import groups, users
from cloudlink.service.scim.attributes import GroupAttributes, UserAttributes
from cloudlink.service.scim.resources import GROUP_TYPE, USER_TYPE, GroupModel, UserModel
from store.directory import fold
from store.schema import group_members
from store.schema import groups as group_table
from store.schema import users as user_table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from scim2_models import Resource, ResourceType, ResponseParameters
    from sqlalchemy import Column, ColumnElement, Connection, Select, Table

    from cloudlink.service.scim.attributes import Attributes
    from cloudlink.service.scim.sync import Sync

    Statement = Select[*tuple[Any, ...]]
    # A resource as the JSON that is answered.
    Shown = dict[str, Any]
    # A statement, and the operand of its equality.
    Probe = tuple[Statement, str]

_EQUALITY = re.compile(r'\s*(\w+)\s+eq\s+"([^"\\]*)"\s*', re.IGNORECASE)


@dataclass(frozen=True)
class Kind:
    """One type of resource.

    ``related`` are the rows that another table adds to many resources, shown as ``relation``; ``probes``, by
    the attribute in small letters, find the one of which it equals ``operand``.
    """

    resource_type: ResourceType
    model: type[Resource[Any]]
    table: Table
    columns: Sequence[Column[Any]]
    attributes: Attributes
    relation: str
    related_id: Column[str]
    related: Statement
    one: Statement
    related_of_one: Statement
    probes: Mapping[str, tuple[Statement, Callable[[str], str]]]
    shown: Callable[[Sync, Sequence[Any], Sequence[Sequence[Any]]], Shown]
    create: Callable[[Connection, Sync, Resource[Any]], Shown]
    update: Callable[[Connection, Sync, Resource[Any], int], Shown]
    delete: Callable[[Connection, Sync, str, int], None]

    def bound(self, scim_filter: ScimFilter[Any]) -> ScimFilter[Any]:
        """The filter, read by this type's schema alone."""
        if scim_filter.model is self.model:
            return scim_filter
        return ScimFilter[self.model](scim_filter)  # type: ignore[name-defined]

    def probe(self, filter_text: object) -> Probe | None:
        """What answers an equality of a unique attribute by its index, before any grammar is asked.

        It is what a provisioning service asks of each user before it changes them.
        """
        found = _EQUALITY.fullmatch(filter_text) if isinstance(filter_text, str) else None
        known = self.probes.get(found.group(1).casefold()) if found else None
        return (known[0], known[1](found.group(2))) if found and known else None

    def order(self, search_request: SearchRequest[Any]) -> Sequence[ColumnElement[Any]]:
        """Missing values last, or first when descending; the id makes every order one."""
        identifier = self.columns[0]
        binding = search_request.sort_binding(self.model)
        if binding is None:
            return [identifier]
        value = self.attributes.order(binding)
        if search_request.sort_order == SearchRequest.SortOrder.descending:
            return [value.desc().nulls_first(), identifier.desc()]
        return [value.asc().nulls_last(), identifier]

    def asks(self, parameters: ResponseParameters[Any] | None) -> bool:
        """Whether the answer shows the relation."""
        if parameters is None:
            return True
        if parameters.attributes:
            return any(self._relates(str(path)) for path in parameters.attributes)
        return not any(str(path).casefold() == self.relation for path in parameters.excluded_attributes or ())

    def _relates(self, path: str) -> bool:
        return path.casefold().removeprefix(f"{self.model.__schema__}:".casefold()).startswith(self.relation)


def _probes(
    table: Table, columns: Sequence[Column[Any]], indexed: Mapping[str, tuple[str, Callable[[str], str]]]
) -> Mapping[str, tuple[Statement, Callable[[str], str]]]:
    def statement(name: str) -> Statement:
        return select(*columns).where(
            table.c.account_id == bindparam("account_id"), table.c[name] == bindparam("operand")
        )

    return {attribute: (statement(name), prepare) for attribute, (name, prepare) in indexed.items()}


USERS = Kind(
    resource_type=USER_TYPE,
    model=UserModel,
    table=user_table,
    columns=users.COLUMNS,
    attributes=UserAttributes(),
    relation="groups",
    related_id=group_members.c.principal_id,
    related=users.GROUPS,
    one=users.ONE,
    related_of_one=users.GROUPS_OF_ONE,
    probes=_probes(
        user_table,
        users.COLUMNS,
        {"id": ("principal_id", str), "username": ("login_id_folded", fold)},
    ),
    shown=users.shown_row,
    create=users.create,
    update=users.change,
    delete=users.remove,
)
GROUPS = Kind(
    resource_type=GROUP_TYPE,
    model=GroupModel,
    table=group_table,
    columns=groups.COLUMNS,
    attributes=GroupAttributes(),
    relation="members",
    related_id=group_members.c.group_id,
    related=groups.MEMBERS,
    one=groups.ONE,
    related_of_one=groups.MEMBERS_OF_ONE,
    probes=_probes(
        group_table,
        groups.COLUMNS,
        {"id": ("group_id", str)},
    ),
    shown=groups.shown_row,
    create=groups.create,
    update=groups.change,
    delete=groups.remove,
)
KINDS: Mapping[str, Kind] = {"User": USERS, "Group": GROUPS}
