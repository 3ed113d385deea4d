"""The bundle is served as files of their own kind, and its absence is told with the command that cures it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from aiohttp import ClientSession

from tabs.static_files import FOLDER, MissingBundle, scripts_of, static_routes

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tabs.conftest import Pages

_IMPORTED = re.compile(r"""(?:from|import)\s*\(?\s*["'`]\./([\w-]+\.js)["'`]""")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("page.css", "text/css"),
        ("dial.js", "javascript"),
        ("sign-in.js", "javascript"),
        ("icon.svg", "image/svg+xml"),
    ],
)
async def test_each_file_that_pages_link_is_there_by_its_name(pages: Pages, name: str, kind: str) -> None:
    async with ClientSession() as session, session.get(f"{pages.origin}/static/{name}") as response:
        assert response.status == 200
        assert response.content_type.endswith(kind)
        assert "ETag" in response.headers


async def test_scripts_and_sheets_are_sent_compressed_to_whoever_takes_that(pages: Pages) -> None:
    url = f"{pages.origin}/static/console-sheet.css"
    async with ClientSession() as session:
        async with session.get(url, headers={"Accept-Encoding": "gzip"}) as packed:
            assert packed.headers["Content-Encoding"] == "gzip"
            assert packed.content_type == "text/css"
            text = await packed.text()
            sent = int(packed.headers["Content-Length"])
        async with session.get(url, headers={"Accept-Encoding": "identity"}) as plain:
            assert "Content-Encoding" not in plain.headers
            assert await plain.text() == text
            assert sent < int(plain.headers["Content-Length"]) / 4


async def test_nothing_outside_the_bundle_is_served(pages: Pages) -> None:
    async with ClientSession() as session, session.get(f"{pages.origin}/static/%2e%2e/dial.py") as response:
        assert response.status in {403, 404}


def test_a_bundle_that_is_not_built_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(MissingBundle, match="make install"):
        static_routes(tmp_path)


def test_a_page_is_told_of_every_script_that_its_scripts_import() -> None:
    scripts = scripts_of("personal", "teams")

    assert {"personal.js", "teams.js", "teams-js.js"} <= set(scripts)
    assert len(set(scripts)) == len(scripts)
    imported = {name for script in scripts for name in _IMPORTED.findall((FOLDER / script).read_text("utf-8"))}
    # Loaded when the page stands there.
    assert imported - set(scripts) == {"fluent.js"}
