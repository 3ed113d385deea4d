"""What a profile holds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PbxProfile:
    """How to speak to one kind of PBX; settings may replace single values.

    ``device`` turns an extension into a device identifier. ``in_flight`` is how many requests the PBX takes at once,
    ``request_timeout`` how long it may take for one, ``retry_monitor`` when to try a refused monitor again and
    ``retry_busy`` when that was only because it was busy (all in seconds).
    """

    name: str
    namespace: str
    port: int
    device: str = "N<{extension}>"
    in_flight: int = 8
    request_timeout: float = 10.0
    retry_monitor: float = 300.0
    retry_busy: float = 5.0
