"""Places in the API's collections, and texts in its filters.

A cursor is where ``_links.next`` goes on: its ``$skiptoken`` or ``$skip`` and nothing else of it. So no address and no
filter that somebody else has written is ever followed.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from collections.abc import Mapping

_PARAMETERS = {"k": "$skiptoken", "s": "$skip"}
_LONGEST = 2000
_CURSOR = re.compile(r"([ks])\.([A-Za-z0-9_-]+)", re.ASCII)


def literal(text: str) -> str:
    """An OData string."""
    return "'" + text.replace("'", "''") + "'"


def cursor_of(collection: Any) -> str | None:
    """Where the next page of a collection begins; ``None`` on the last one."""
    links = collection.get("_links") if isinstance(collection, dict) else None
    following = links.get("next") if isinstance(links, dict) else None
    address = following.get("href") if isinstance(following, dict) else following
    if not isinstance(address, str):
        return None
    # Only the query counts, so the address need not be one (``urlsplit`` refuses some that are none).
    query = parse_qs(address.partition("?")[2].partition("#")[0])
    for kind, parameter in _PARAMETERS.items():
        if value := query.get(parameter):
            return f"{kind}.{base64.urlsafe_b64encode(value[0].encode()).decode().rstrip('=')}"
    return None


def query_of(cursor: str | None) -> Mapping[str, str]:
    """The parameters that a cursor stands for. Raises ``ValueError`` for what is none of ours."""
    if cursor is None:
        return {}
    found = _CURSOR.fullmatch(cursor) if len(cursor) <= _LONGEST else None
    if found is None:
        raise ValueError("not a cursor")
    try:
        value = base64.b64decode(found[2] + "=" * (-len(found[2]) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise ValueError("not a cursor") from None
    return {_PARAMETERS[found[1]]: value}
