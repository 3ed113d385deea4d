"""``/tabs/calls/note``: one's own note on a call. A page without a script; with one, its form opens in the row."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import web

from cloudlink.port import UnknownId
from store.call_notes import LONGEST_NOTE, LONGEST_TAG, MOST_TAGS, CallNote
from tabs.personal.asked import Asked
from tabs.personal.rows import details, fate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloudlink.model import Call
    from cloudlink.port import CloudLink
    from store.call_notes import CallNotes
    from tabs.personal.frame import PersonalVisit

_LONGEST_CALL_ID = 64


class NotePages:
    """Handlers."""

    def __init__(self, cloudlink: CloudLink, notes: CallNotes) -> None:
        self._cloudlink = cloudlink
        self._notes = notes

    async def show(self, visit: PersonalVisit) -> web.StreamResponse:
        """The note on ``call_id`` and its form. 404 for a call that is not the person's."""
        call, asked = await self._named(visit, visit.request.query)
        note = (await self._notes.of(visit.who, [call.call_id])).get(call.call_id)
        typed = {"note": note.text, "tags": ", ".join(note.tags)} if note else {}
        return _page(visit, call, asked, note, typed, saved="saved" in visit.request.query)

    async def save(self, visit: PersonalVisit) -> web.StreamResponse:
        """Writes ``note`` and ``tags``, none of which takes the note away; 400 with the form for what is too long."""
        call, asked = await self._named(visit, visit.sent)
        try:
            note = CallNote.read(visit.sent.get("note", ""), visit.sent.get("tags", ""))
        except ValueError:
            return _page(visit, call, asked, None, visit.sent, status=HTTPStatus.BAD_REQUEST)
        await self._notes.write(visit.who, call.call_id, note)
        raise web.HTTPSeeOther(asked.address("/note", call_id=call.call_id, saved="1"))

    async def _named(self, visit: PersonalVisit, fields: Mapping[str, str]) -> tuple[Call, Asked]:
        try:
            asked, call_id = Asked.read(fields), fields["call_id"]
            if not 0 < len(call_id) <= _LONGEST_CALL_ID:
                raise web.HTTPNotFound
            return await self._cloudlink.call(visit.who, call_id), asked
        except (KeyError, ValueError, UnknownId):
            raise web.HTTPNotFound from None


def _page(
    visit: PersonalVisit,
    call: Call,
    asked: Asked,
    note: CallNote | None,
    typed: Mapping[str, str],
    *,
    saved: bool = False,
    status: HTTPStatus = HTTPStatus.OK,
) -> web.Response:
    return visit.page(
        "note.html",
        status=status,
        who=call.peer_name or call.peer or visit.say("Unknown number"),
        about=f"{fate(call, visit.say)} · {details(call, visit)}",
        note=note,
        typed={"note": typed.get("note", ""), "tags": typed.get("tags", "")},
        fields={**asked.fields(), "call_id": call.call_id},
        bounds={"note": LONGEST_NOTE, "tags": MOST_TAGS, "tag": LONGEST_TAG},
        refused=status != HTTPStatus.OK,
        saved=saved,
        back=asked.address(),
    )
