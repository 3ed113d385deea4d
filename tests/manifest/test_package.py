"""The package is what Teams takes: judged by Microsoft's schemas, byte by byte the same each time."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from manifest.draw_icons import color_icon, outline_icon
from manifest.package import build_package
from manifest.settings import PackageSettings
from manifest.texts import TRANSLATED, texts_in

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "node_modules/@microsoft/app-manifest/build/json-schemas/teams"
LANGUAGES = ("de", "es", "fr", "it", "nl", "pt")
SETTINGS = PackageSettings(
    app_id="00000000-0000-4000-8000-000000000001",
    bot_id="00000000-0000-4000-8000-000000000002",
    public_url="https://assistant.example.com:8443",
    website_url="https://www.example.com",
    privacy_url="https://www.example.com/privacy",
    terms_url="https://www.example.com/terms",
    developer_name="Example Telephony",
)


def contents(package: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def manifest(settings: PackageSettings = SETTINGS) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(contents(build_package(settings))["manifest.json"])
    return parsed


def newest() -> str:
    return max((path.name for path in SCHEMAS.glob("v1.*")), key=lambda name: int(name.removeprefix("v1.")))


def judge(document: dict[str, Any], kind: str, version: str) -> None:
    """By Microsoft's schema, formats included. Its address is left out: each version names its own."""
    schema = json.loads((SCHEMAS / version / f"MicrosoftTeams.{kind}schema.json").read_text("utf-8"))
    jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker()).validate(document)


def of_version(document: dict[str, Any], version: str) -> dict[str, Any]:
    """The manifest as the newest version would have it: ``packageName`` aside, only the version's own name differs."""
    return {**document, "manifestVersion": version.removeprefix("v")}


def test_the_manifest_fits_the_schema_of_its_own_version() -> None:
    document = manifest()
    judge(document, "", "v" + document["manifestVersion"])


def test_the_manifest_fits_the_newest_schema() -> None:
    judge(of_version(manifest(), newest()), "", newest())


def test_no_lower_version_has_the_features_used() -> None:
    document = manifest()
    lower = f"v1.{int(document['manifestVersion'].removeprefix('1.')) - 1}"
    with pytest.raises(jsonschema.ValidationError, match="defaultInstallScope"):
        judge(of_version(document, lower), "", lower)


@pytest.mark.parametrize("version", ["v1.9", newest()])
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_fits_the_schema(language: str, version: str) -> None:
    judge(json.loads(contents(build_package(SETTINGS))[f"{language}.json"]), "Localization.", version)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_translates_every_sentence(language: str) -> None:
    files = contents(build_package(SETTINGS))
    paths = (path for path, _ in texts_in(json.loads(files["manifest.json"])))
    read = {path for path in paths if re.sub(r"\[\d+\]", "[]", path) in TRANSLATED}
    assert set(json.loads(files[f"{language}.json"])) == {"$schema"} | read


def test_each_language_of_the_product_is_named() -> None:
    info = manifest()["localizationInfo"]
    assert info["defaultLanguageTag"] == "en"
    assert [each["languageTag"] for each in info["additionalLanguages"]] == list(LANGUAGES)


def test_the_message_extension_unfurls_links_to_our_own_host_alone() -> None:
    (extension,) = manifest()["composeExtensions"]
    assert extension["botId"] == SETTINGS.bot_id
    assert extension["messageHandlers"] == [{"type": "link", "value": {"domains": ["assistant.example.com"]}}]


def test_everything_lies_at_the_root() -> None:
    names = ["color.png", "manifest.json", "outline.png", *(f"{language}.json" for language in LANGUAGES)]
    assert sorted(contents(build_package(SETTINGS))) == sorted(names)


def test_the_console_is_a_tab() -> None:
    (tab,) = [
        tab
        for tab in json.loads(contents(build_package(SETTINGS))["manifest.json"])["staticTabs"]
        if tab["entityId"] == "console"
    ]
    assert tab["contentUrl"] == f"{SETTINGS.public_url}/console/teams"
    assert tab["websiteUrl"] == f"{SETTINGS.public_url}/console"


def test_settings_stand_where_teams_reads_them() -> None:
    document = manifest()
    assert document["id"] == SETTINGS.app_id
    assert document["bots"][0]["botId"] == SETTINGS.bot_id
    assert document["validDomains"] == ["assistant.example.com"]
    assert document["webApplicationInfo"] == {
        "id": SETTINGS.bot_id,
        "resource": f"api://assistant.example.com/botid-{SETTINGS.bot_id}",
    }
    assert "${" not in json.dumps(document)


def test_a_value_with_quotation_marks_stays_one_value() -> None:
    assert manifest(replace(SETTINGS, developer_name='The "Bell", est.'))["developer"]["name"] == 'The "Bell", est.'


def test_the_same_settings_give_the_same_bytes() -> None:
    assert build_package(SETTINGS) == build_package(replace(SETTINGS))
    assert build_package(SETTINGS) != build_package(replace(SETTINGS, version="1.0.1"))


def test_the_icons_are_what_the_script_draws() -> None:
    assert (ROOT / "manifest/color.png").read_bytes() == color_icon()
    assert (ROOT / "manifest/outline.png").read_bytes() == outline_icon()


def test_the_builder_is_ready_within_a_second() -> None:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import manifest.package"], cwd=ROOT, check=True)
    assert time.perf_counter() - started < 1
