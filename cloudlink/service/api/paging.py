"""Pages: ``$top``, ``$skip``, and ``$skiptoken``, which is our cursor behind ``_links.next``.

Mitel publishes ``$top`` and ``$skip``, but neither default nor maximum of a page: ``DEFAULT_TOP`` and ``MAX_TOP`` are
ours. A larger ``$top`` gets a page of ``MAX_TOP`` with a link to the next, as OData lets servers do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from yarl import URL

from cloudlink.port import MAX_PAGE
from cloudlink.service.api.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_TOP = 50
MAX_TOP = MAX_PAGE
# Skipping steps over each call, so it is bounded; following ``next`` is not.
MAX_SKIP = 100_000
_LONGEST_NUMBER = 10
_LONGEST_TOKEN = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """The page that a request asks for. ``cursor`` comes from an earlier page's ``next``."""

    top: int = DEFAULT_TOP
    skip: int = 0
    cursor: str | None = None


def read(query: Mapping[str, str]) -> Asked:
    """Raises ``BadRequest``."""
    cursor = query.get("$skiptoken")
    if cursor is not None and len(cursor) > _LONGEST_TOKEN:
        raise BadRequest("$skiptoken: not one of this service")
    skip = _number(query, "$skip", 0)
    if skip > MAX_SKIP:
        raise BadRequest(f"$skip: at most {MAX_SKIP}; follow _links.next instead")
    return Asked(min(_number(query, "$top", DEFAULT_TOP), MAX_TOP), skip, cursor)


def following(link: str, query: Mapping[str, str], cursor: str | None, *, skip: int = 0) -> str | None:
    """The address of the next page, with what the request asked for beside the place."""
    if cursor is None:
        return None
    kept = {name: value for name, value in query.items() if name not in {"$skip", "$skiptoken"}}
    left = {"$skip": str(skip)} if skip else {}
    return str(URL(link).with_query({**kept, **left, "$skiptoken": cursor}))


def _number(query: Mapping[str, str], name: str, otherwise: int) -> int:
    text = query.get(name)
    if text is None:
        return otherwise
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER):
        raise BadRequest(f"{name}: must be a whole number, not negative")
    return int(text)
