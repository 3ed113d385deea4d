"""From a template to the response that a browser gets."""

from __future__ import annotations

import re
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web

from auth.headers import page_headers
from i18n import LANGUAGES, translator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Environment

    from i18n import Translator

_LANGUAGE_RANGE = re.compile(
    r"\s*([A-Za-z]{1,8})(?:-[A-Za-z0-9-]{1,30})?\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?", re.ASCII
)
# Longer than any browser sends; the rest of a longer one is not worth reading.
_LONGEST_ACCEPT_LANGUAGE = 500


def browser_language(request: web.Request) -> Translator:
    """The translator for what ``Accept-Language`` (RFC 9110, 12.5.4) likes best among what we speak, else English."""
    ranges = request.headers.get("Accept-Language", "")[:_LONGEST_ACCEPT_LANGUAGE].split(",")
    liked = [
        (-quality, place, text.partition(";")[0].strip())
        for place, text in enumerate(ranges)
        if (found := _LANGUAGE_RANGE.fullmatch(text))
        and found[1].lower() in LANGUAGES
        # Quality 0 says "not this one".
        and (quality := float(found[2] or 1)) > 0
    ]
    return translator(min(liked)[2] if liked else None)


def page(
    template: str,
    say: Translator,
    values: Mapping[str, object] | None = None,
    *,
    status: HTTPStatus = HTTPStatus.OK,
    script: bool = False,
    connect: bool = False,
    framed_by_teams: bool = False,
) -> web.Response:
    """The template's page; ``script`` when it links one of ours. A template that misses a value is an error.

    ``connect`` and ``framed_by_teams`` are those of ``page_headers``.
    """
    text = _templates().get_template(template).render(say=say, plural=say.plural, **(values or {}))
    response = web.Response(text=text, content_type="text/html", status=status)
    response.headers["Content-Language"] = say.language
    # The same address speaks several languages and looks different on each device.
    response.headers["Vary"] = "Accept-Language, User-Agent"
    page_headers(response, script=script, connect=connect, framed_by_teams=framed_by_teams)
    return response


@cache
def _templates() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - only once a page is asked for

    folder = Path(__file__).parent / "templates"
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
