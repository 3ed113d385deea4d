"""The bundle of scripts and styles, as Vite built it."""

from __future__ import annotations

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
