"""``GET /guide/user``: the guide for users, as it stands in ``docs``, in the browser's language or in English.

It is Markdown, which reads as text; a company that has its own guide links that one (``USER_GUIDE_URL``).
"""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

from auth.headers import page_headers
from tabs.pages import browser_language

USER_GUIDE = "/guide/user"
_FOLDER = Path(__file__).parents[1] / "docs"
_OTHERWISE = "en"


async def user_guide(request: web.Request) -> web.Response:
    """It tells nothing of anybody, so anybody may read it."""
    language = browser_language(request).language
    file = _FOLDER / f"user-guide.{language}.md"
    if not file.is_file():
        language, file = _OTHERWISE, _FOLDER / f"user-guide.{_OTHERWISE}.md"
    response = web.Response(text=file.read_text("utf-8"), content_type="text/plain", charset="utf-8")
    page_headers(response, script=False)
    response.headers["Content-Language"] = language
    response.headers["Vary"] = "Accept-Language"
    return response
