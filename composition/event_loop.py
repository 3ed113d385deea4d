"""The event loop that the server runs on."""

from __future__ import annotations

import asyncio
import importlib.util


def new_event_loop() -> asyncio.AbstractEventLoop:
    """uvloop's, which takes a seventh less time for a turn, or asyncio's own on Windows, where there is no uvloop."""
    if importlib.util.find_spec("uvloop") is None:
        return asyncio.new_event_loop()
    import uvloop  # noqa: PLC0415 - it is not everywhere

    return uvloop.new_event_loop()
