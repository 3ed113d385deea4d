"""What a profile holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


def edition(number: int) -> str:
    """The XML namespace of an edition of ECMA-323, from the third on."""
    return f"http://www.ecma-international.org/standards/ecma-323/csta/ed{number}"


ANY_EDITION = (edition(6), edition(5), edition(4), edition(3))
"""For a PBX whose edition is not published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PbxProfile:
    """How to speak to one kind of PBX, and how much it may carry; settings may replace single values.

    ``interface`` says what it speaks; all fields from ``namespace`` on are about CSTA. ``users`` and ``bhcc`` are the
    most users and busy hour calls that Mitel states for it.

    ``namespace`` is that of the edition in which it is spoken to first, ``editions`` those that it may choose instead.
    ``device`` turns an extension into a device identifier. ``in_flight`` is how many requests the PBX takes at once,
    ``request_timeout`` how long it may take for one, ``retry_monitor`` when to try a refused monitor again and
    ``retry_busy`` when that was only because it was busy (all in seconds). ``session`` is whether it wants an
    application session before anything else. A call that has been silent for ``silence`` seconds is looked at,
    ``silence_pause`` after the one before; every ``silence_look`` it is asked which ones are.
    """

    name: str
    title: str
    interface: Literal["csta", "smdr"] = "csta"
    users: int
    bhcc: int
    port: int
    tls_port: int | None = None
    namespace: str = edition(5)
    editions: tuple[str, ...] = ()
    session: bool = False
    device: str = "N<{extension}>"
    in_flight: int = 20
    request_timeout: float = 10.0
    retry_monitor: float = 300.0
    retry_busy: float = 5.0
    silence: float = 1800.0
    silence_look: float = 30.0
    silence_pause: float = 0.25
