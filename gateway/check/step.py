"""What a check tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    Steps = AsyncIterator["Step"]


@dataclass(frozen=True, slots=True)
class Step:
    """``name`` is what was tried, ``found`` what it showed; ``advice``, for a failure, says in a sentence what to do.

    ``ok`` is ``None`` for a step that was not tried, which is no failure.
    """

    name: str
    found: str
    ok: bool | None = True
    advice: str = ""

    def __str__(self) -> str:
        mark = {True: "ok", False: "FAILED", None: "skipped"}[self.ok]
        line = f"{mark:8}{self.name}: {self.found}"
        return f"{line}\n{'':8}{self.advice}" if self.advice else line


def failed(name: str, found: str, advice: str) -> Step:
    """A step that did not go well."""
    return Step(name, found, ok=False, advice=advice)


def skipped(name: str, why: str, advice: str = "") -> Step:
    """A step that could not be tried."""
    return Step(name, why, ok=None, advice=advice)
