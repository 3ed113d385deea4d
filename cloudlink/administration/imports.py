"""Many users from one file."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from cloudlink.administration.actor import Actor


class ImportState(StrEnum):
    """Where an import stands. One that is ``READING`` for long was cut off by the end of the process."""

    READING = "reading"
    PREVIEW = "preview"
    RUNNING = "running"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Import:
    """A file of users. ``lines`` counts those that hold one, ``refused`` those not taken, ``done`` those made.

    ``encoding`` is how the file was read: a guess unless it is a Unicode one, so whoever looks at the preview is told.
    """

    import_id: str
    account_id: str
    file_name: str
    state: str
    lines: int
    refused: int
    done: int
    encoding: str
    created_on: datetime
    finished_on: datetime | None = None


@dataclass(frozen=True, slots=True)
class ImportLine:
    """A line of the file, counted as a spreadsheet does, from 1 with the header; refused when it has a ``reason``.

    ``values`` are the texts of the columns that are understood, by the names of ``NewUser``.
    """

    line: int
    values: Mapping[str, str]
    field: str | None = None
    reason: str | None = None


class FileFault(StrEnum):
    """Why a file is not a table of users."""

    EMPTY = "empty"
    TOO_LARGE = "tooLarge"
    TOO_MANY_LINES = "tooManyLines"
    WORKBOOK = "workbook"
    ENCODING = "encoding"
    QUOTING = "quoting"
    MISSING_COLUMN = "missingColumn"
    REPEATED_COLUMN = "repeatedColumn"


class UnreadableFile(ValueError):
    """Not a table of users at all. ``detail`` is a column's field, a line's number or a limit; it quotes nothing."""

    def __init__(self, fault: FileFault, detail: str = "") -> None:
        super().__init__(f"{fault}: {detail}" if detail else str(fault))
        self.fault = fault
        self.detail = detail


class Imports(Protocol):
    """A preview changes nothing; a run takes every good line and reports each refused one; it survives a restart."""

    async def preview(self, actor: Actor, account_id: str, file_name: str, content: bytes) -> Import:
        """Reads and checks the file. Raises ``UnreadableFile``, ``UnknownId``, ``NotAllowed``."""

    async def start(self, actor: Actor, account_id: str, import_id: str, *, invite: bool) -> Import:
        """Begins to make the users; ``invite`` also sends their welcome mails. Raises ``Refused`` when begun before."""

    async def get(self, actor: Actor, account_id: str, import_id: str) -> Import:
        """How far it is. Raises ``UnknownId``."""

    async def recent(self, actor: Actor, account_id: str) -> Sequence[Import]:
        """The newest ten."""

    async def lines(
        self, actor: Actor, account_id: str, import_id: str, *, refused: bool, after: int = 0, limit: int = 100
    ) -> Sequence[ImportLine]:
        """Lines after the line ``after``: the refused ones, or those to be taken."""
