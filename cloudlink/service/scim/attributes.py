"""Where each attribute of a user and of a group stands in SQL.

What has a column is compared there, the rest inside the JSON that was sent. ``id``, ``userName``, ``externalId`` and a
group's ``displayName`` have an index. Case is folded by Unicode's rules where we keep a folded column, and by the
database's own ``lower`` elsewhere: SQLite's knows the letters of ASCII alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scim2_models import InvalidFilterException
from sqlalchemy import ColumnElement, String, and_, exists, func, literal, or_, select, true

from store.directory import fold
from store.json_members import members
from store.schema import group_members, groups, users

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from scim2_models import AttributeBinding

    # Where the sub-attributes of one entry of a multi-valued attribute stand, and what is asked of the entry.
    Entry = Callable[[AttributeBinding], "Term"]
    Asked = Callable[[Entry], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Term:
    """A value in SQL, and how an operand becomes comparable to it."""

    value: ColumnElement[Any]
    prepare: Callable[[Any], Any] = lambda operand: operand


def _folded(column: ColumnElement[Any]) -> Term:
    return Term(column, fold)


def _lowered(value: ColumnElement[Any]) -> Term:
    return Term(func.lower(value, type_=String()), func.lower)


_u, _g, _m = users.c, groups.c, group_members.c
_SENT = _u.scim_attributes["sent"]

_USER: Mapping[str, Term] = {
    "id": Term(_u.principal_id),
    "externalId": Term(_u.external_id),
    "userName": _folded(_u.login_id_folded),
    "displayName": _folded(_u.name_folded),
    "name.givenName": _lowered(_u.given_name),
    "name.familyName": _lowered(_u.family_name),
    "preferredLanguage": _lowered(func.coalesce(_SENT["preferredLanguage"].as_string(), _u.language_code)),
    "timezone": _lowered(func.coalesce(_SENT["timezone"].as_string(), _u.time_zone)),
    "active": Term(_u.active),
    "meta.resourceType": Term(literal("User")),
    "meta.created": Term(_u.created_on),
    "meta.lastModified": Term(func.coalesce(_u.modified_on, _u.created_on)),
}
_GROUP: Mapping[str, Term] = {
    "id": Term(_g.group_id),
    "externalId": Term(_g.external_id),
    "displayName": _folded(_g.name_folded),
    "meta.resourceType": Term(literal("Group")),
    "meta.created": Term(_g.created_on),
    "meta.lastModified": Term(_g.modified_on),
}
_UNCOMPARED = frozenset({"schemas", "meta", "password"})


def path_of(binding: AttributeBinding) -> tuple[str, ...]:
    """The attribute's names as they stand in the JSON: an extension's schema first, then attribute, sub-attribute."""
    schema = str(getattr(binding.model, "__schema__", ""))
    names = binding.urn.removeprefix(f"{schema}:").split(".")
    return (schema, *names) if ":extension:" in schema else tuple(names)


class UserAttributes:
    """Attributes of the rows of ``users``."""

    def term(self, binding: AttributeBinding) -> Term:
        """A single value. Raises ``InvalidFilterException`` for one that cannot be compared."""
        path = path_of(binding)
        if found := _USER.get(".".join(path)):
            return found
        if path[0] in _UNCOMPARED:
            raise _not_compared(binding)
        return _json_term(_inside(_SENT, path), binding)

    def any_entry(self, binding: AttributeBinding, asked: Asked) -> ColumnElement[bool]:
        """Whether any entry of a multi-valued attribute is as asked."""
        path = path_of(binding)[: 2 if ":extension:" in binding.urn else 1]
        if path[0] in _UNCOMPARED:
            raise _not_compared(binding)
        if path == ("groups",):
            return _any_group(asked)
        entry = members(_inside(_SENT, path))
        among_sent = exists(
            select(1).select_from(entry).where(asked(lambda sub: _json_term(entry.c.value[_sub(sub)], sub)))
        )
        unsent = [and_(there, asked(terms)) for there, terms in _of_columns(path[-1])]
        return or_(among_sent, and_(_SENT.as_string().is_(None), or_(*unsent))) if unsent else among_sent

    def present(self, binding: AttributeBinding) -> ColumnElement[bool]:
        """Whether a complex attribute holds anything."""
        path = path_of(binding)
        sent = _inside(_SENT, path).as_string().is_not(None)
        if path == ("name",):
            return or_(sent, func.coalesce(_u.given_name, "") != "", func.coalesce(_u.family_name, "") != "")
        return true() if path == ("meta",) else sent

    def order(self, binding: AttributeBinding) -> ColumnElement[Any]:
        """What users are ordered by: of several e-mail addresses, the one in our column."""
        if path_of(binding)[0] == "emails":
            return _u.email_folded
        return _order(self.term, binding)


class GroupAttributes:
    """Attributes of the rows of ``groups``."""

    def term(self, binding: AttributeBinding) -> Term:
        """As of a user."""
        if found := _GROUP.get(".".join(path_of(binding))):
            return found
        raise _not_compared(binding)

    def any_entry(self, binding: AttributeBinding, asked: Asked) -> ColumnElement[bool]:
        """As of a user: members."""
        if path_of(binding)[0] != "members":
            raise _not_compared(binding)
        terms = {"value": Term(_m.principal_id), "type": _lowered(literal("User"))}
        mine = and_(_m.account_id == _g.account_id, _m.group_id == _g.group_id)
        return exists(select(1).select_from(group_members).where(mine, asked(_among(terms))))

    def present(self, binding: AttributeBinding) -> ColumnElement[bool]:
        """As of a user: ``meta`` is the only complex attribute."""
        return true()

    def order(self, binding: AttributeBinding) -> ColumnElement[Any]:
        """What groups are ordered by."""
        return _order(self.term, binding)


Attributes = UserAttributes | GroupAttributes


def _any_group(asked: Asked) -> ColumnElement[bool]:
    terms = {
        "value": Term(_m.group_id),
        "display": _folded(_g.name_folded),
        "type": _lowered(literal("direct")),
    }
    joined = and_(_g.account_id == _m.account_id, _g.group_id == _m.group_id)
    mine = and_(_m.account_id == _u.account_id, _m.principal_id == _u.principal_id)
    return exists(select(1).select_from(group_members.join(groups, joined)).where(mine, asked(_among(terms))))


def _of_columns(name: str) -> Iterator[tuple[ColumnElement[bool], Entry]]:
    """The entries by which a user is shown who was never synchronised, each with whether it is there."""
    entries: Mapping[str, Sequence[tuple[str, Term, ColumnElement[bool]]]] = {
        "emails": [("work", _folded(_u.email_folded), true())],
        "phoneNumbers": [
            (kind, _lowered(column), column.is_not(None))
            for kind, column in (("mobile", _u.mobile), ("work", _u.phone))
        ],
    }
    for kind, value, there in entries.get(name, ()):
        yield there, _among({"value": value, "type": _lowered(literal(kind)), "primary": Term(true())})


def _among(terms: Mapping[str, Term]) -> Entry:
    def term(binding: AttributeBinding) -> Term:
        try:
            return terms[_sub(binding)]
        except KeyError:
            raise _not_compared(binding) from None

    return term


def _sub(binding: AttributeBinding) -> str:
    return path_of(binding)[-1]


def _inside(column: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        column = column[name]
    return column


def _json_term(value: Any, binding: AttributeBinding) -> Term:
    if binding.target_type is bool:
        return Term(value.as_boolean())
    return Term(value.as_string()) if binding.case_exact else _lowered(value.as_string())


def _order(term: Callable[[AttributeBinding], Term], binding: AttributeBinding) -> ColumnElement[Any]:
    if binding.is_multivalued:
        raise _not_compared(binding)
    return term(binding).value


def _not_compared(binding: AttributeBinding) -> InvalidFilterException:
    return InvalidFilterException(detail=f"'{binding.urn}' cannot be searched or sorted by")
