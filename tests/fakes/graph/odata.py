"""The query options that the resources understand."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tests.fakes.graph.exchange import Refused, Reply

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tests.fakes.graph.exchange import Call

Item = dict[str, Any]
Filter = list[list[tuple[str, str]]]
"""Fields and their values, casefolded: any of the lists, all in it."""
_TERM = re.compile(r"(?P<field>[\w/]+) eq '(?P<value>(?:[^']|'')*)'(?: (?P<word>and|or) (?P<rest>.+))?")


class Pages:
    """Lists, cut into pages. ``url`` is the base that a next link begins with."""

    def __init__(self) -> None:
        self.url = ""
        self._rest: dict[str, Sequence[Item]] = {}

    def reply(self, call: Call, items: Iterable[Item], *, usual: int, most: int = 999) -> Reply:
        """One page of ``items``, filtered and selected, and a link to the next one. Later pages ignore ``items``."""
        top = call.query.get("$top", str(usual))
        if not top.isdecimal() or not 1 <= int(top) <= most:
            raise Refused(400, "Request_UnsupportedQuery", f"Invalid page size specified: '{top}'.")
        token = call.query.get("$skiptoken")
        if token is None:
            wanted = parsed(call.query.get("$filter"))
            there: Sequence[Item] = [item for item in items if matches(wanted, item)]
        elif token in self._rest:
            there = self._rest[token]
        else:
            raise Refused(400, "Directory_ExpiredPageToken", "The specified page token value has expired.")
        page, rest = there[: int(top)], there[int(top) :]
        body: dict[str, Any] = {"value": [_selected(call.query.get("$select"), item) for item in page]}
        if rest:
            body["@odata.nextLink"] = self._link(call, rest)
        return Reply(200, body)

    def _link(self, call: Call, rest: Sequence[Item]) -> str:
        token = secrets.token_urlsafe(24)
        self._rest[token] = rest
        kept = {name: value for name, value in call.query.items() if name in {"$select", "$top"}}
        query = "&".join(f"{name}={quote(value)}" for name, value in (kept | {"$skiptoken": token}).items())
        return f"{self.url}/v1.0{quote(call.path)}?{query}"


def parsed(text: str | None) -> Filter:
    """A ``$filter`` of ``eq``, with ``and`` before ``or``. Raises ``Refused`` (400) for anything else."""
    wanted: list[list[tuple[str, str]]] = [[]]
    while text is not None:
        term = _TERM.fullmatch(text)
        if term is None:
            raise Refused(400, "BadRequest", "Invalid filter clause.")
        wanted[-1].append((term["field"], term["value"].replace("''", "'").casefold()))
        if term["word"] == "or":
            wanted.append([])
        text = term["rest"]
    return wanted


def matches(wanted: Filter, item: Mapping[str, Any]) -> bool:
    """Whether a filter lets an item through; case as Entra ID ignores it."""
    return any(all(str(_field(item, field)).casefold() == value for field, value in terms) for terms in wanted)


def _field(item: Mapping[str, Any], path: str) -> object:
    value: Any = item
    for name in path.split("/"):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _selected(fields: str | None, item: Item) -> Item:
    return item if fields is None else {k: v for k, v in item.items() if k in fields.split(",") or k.startswith("@")}
