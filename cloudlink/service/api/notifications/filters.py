"""``publicationFilter``: a JSONPath (RFC 9535) on ``{"publications": [publication]}``; what it finds is told.

A filter is a tenant's and runs on each of their events, so its cost is bounded: no functions (their regular expressions
could take for ever), one ``?`` and one ``..`` at most, which a publication of some fifty values goes through quickly.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING

from cloudlink.service.api.errors import BadRequest

if TYPE_CHECKING:
    from jsonpath import CompoundJSONPath, JSONPath, JSONPathEnvironment

    from cloudlink.wire import Json

_MOST = {"?": 1, "..": 1}


def check(text: str) -> None:
    """Raises ``BadRequest`` for what is no JSONPath of ours."""
    from jsonpath.exceptions import JSONPathError  # noqa: PLC0415 - as in _environment

    for sign, most in _MOST.items():
        if text.count(sign) > most:
            raise BadRequest(f"publicationFilter: holds {sign} at most {most} time")
    try:
        _compiled(text)
    except (JSONPathError, RecursionError, ValueError):
        raise BadRequest("publicationFilter: must be a JSONPath of RFC 9535 without functions") from None


def wanted(text: str, publication: Json) -> bool:
    """Whether a checked filter, or none, finds something in the publication."""
    return not text or bool(_compiled(text).findall({"publications": [publication]}))


@lru_cache(maxsize=256)
def _compiled(text: str) -> JSONPath | CompoundJSONPath:
    return _environment().compile(text)


@cache
def _environment() -> JSONPathEnvironment:
    from jsonpath import JSONPathEnvironment  # noqa: PLC0415 - the first filter can wait for it, the start cannot

    environment = JSONPathEnvironment(strict=True)
    environment.function_extensions.clear()
    return environment
