"""Texts that people search for, as patterns of LIKE."""

from __future__ import annotations

ESCAPE = "\\"


def literal(text: str) -> str:
    """The text as a pattern that matches itself alone, for ``contains(…, autoescape=False, escape=ESCAPE)``.

    What no database holds (NUL, halves of characters) is left out.
    """
    stored = text.encode("utf-8", "ignore").decode().replace("\0", "")
    return stored.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
