"""The README's tables of settings are those of the code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app import main

if TYPE_CHECKING:
    import pytest

README = Path(__file__).parents[2] / "README.md"


def test_the_readme_lists_every_setting_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["settings"]) == 0
    assert capsys.readouterr().out.strip() in README.read_text()
