"""Calls in being as text, for the spool: a gateway that starts again goes on with the calls that it left.

``VERSION`` goes up whenever ``Leg`` changes so that an older text would be read wrongly; a text of another version is
not read, and its call is then as unknown as one that began while the gateway was away.
"""

from __future__ import annotations

import logging

from pydantic import TypeAdapter, ValidationError

from gateway.calls.leg import Leg

logger = logging.getLogger(__name__)

VERSION = 2

_LEG = TypeAdapter(Leg)


def dump(leg: Leg) -> str:
    """The leg as text of version ``VERSION``."""
    return _LEG.dump_json(leg, exclude_defaults=True).decode()


def load(version: int, text: str) -> Leg | None:
    """The leg in a text; ``None`` for what is of another version or no leg, which is logged."""
    if version != VERSION:
        logger.warning("a call in being was kept by another version", extra={"version": version})
        return None
    try:
        return _LEG.validate_json(text)
    except ValidationError as error:
        logger.warning("a call in being cannot be read", extra={"problems": error.error_count()})
        return None
