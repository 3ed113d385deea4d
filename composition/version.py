"""Which version of the app this is: the one place that says it is ``pyproject.toml``."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path


@cache
def version() -> str:
    """Such as ``0.1.0``."""
    with (Path(__file__).parents[1] / "pyproject.toml").open("rb") as file:
        found: str = tomllib.load(file)["project"]["version"]
    return found
