"""Users from a file: upload, preview, progress, and the report of what was refused."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import web

from cloudlink.administration.imports import ImportState, UnreadableFile
from cloudlink.administration.refusals import Refused
from cloudlink.port import MAX_PAGE
from tabs.console.sentences import FIELDS, IMPORT_STATES, fault, field_labels, label, refusal
from tabs.console.visit import see
from tabs.csv_download import CsvDownload

if TYPE_CHECKING:
    from cloudlink.administration.imports import Import, ImportLine
    from i18n import Translator
    from tabs.console.once import Once
    from tabs.console.services import Services
    from tabs.console.visit import Visit

_SHOWN = 100
_FIRST = 10
_REPORTED_AT_ONCE = MAX_PAGE
# The columns of a report, under names that an import understands, so that a corrected report can be uploaded.
_COLUMNS = (
    "given_name", "family_name", "email", "role", "login_id", "extension", "mobile", "phone", "telephony_role",
    "language_code", "time_zone",
)  # fmt: skip


class ImportPages:
    """``/console/accounts/{account_id}/imports`` and below."""

    def __init__(self, services: Services, once: Once) -> None:
        self._imports = services.imports
        self._once = once

    async def overview(self, visit: Visit) -> web.StreamResponse:
        """A form for a file, and the latest imports."""
        visit.require_administrator()
        return await self._list_page(visit)

    async def preview(self, visit: Visit) -> web.StreamResponse:
        """Reads the file; nothing is made yet."""
        upload = visit.sent.upload
        if upload is None or not upload.file_name:
            return await self._list_page(visit, visit.say("Please choose a file."))

        async def read() -> str:
            made = await self._imports.preview(visit.actor, visit.account_id, upload.file_name, upload.content)
            return made.import_id

        try:
            import_id = await self._once(visit.form_key, read)
        except UnreadableFile as problem:
            return await self._list_page(visit, fault(problem.fault, problem.detail, visit.say))
        raise see(visit.path("imports", import_id))

    async def show(self, visit: Visit) -> web.StreamResponse:
        """How far it is: first lines and refused ones, progress, report."""
        imported = await self._import(visit)
        after = _line_number(visit.request)
        refused = await self._lines(visit, imported, refused=True, after=after, limit=_SHOWN + 1)
        good = await self._lines(visit, imported, refused=False, limit=_FIRST) if _is_new(imported) else ()
        rest = visit.path("imports", imported.import_id)
        return visit.page(
            "import.html",
            "imports",
            imported=imported,
            state=label(IMPORT_STATES, imported.state, visit.say),
            running=imported.state in {ImportState.READING, ImportState.RUNNING},
            good=good,
            columns=[name for name in _COLUMNS if any(line.values.get(name) for line in good)],
            labels=field_labels(visit.say),
            guessed="" if imported.encoding.lower().startswith("utf") else imported.encoding,
            refused=[_explained(line, visit.say) for line in refused[:_SHOWN]],
            first=rest if after else "",
            next=f"{rest}?after={refused[_SHOWN - 1].line}" if len(refused) > _SHOWN else "",
        )

    async def start(self, visit: Visit) -> web.StreamResponse:
        """Begins to make the users. Whoever asks twice is shown the progress of the first."""
        import_id = visit.id("import_id")
        try:
            await self._imports.start(visit.actor, visit.account_id, import_id, invite=visit.sent.checked("invite"))
        except Refused:
            raise see(visit.path("imports", import_id)) from None
        raise see(visit.path("imports", import_id), "import-started")

    async def report(self, visit: Visit) -> web.StreamResponse:
        """The refused lines as a CSV file that a spreadsheet opens and takes nothing in it for a formula."""
        imported = await self._import(visit)
        lines = await self._lines(visit, imported, refused=True, limit=_REPORTED_AT_ONCE)
        download = await CsvDownload.begin(visit.request, f"refused-{imported.import_id}.csv", _header(visit.say))
        while lines:
            await download.write([_row(line, visit.say) for line in lines])
            lines = await self._lines(visit, imported, refused=True, after=lines[-1].line, limit=_REPORTED_AT_ONCE)
        return await download.end()

    async def _import(self, visit: Visit) -> Import:
        return await self._imports.get(visit.actor, visit.account_id, visit.id("import_id"))

    async def _lines(
        self, visit: Visit, imported: Import, *, refused: bool, after: int = 0, limit: int
    ) -> list[ImportLine]:
        found = await self._imports.lines(
            visit.actor, visit.account_id, imported.import_id, refused=refused, after=after, limit=limit
        )
        return list(found)

    async def _list_page(self, visit: Visit, error: str = "") -> web.Response:
        recent = await self._imports.recent(visit.actor, visit.account_id)
        status = HTTPStatus.BAD_REQUEST if error else HTTPStatus.OK
        return visit.page("imports.html", "imports", status=status, recent=recent, error=error, states=IMPORT_STATES)


def _is_new(imported: Import) -> bool:
    return imported.state == ImportState.PREVIEW


def _explained(line: ImportLine, say: Translator) -> tuple[int, str, str]:
    """Number, what tells the line from others, and why it is refused."""
    who = ", ".join(value for value in list(line.values.values())[:4] if value)
    sentence = refusal(line.reason, say)
    return line.line, who, f"{label(FIELDS, line.field, say)}: {sentence}" if line.field else sentence


def _header(say: Translator) -> list[str]:
    return [say("Line"), say("Reason"), *(label(FIELDS, name, say) for name in _COLUMNS)]


def _row(line: ImportLine, say: Translator) -> list[str]:
    return [str(line.line), _explained(line, say)[2], *(line.values.get(name, "") for name in _COLUMNS)]


def _line_number(request: web.Request) -> int:
    text = request.query.get("after", "0")
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise web.HTTPNotFound
    return int(text)
