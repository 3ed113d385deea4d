"""Bytes to lines."""

from __future__ import annotations

import re

MAX_LENGTH = 1024
"""Characters of a line. The longest layout known has 207."""

_END = re.compile(rb"[\r\n\0]+")


class LineSplitter:
    """Takes a stream in pieces of any size. Holds at most ``MAX_LENGTH`` bytes of a line that has not ended.

    ``too_long`` counts lines longer than that, which are left out.
    """

    def __init__(self) -> None:
        self.too_long = 0
        self._rest = b""
        self._skipping = False

    def feed(self, data: bytes) -> list[str]:
        """The lines that ended with these bytes, without their ends and without empty ones."""
        *ended, rest = _END.split(self._rest + data)
        lines = []
        for line in ended:
            if self._skipping:
                self._skipping = False
            elif len(line) > MAX_LENGTH:
                self.too_long += 1
            elif line.strip():
                lines.append(line.decode("ascii", "replace").rstrip())
        self._keep(rest)
        return lines

    def _keep(self, rest: bytes) -> None:
        if len(rest) > MAX_LENGTH and not self._skipping:
            self._skipping = True
            self.too_long += 1
        self._rest = b"" if self._skipping else rest
