"""A form with a file in it, read without ever holding more than is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import BadHttpMessage

if TYPE_CHECKING:
    from collections.abc import Mapping

MULTIPART = "multipart/form-data"
LARGEST_UPLOAD = 20 * 1024 * 1024
# Four bytes for each of the characters of the longest text that we take.
_LONGEST_FIELD = 16 * 1024
_MOST_PARTS = 100


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as the browser names it, and what is in it."""

    file_name: str
    content: bytes


async def read_multipart(
    request: web.Request, *, kept: int = LARGEST_UPLOAD
) -> tuple[Mapping[str, str], Upload | None]:
    """The fields without space around them, and the file if one was chosen.

    Of a file of more than ``kept`` bytes, the first of them; the rest is read and dropped, so that the browser gets its
    answer. Raises ``ValueError`` for what is no such form, ``HTTPRequestEntityTooLarge`` after 20 MB.
    """
    try:
        return await _parts_of(request, kept)
    except BadHttpMessage:
        # The headers of a part.
        raise ValueError("not a form of ours") from None


async def _parts_of(request: web.Request, kept: int) -> tuple[Mapping[str, str], Upload | None]:
    fields: dict[str, str] = {}
    upload, parts = None, 0
    async for part in await request.multipart():
        parts += 1
        if not isinstance(part, BodyPartReader) or part.name is None or parts > _MOST_PARTS:
            raise ValueError("not a form of ours")
        if part.filename is None:
            fields[part.name] = (await _read(part, _LONGEST_FIELD, _LONGEST_FIELD)).decode("utf-8").strip()
        else:
            content = await _read(part, LARGEST_UPLOAD, kept)
            # A file that was not chosen comes without a name.
            upload = Upload(part.filename, content) if part.filename or content else upload
    return fields, upload


async def _read(part: BodyPartReader, largest: int, kept: int) -> bytes:
    content, size = bytearray(), 0
    while chunk := await part.read_chunk(64 * 1024):
        size += len(chunk)
        if size > largest:
            raise web.HTTPRequestEntityTooLarge(max_size=largest, actual_size=size)
        content += chunk[: kept - len(content)]
    return bytes(content)
