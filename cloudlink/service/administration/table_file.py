"""A file of users as lines of named texts: encoding, separator and header are found out.

Unicode files say what they are or are UTF-8. What is not UTF-8 is read as Windows-1252, as Excel in western Europe
still writes; that is a guess, so ``TableFile.encoding`` names it and a person looks at the preview. The separator is
the one of ``, ; tab`` under which most of the header is understood; a line ``sep=`` of Excel before it is skipped.

What a header calls its columns is in ``table_words``; columns that are not there are left out. Lines are counted as a
spreadsheet does: a quoted text of several lines is in one. Everything is read a line at a time from the bytes: memory
holds one line.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cloudlink.administration.imports import FileFault, UnreadableFile
from cloudlink.administration.refusals import Reason
from cloudlink.service.administration.table_words import COLUMNS, HEADERS, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

MAX_BYTES = 20 * 1024 * 1024
MAX_LINES = 100_000
REQUIRED = ("given_name", "family_name", "email")

_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_SEPARATORS = (",", ";", "\t")
_EXCEL_SEPARATOR = re.compile(r"sep=([,;\t|])\r?\n?")
# A text that a report made harmless for spreadsheets comes back as it was.
_HARMLESS = re.compile(r"'(?=[=+\-@])")


@dataclass(frozen=True, slots=True)
class Line:
    """A line that holds something: what its known columns say, or why the line itself cannot be read."""

    number: int
    values: Mapping[str, str]
    reason: Reason | None = None


class TableFile:
    """A file whose header is understood. Raises ``UnreadableFile``, while it is read too."""

    def __init__(self, content: bytes) -> None:
        _check_kind(content)
        self._content = content
        self.encoding = _encoding(content)
        self._skipped, separator = _excel_separator(self._open())
        candidates = [separator] if separator else _SEPARATORS
        headers = {candidate: self._header(candidate) for candidate in candidates}
        self._separator = max(candidates, key=lambda candidate: sum(map(bool, headers[candidate])))
        self._columns = headers[self._separator]
        _check_columns(self._columns)

    def lines(self) -> Iterator[Line]:
        """The lines after the header that are not empty, in their order."""
        records = self._records(self._separator)
        next(records)
        count = 0
        for number, cells in enumerate(records, start=2):
            if not any(cell.strip() for cell in cells):
                continue
            count += 1
            if count > MAX_LINES:
                raise UnreadableFile(FileFault.TOO_MANY_LINES, str(MAX_LINES))
            yield self._line(number, cells)

    def _line(self, number: int, cells: Sequence[str]) -> Line:
        values = {
            name: _HARMLESS.sub("", cell.strip(), count=1)
            for name, cell in zip(self._columns, cells, strict=False)
            if name and cell.strip()
        }
        if any(cell.strip() for cell in cells[len(self._columns) :]):
            return Line(number, values, Reason.TOO_MANY_FIELDS)
        # Spreadsheets leave out empty cells at the end of a line, but never one that has to be there.
        if len(cells) <= max(self._columns.index(name) for name in REQUIRED):
            return Line(number, values, Reason.TOO_FEW_FIELDS)
        return Line(number, values)

    def _header(self, separator: str) -> list[str]:
        cells = next(self._records(separator), [])
        return [COLUMNS.get(plain(cell), "") for cell in cells]

    def _records(self, separator: str) -> Iterator[list[str]]:
        text = self._open()
        if self._skipped:
            text.readline()
        reader = csv.reader(text, delimiter=separator, strict=True)
        try:
            yield from reader
        except csv.Error:
            raise UnreadableFile(FileFault.QUOTING, str(reader.line_num)) from None

    def _open(self) -> io.TextIOWrapper:
        return io.TextIOWrapper(io.BytesIO(self._content), self.encoding, newline="")


def _check_kind(content: bytes) -> None:
    if len(content) > MAX_BYTES:
        raise UnreadableFile(FileFault.TOO_LARGE, str(MAX_BYTES))
    if content.startswith(_WORKBOOKS):
        raise UnreadableFile(FileFault.WORKBOOK)
    if not content.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0"):
        raise UnreadableFile(FileFault.EMPTY)


def _encoding(content: bytes) -> str:
    """Of the whole file, so that no line surprises later. Raises ``UnreadableFile``."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates: tuple[str, ...] = ("utf-16",)
    else:
        candidates = ("utf-8-sig", "cp1252")
    for encoding in candidates:
        if _is_text(content, encoding):
            return encoding
    raise UnreadableFile(FileFault.ENCODING)


def _is_text(content: bytes, encoding: str) -> bool:
    try:
        return not any("\0" in part for part in io.TextIOWrapper(io.BytesIO(content), encoding, newline=""))
    except UnicodeDecodeError:
        return False


def _excel_separator(text: io.TextIOWrapper) -> tuple[bool, str | None]:
    found = _EXCEL_SEPARATOR.fullmatch(text.readline(10))
    return (True, found[1]) if found else (False, None)


def _check_columns(columns: Sequence[str]) -> None:
    for name in REQUIRED:
        if name not in columns:
            raise UnreadableFile(FileFault.MISSING_COLUMN, name)
    for name in HEADERS:
        if columns.count(name) > 1:
            raise UnreadableFile(FileFault.REPEATED_COLUMN, name)
