"""Settings that Teams would refuse are refused before the upload, and the sentence begins with the setting."""

from __future__ import annotations

from dataclasses import replace

import pytest

from manifest.check import PackageRefused
from manifest.package import build_package
from tests.manifest.test_package import SETTINGS


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


@pytest.mark.parametrize("setting", ["app_id", "bot_id", "public_url", "terms_url"])
def test_a_setting_that_is_missing_is_said_to_be_missing(setting: str) -> None:
    with pytest.raises(PackageRefused, match="is not set"):
        build_package(replace(SETTINGS, **{setting: ""}))
