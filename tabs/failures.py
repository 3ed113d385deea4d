"""What a person reads when a page cannot be made: the database is away, or something failed that nobody foresaw."""

from __future__ import annotations

import logging
import secrets
from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import hdrs, web

from cloudlink.model import Principal
from reporting.errors import ErrorKind, RecentErrors
from store.database import DatabaseUnavailable
from tabs.pages import browser_language, page

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

logger = logging.getLogger(__name__)

# Seconds. A restart of a database takes about as long.
_RETRY_AFTER = "5"
_OF_OPENID = ("/cloudlink/authorize", "/cloudlink/consent", "/cloudlink/logout")
# Those of auth as well: a failure looks alike on every page, and only a person reads a page.
_PAGES = ("/dial/", "/sign-in/", "/console", "/tabs/", "/password/", "/forgot", "/auth/", *_OF_OPENID)

VISITOR = web.RequestKey("visitor", Principal)
"""Whoever a page was about to be shown to: an error of theirs is noted, for a problem report."""

ERRORS = web.AppKey("errors", RecentErrors)
"""Where they are noted; an application without it notes none."""


@web.middleware
async def apologise(request: web.Request, handler: Handler) -> web.StreamResponse:
    """500 with a page that says what to do next, and the reference under which the log holds the stack trace.

    503 while the database is away, to programs without a page. An answer raised as ``HTTPException`` passes, and so
    does every other failure outside the pages.
    """
    try:
        return await handler(request)
    except web.HTTPException:
        raise
    except DatabaseUnavailable:
        logger.warning("not answered: the database is away")
        return _away(request)
    except Exception:
        if not _is_page(request):
            raise
        reference = secrets.token_hex(4)
        # Without the path, whose last part opens the page.
        logger.exception("a page failed", extra={"reference": reference})
        _note(request, reference)
        values = {"reference": reference}
        return page("failed.html", browser_language(request), values, status=HTTPStatus.INTERNAL_SERVER_ERROR)


def _note(request: web.Request, reference: str) -> None:
    errors, who = request.app.get(ERRORS), request.get(VISITOR)
    if errors is not None and who is not None:
        errors.note(who, ErrorKind.PAGE, reference)


def _is_page(request: web.Request) -> bool:
    return request.path.startswith(_PAGES)


def _away(request: web.Request) -> web.Response:
    if _is_page(request):
        answer = page("unavailable.html", browser_language(request), status=HTTPStatus.SERVICE_UNAVAILABLE)
    else:
        answer = web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
    answer.headers[hdrs.RETRY_AFTER] = _RETRY_AFTER
    return answer
