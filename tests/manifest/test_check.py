"""Settings that Teams would refuse are refused before the upload, and the sentence begins with the setting."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from manifest.check import PackageRefused, problems_in
from manifest.draw_icons import color_icon, outline_icon
from manifest.package import build_package
from tests.manifest.test_package import SETTINGS, manifest

ICONS = {"color.png": color_icon(), "outline.png": outline_icon()}
FRENCH = json.loads(Path("manifest/languages/fr.json").read_text("utf-8"))


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("app_id", ""),
        ("app_id", "my-app"),
        ("app_id", "{00000000-0000-4000-8000-000000000001}"),
        ("bot_id", "00000000-0000-0000-0000-000000000000"),
        ("public_url", ""),
        ("public_url", "http://assistant.example.com"),
        ("public_url", "https://localhost:3978"),
        ("public_url", "https://127.0.0.1"),
        ("public_url", "https://[::1]:3978"),
        ("public_url", "https://192.168.1.10"),
        ("public_url", "https://pbx.local"),
        ("public_url", "https://pbx"),
        ("public_url", "https://user:secret@assistant.example.com"),
        ("public_url", "https://assistant.example.com:port"),
        ("public_url", "https://*.example.com"),
        ("public_url", "https://[broken"),
        ("public_url", "https://assistant.example.com/ page"),
        ("website_url", "www.example.com"),
        ("privacy_url", "ftp://www.example.com/privacy"),
        ("terms_url", "https://www.example.com/" + "x" * 2048),
        ("developer_name", " "),
        ("developer_name", "x" * 33),
        ("name", "x" * 31),
        ("version", "1.0"),
        ("version", "1.0.0-beta"),
        ("version", "01.0.0"),
    ],
)
def test_a_setting_that_teams_would_refuse_is_named(setting: str, value: str) -> None:
    with pytest.raises(PackageRefused) as refused:
        build_package(replace(SETTINGS, **{setting: value}))
    assert [problem.partition(":")[0] for problem in refused.value.problems] == [setting]


def test_all_wrong_settings_are_told_at_once() -> None:
    with pytest.raises(PackageRefused) as refused:
        build_package(replace(SETTINGS, app_id="", version="", terms_url=""))
    assert len(refused.value.problems) == 3


def test_a_refusal_does_not_repeat_a_secret() -> None:
    with pytest.raises(PackageRefused) as refused:
        build_package(replace(SETTINGS, public_url="https://user:secret@assistant.example.com"))
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("length", ["name", "developer_name"])
def test_the_longest_name_is_accepted(length: str) -> None:
    build_package(replace(SETTINGS, **{length: "x" * 30}))


def test_contents_without_a_fault_have_no_problem() -> None:
    assert list(problems_in(ICONS, manifest(), {"fr.json": FRENCH})) == []


@pytest.mark.parametrize(
    ("icons", "problem"),
    [
        ({"color.png": ICONS["color.png"]}, "outline.png: the outline icon is not there"),
        (
            {**ICONS, "outline.png": ICONS["color.png"]},
            "outline.png: the outline icon must be a PNG of 32 by 32 pixels",
        ),
        ({**ICONS, "color.png": b"GIF89a"}, "color.png: the color icon must be a PNG of 192 by 192 pixels"),
    ],
)
def test_an_icon_that_is_wrong_is_named(icons: dict[str, bytes], problem: str) -> None:
    assert list(problems_in(icons, manifest(), {"fr.json": FRENCH})) == [problem]


def test_a_language_that_is_not_there_is_named() -> None:
    assert list(problems_in(ICONS, manifest(), {})) == ["fr.json: the file of the language fr is not there"]


@pytest.mark.parametrize(
    "key", ["bots[0].commandLists[0].commands[9].title", "names.short", "bots[0]", "staticTabs[0]."]
)
def test_a_translation_of_nothing_is_named(key: str) -> None:
    problems = list(problems_in(ICONS, manifest(), {"fr.json": {**FRENCH, key: "texte"}}))
    assert problems == [f"fr.json: {key} is not in the manifest"]
