"""``app.py package``: what it writes, and what it says of a package that Teams would refuse."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING

import pytest

from app import main

if TYPE_CHECKING:
    from pathlib import Path

BOT = "00000000-0000-4000-8000-000000000002"
SETTINGS = {
    "TEAMS_APP_ID": "00000000-0000-4000-8000-000000000001",
    "APP_ID": BOT,
    "PUBLIC_URL": "https://assistant.example.com",
    "DEVELOPER_NAME": "Example Telephony",
    "WEBSITE_URL": "https://www.example.com",
    "PRIVACY_URL": "https://www.example.com/privacy",
    "TERMS_URL": "https://www.example.com/terms",
}


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty folder to run in, with settings of which nothing is wrong."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("APP_ID_URI", raising=False)
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    return tmp_path


def test_the_zip_is_written_and_passes_its_own_check(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["package"]) == 0
    assert "Teams admin centre" in capsys.readouterr().out
    assert main(["package", "--check", "dist/mitel-assistant.zip"]) == 0
    assert capsys.readouterr().out == "dist/mitel-assistant.zip: holds nothing that Teams is known to refuse.\n"
    assert [path.name for path in folder.iterdir()] == ["dist"]


def test_a_check_writes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["package", "--check"]) == 0
    assert capsys.readouterr().out == "The settings make a valid package. Nothing was written.\n"
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("arguments", [["package"], ["package", "--check"]])
def test_wrong_settings_are_told_by_their_variables(
    arguments: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("APP_ID", "the bot")
    monkeypatch.delenv("TEAMS_APP_ID")
    monkeypatch.setenv("PUBLIC_URL", "http://localhost:3978")
    monkeypatch.setenv("PACKAGE_NAME", "x" * 31)
    assert main(arguments) == 2
    told = capsys.readouterr().err.splitlines()
    assert told[0] == "mitel-assistant: Teams would refuse this package:"
    assert sorted(line.strip().partition(":")[0] for line in told[1:]) == [
        "APP_ID",
        "PACKAGE_NAME",
        "PUBLIC_URL",
        "TEAMS_APP_ID",
    ]
    assert list(folder.iterdir()) == []


def test_the_servers_application_id_uri_must_be_the_packages(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("APP_ID_URI", f"api://assistant.example.com/botid-{BOT}")
    assert main(["package", "--check"]) == 0
    monkeypatch.setenv("APP_ID_URI", f"api://other.example.com/botid-{BOT}")
    assert main(["package", "--check"]) == 2
    assert "APP_ID_URI: is api://other.example.com/" in capsys.readouterr().err


def test_a_package_that_was_edited_is_told_by_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["package"]) == 0
    with zipfile.ZipFile("dist/mitel-assistant.zip") as ours, zipfile.ZipFile("edited.zip", "w") as edited:
        for name in ours.namelist():
            if name != "outline.png":
                edited.writestr(name, ours.read(name))
        document = json.loads(ours.read("manifest.json"))
    with zipfile.ZipFile("named.zip", "w") as named:
        named.writestr("manifest.json", json.dumps({**document, "name": {"short": "x" * 40}}))
    capsys.readouterr()
    assert main(["package", "--check", "edited.zip"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("mitel-assistant: Teams would refuse edited.zip:\n  outline.png: the outline icon is not")
    assert main(["package", "--check", "named.zip"]) == 2
    assert "manifest.json: name.short has 40 characters" in capsys.readouterr().err


def test_a_check_of_a_file_needs_no_settings(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["package"]) == 0
    for name in SETTINGS:
        monkeypatch.delenv(name)
    assert main(["package", "--check", "dist/mitel-assistant.zip"]) == 0
    assert "Traceback" not in capsys.readouterr().err
