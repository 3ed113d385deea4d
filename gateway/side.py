"""What every PBX side offers to the rest of the gateway, whatever it speaks: CSTA (``exchange``) or SMDR (``smdr``).

A command can fail in the ways below and in no other; each error's text is a sentence for whoever gave the command.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime


class CommandFailed(Exception):
    """Anything that keeps a command from being done."""


class NotConnected(CommandFailed):
    """The gateway has no working connection to the PBX now; later it may."""

    def __init__(self) -> None:
        super().__init__("the gateway is not connected to the PBX")


class NotMonitored(CommandFailed):
    """The extension is none that this gateway serves."""

    def __init__(self) -> None:
        super().__init__("this gateway does not serve the extension")


class NotOffered(CommandFailed):
    """The PBX, or the interface that it has, does not know this command at all."""

    def __init__(self, what: str) -> None:
        super().__init__(f"this PBX cannot {what}")


class RefusedByPbx(CommandFailed):
    """The PBX said no; ``reason`` is its own word for it, such as ``invalidCalledDeviceID``."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the PBX refused: {reason}")
        self.reason = reason


class NoAnswerFromPbx(CommandFailed):
    """The PBX did not answer in time. It may have done what it was told nevertheless, so do not repeat blindly."""

    def __init__(self) -> None:
        super().__init__("the PBX did not answer in time")


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitoring:
    """How the PBX side is, at one moment.

    ``attempts`` counts connections tried since the gateway started, ``error`` says why the last one ended or failed.
    ``session`` is the application session's id, ``None`` without one. ``wanted`` counts the extensions that CloudLink
    named, ``surplus`` lists those of them beyond what the PBX model may serve, ``refused`` and ``unseen`` map an
    extension to the PBX's reason: no monitor, and a monitor without a snapshot. ``not_offered`` are services that the
    PBX turned out not to have. ``status`` is the last system status that it told.
    """

    connected_since: datetime | None = None
    attempts: int = 0
    error: str | None = None
    session: str | None = None
    wanted: int = 0
    running: int = 0
    surplus: tuple[str, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
    unseen: Mapping[str, str] = field(default_factory=dict)
    licence_limit_reached: bool = False
    status: str | None = None
    not_offered: tuple[str, ...] = ()

    @property
    def degraded(self) -> bool:
        """Whether somebody who should be served is not."""
        return self.connected_since is None or bool(self.surplus or self.refused or self.unseen)


class PbxSide(Protocol):
    """One PBX. Commands raise ``CommandFailed``; ``extension`` must be one of those wanted."""

    def want(self, extensions: Iterable[str]) -> None:
        """The extensions to serve from now on, all of them."""

    async def run(self) -> None:
        """Until cancelled."""

    def monitoring(self) -> Monitoring:
        """How it is now."""

    async def place_call(self, extension: str, number: str) -> str | None:
        """Rings the extension, then calls ``number``; gives the switch's id of the call, where it tells one."""

    async def answer_call(self, extension: str, call: str) -> None:
        """Answers what rings at the extension; ``call`` is the switch's id."""

    async def clear_connection(self, extension: str, call: str) -> None:
        """Takes the extension out of a call; ``call`` is the switch's id."""

    async def set_do_not_disturb(self, extension: str, *, on: bool) -> None:
        """Switches do not disturb of an extension."""
