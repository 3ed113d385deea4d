"""Addresses below ``/v1.0``, with everything in its place encoded: what a tenant chose never becomes a path."""

from __future__ import annotations

from urllib.parse import quote


def path(*segments: str, **options: str | int) -> str:
    """A path from its segments; ``options`` are OData's query options without their dollar sign."""
    address = "".join(f"/{quote(segment, safe='')}" for segment in segments)
    query = "&".join(f"${name}={quote(str(value), safe='')}" for name, value in options.items())
    return f"{address}?{query}" if query else address


def literal(value: str) -> str:
    """A string in a filter (OData: a quote is written twice)."""
    return "'" + value.replace("'", "''") + "'"
