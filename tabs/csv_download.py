"""A table as a CSV file, which a spreadsheet opens and takes nothing in it for a formula."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Self

from aiohttp import web

from auth.headers import page_headers

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# What a spreadsheet takes for the beginning of a formula (OWASP, "CSV injection"), in full width too.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


class CsvDownload:
    """A file that is sent as it is made: ``begin``, ``write`` again and again, ``end``."""

    def __init__(self, response: web.StreamResponse) -> None:
        self._response = response

    @classmethod
    async def begin(cls, request: web.Request, name: str, header: Sequence[str]) -> Self:
        """Sends the head of the file; ``name`` is ours and has no quotes in it."""
        response = web.StreamResponse()
        page_headers(response, script=False)
        response.content_type = "text/csv"
        response.charset = "utf-8"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        await response.prepare(request)
        # With a byte order mark, without which Excel reads another encoding.
        await response.write("\ufeff".encode() + _csv([header]))
        return cls(response)

    async def write(self, rows: Iterable[Sequence[str]]) -> None:
        """Sends more rows."""
        await self._response.write(_csv(rows))

    async def end(self) -> web.StreamResponse:
        """The response, with all of it sent."""
        await self._response.write_eof()
        return self._response


def _csv(rows: Iterable[Sequence[str]]) -> bytes:
    written = io.StringIO()
    csv.writer(written).writerows([[_harmless(cell) for cell in row] for row in rows])
    return written.getvalue().encode()


def _harmless(cell: str) -> str:
    """The cell as text: an apostrophe before what begins like a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
