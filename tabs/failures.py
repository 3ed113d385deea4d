"""What a person reads when a page fails in a way that nobody foresaw."""

from __future__ import annotations

import logging
import secrets
from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import web

from tabs.pages import browser_language, page

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

logger = logging.getLogger(__name__)

# Those of auth as well: a failure looks alike on every page, and only a person reads a page.
_PAGES = ("/dial/", "/sign-in/")


@web.middleware
async def apologise(request: web.Request, handler: Handler) -> web.StreamResponse:
    """500 with a page that says what to do next, and the reference under which the log holds the stack trace.

    An answer raised as ``HTTPException`` passes, and so does every failure outside the pages.
    """
    try:
        return await handler(request)
    except web.HTTPException:
        raise
    except Exception:
        if not request.path.startswith(_PAGES):
            raise
        reference = secrets.token_hex(4)
        # Without the path, whose last part opens the page.
        logger.exception("a page failed", extra={"reference": reference})
        values = {"reference": reference}
        return page("failed.html", browser_language(request), values, status=HTTPStatus.INTERNAL_SERVER_ERROR)
