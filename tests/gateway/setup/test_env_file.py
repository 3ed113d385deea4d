"""The file of settings: read alike by all who read it, and by its owner alone."""

from __future__ import annotations

import stat
import subprocess
from typing import TYPE_CHECKING

import pytest
from dotenv import dotenv_values

from gateway.setup.env_file import EnvFileError, update

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "etc" / "gateway.env"


def test_variables_take_the_place_of_those_before_and_the_rest_stays(path: Path) -> None:
    update(path, {"CSTA_HOST": "192.0.2.10", "CSTA_PORT": "7002"})
    path.write_text("# by hand\nLOG_LEVEL=DEBUG\n" + path.read_text())
    update(path, {"CSTA_HOST": "192.0.2.11", "CSTA_PORT": ""})
    assert path.read_text().splitlines() == ["# by hand", "LOG_LEVEL=DEBUG", "CSTA_HOST=192.0.2.11"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["gateway.env"]


@pytest.mark.parametrize(
    "value", ["plain", "two words", "pa$$word #1", 'with "double"', "ü", "a=b;c&d", "  edges  ", "$HOME"]
)
def test_all_readers_find_the_same_value(path: Path, value: str) -> None:
    update(path, {"CSTA_SESSION_INFO": value})
    assert dotenv_values(path)["CSTA_SESSION_INFO"] == value
    shell = subprocess.run(
        ["sh", "-c", f'. "{path}"; printf %s "$CSTA_SESSION_INFO"'], capture_output=True, check=True, text=True
    )
    assert shell.stdout == value


@pytest.mark.parametrize("value", ["it's", "back\\slash", "two\nlines", "${HOME}"])
def test_what_readers_would_take_differently_is_refused(path: Path, value: str) -> None:
    with pytest.raises(EnvFileError, match="CSTA_SESSION_INFO has a quote"):
        update(path, {"CSTA_SESSION_INFO": value})
    assert not path.exists()


def test_a_file_that_cannot_be_read_is_left_alone(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(EnvFileError, match="cannot be read"):
        update(path, {"CSTA_HOST": "192.0.2.10"})
