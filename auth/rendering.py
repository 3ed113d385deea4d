"""From a template and a voice to a page."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web

from auth.headers import page_headers

if TYPE_CHECKING:
    from http import HTTPStatus

    from jinja2 import Environment

    from i18n import Translator


def page(template: str, say: Translator, status: HTTPStatus, *, script: bool = False, **values: object) -> web.Response:
    """A page of ``templates``, in the language of ``say``; ``script`` lets it load scripts of ours."""
    text = _templates().get_template(template).render(say=say, **values)
    response = web.Response(text=text, status=status, content_type="text/html")
    page_headers(response, script=script)
    return response


@cache
def _templates() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - the first page can wait for it

    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
