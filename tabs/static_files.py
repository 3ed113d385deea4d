"""The bundle of scripts and styles, as Vite built it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from aiohttp import web

FOLDER = Path(__file__).parent / "static"


class MissingBundle(RuntimeError):
    """The bundle has not been built; the message names the command that does it."""


def static_routes(folder: Path = FOLDER) -> list[web.AbstractRouteDef]:
    """``/static``. Names stay the same from build to build, so browsers ask again by ETag. Raises ``MissingBundle``.

    ``make install`` puts a ``.gz`` beside each script and sheet, which aiohttp sends to browsers that take it.
    """
    if not (folder / "page.css").is_file():
        raise MissingBundle(f"{folder} is not built: run `make install`, which bundles the page scripts")
    return [web.static("/static", folder)]


@cache
def scripts_of(*sources: str, folder: Path = FOLDER) -> tuple[str, ...]:
    """The files that a page with these scripts (``personal`` is ``scripts/personal.ts``) comes to need, by name.

    A browser that is told of them at once need not find one after another, with a round trip for each.
    """
    chunks = json.loads((folder / "manifest.json").read_text("utf-8"))
    found = [f"tabs/scripts/{source}.ts" for source in sources]
    for name in found:
        found += [each for each in chunks[name].get("imports", ()) if each not in found]
    return tuple(chunks[name]["file"] for name in found)
