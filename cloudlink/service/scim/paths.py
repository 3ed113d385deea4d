"""Reads one text of a resource's JSON by a SCIM path, compiled once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from scim2_models import Path, SCIMException
from scim2_models.path import AttrPath, CompareOperator, Comparison, ValuePath

from cloudlink.service.scim.attributes import path_of
from cloudlink.service.scim.resources import UserModel

Reader = Callable[[Mapping[str, Any]], str | None]


class BadPath(ValueError):
    """A path that names no single text of a user."""


@lru_cache(maxsize=256)
def reader(path: str) -> Reader:
    """Finds the text of ``attribute``, ``attribute.sub``, ``attribute[type eq "work"].sub``, or of one of these
    behind an extension's schema. Raises ``BadPath``.
    """
    try:
        parsed = Path[UserModel](path)  # type: ignore[valid-type]
        known = parsed.resolve()
    except SCIMException:
        raise BadPath(path) from None
    if known is None:
        raise BadPath(path)
    *schema, attribute, sub = (*path_of(known), None) if known.sub_field_name is None else path_of(known)
    match parsed.ast:
        case AttrPath():
            return lambda resource: _text(_inside(resource, schema, attribute), sub)
        case ValuePath(val_filter=Comparison(attr_path=AttrPath(attr=name), op=CompareOperator.eq, value=str(wanted))):
            return lambda resource: _text(_selected(_inside(resource, schema, attribute), name, wanted), sub)
    raise BadPath(path)


def _inside(resource: Mapping[str, Any], schema: Sequence[str | None], attribute: str | None) -> Any:
    for name in (*schema, attribute):
        resource = resource.get(name or "") or {}
    return resource


def _selected(entries: Any, name: str, wanted: str) -> list[Any]:
    return [entry for entry in entries or () if str(entry.get(name, "")).casefold() == wanted.casefold()]


def _text(value: Any, sub: str | None) -> str | None:
    values = value if isinstance(value, list) else [value]
    texts = (one.get(sub) if sub and isinstance(one, dict) else one for one in values)
    return next((str(text) for text in texts if isinstance(text, str) and text), None)
