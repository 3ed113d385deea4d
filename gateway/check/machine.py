"""The disk under the spool: without room on it, calls would wait in memory."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from gateway.check.step import Step, failed

if TYPE_CHECKING:
    from pathlib import Path

LEAST_FREE_BYTES = 512 * 1024 * 1024
_MIB = 1024 * 1024


def disk(spool: Path) -> Step:
    """Whether the spool's folder can be written and has room. The folder may be missing: the gateway makes it."""
    folder = _nearest(spool.absolute().parent)
    if not os.access(folder, os.W_OK | os.X_OK):
        advice = f"Give the gateway's user the right to write there, or set GATEWAY_SPOOL (now {spool}) elsewhere."
        return failed("disk", f"{folder} cannot be written by this user", advice)
    free = shutil.disk_usage(folder).free
    room = f"{free // _MIB:,} MiB free for {spool}"
    if free < LEAST_FREE_BYTES:
        advice = f"Free at least {LEAST_FREE_BYTES // _MIB} MiB, so that calls are kept while CloudLink is away."
        return failed("disk", room, advice)
    return Step("disk", room)


def _nearest(folder: Path) -> Path:
    """The folder itself, or the one above it that is there."""
    while not folder.exists():
        folder = folder.parent
    return folder
