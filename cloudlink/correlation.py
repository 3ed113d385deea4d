"""The id that ties together a request, its log lines, its audit entries and its error report.

The public API answers it as ``x-mitel-correlation-id``. A context variable carries it, so that nothing passes it on.
"""

from __future__ import annotations

import re
from contextvars import ContextVar
from uuid import uuid4

HEADER = "x-mitel-correlation-id"

_FORM = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_current: ContextVar[str] = ContextVar("correlation_id", default="")


def current() -> str:
    """The id of the request that is being answered, or an empty text."""
    return _current.get()


def begin(given: str | None = None) -> str:
    """Begins a request: takes the id that the caller sent, if it is one, else makes one."""
    correlation_id = given if given and _FORM.fullmatch(given) else str(uuid4())
    _current.set(correlation_id)
    return correlation_id
