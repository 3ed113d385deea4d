"""A package that somebody has edited by hand: each fault is told by its file, and what is not one is let pass."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from manifest.check import problems_in
from manifest.package import build_package
from manifest.texts import OTHERS, TRANSLATED
from tests.manifest.test_package import SCHEMAS, SETTINGS, contents, manifest, newest

if TYPE_CHECKING:
    from collections.abc import Callable

    Edit = Callable[[dict[str, Any]], object]

FILES = contents(build_package(SETTINGS))


def problems(edit: Edit, name: str = "manifest.json") -> list[str]:
    """Of our package, in which one file was changed."""
    document = json.loads(FILES[name])
    edit(document)
    return list(problems_in({**FILES, name: json.dumps(document).encode()}))


def put(path: str, value: object) -> Edit:
    """Sets what stands at a path such as ``bots/0/botId``."""

    def edit(document: Any) -> None:
        *outer, last = (int(part) if part.isdigit() else part for part in path.split("/"))
        for part in outer:
            document = document[part]
        document[last] = value

    return edit


def command(number: int) -> dict[str, str]:
    return {"title": f"command {number}", "description": "What it does"}


def tab(number: int) -> dict[str, Any]:
    url = f"{SETTINGS.public_url}/tabs/{number}"
    return {"entityId": f"tab{number}", "name": f"Tab {number}", "contentUrl": url, "scopes": ["personal"]}


def extension(**parts: Any) -> dict[str, Any]:
    commands = [{"id": "people", "title": "People", "parameters": [{"name": "text", "title": "Name"}]}]
    return {"botId": SETTINGS.bot_id, "commands": commands, **parts}


def linked(domain: str) -> list[dict[str, Any]]:
    return [extension(messageHandlers=[{"type": "link", "value": {"domains": [domain]}}])]


def test_our_own_package_has_no_fault() -> None:
    assert list(problems_in(FILES)) == []


FAULTS = [
    ("developer", [], "developer must be an object"),
    ("bots", {}, "bots must be a list"),
    ("staticTabs/0", "conversations", "staticTabs[0] must be an object"),
    ("developer/privacyUrl", "", "developer.privacyUrl is missing"),
    ("icons/color", None, "icons.color is missing"),
    ("manifestVersion", "9", "manifestVersion must be"),
    ("manifestVersion", "1.12", "manifestVersion is 1.12 and $schema is 1.9"),
    ("version", "1.0", "version must be three numbers"),
    ("id", "mitel-assistant", "id must be a GUID"),
    ("accentColor", "purple", "accentColor must be a colour"),
    ("developer/termsOfUseUrl", "http://www.example.com", "developer.termsOfUseUrl must begin with https://"),
    ("name/short", "x" * 31, "name.short has 31 characters, and 30 is the most"),
    ("name/full", "  ", "name.full is empty"),
    ("description/short", "Calls of {{company}}", "description.short holds {{company}}"),
    ("description/full", "TODO: describe it", "description.full holds TODO"),
    ("bots/0/botId", "bot", "bots[0].botId must be the GUID"),
    ("bots/0/commandLists/1/scopes", ["copilot"], "bots[0].commandLists[1] is for copilot, where the bot is not"),
    ("bots/0/commandLists/0/commands", [command(n) for n in range(11)], "bots[0].commandLists[0].commands has 11"),
    ("bots/0/commandLists/0/commands/1/title", "Call  Log", None),
    (
        "bots/0/commandLists/0/commands/1/title",
        "Call Log",
        "bots[0].commandLists[0].commands[1].title is the same word",
    ),
    ("bots/0/commandLists/0/commands/1/description", "", "bots[0].commandLists[0].commands[1].description is missing"),
    ("bots/0/commandLists/0/commands/0/title", "x" * 33, "bots[0].commandLists[0].commands[0].title has 33"),
    ("staticTabs", [tab(n) for n in range(17)], "staticTabs has 17 entries"),
    ("staticTabs/2/entityId", "calls", "staticTabs has the entityId calls more than once"),
    ("staticTabs/1/name", "", "staticTabs[1].name is missing"),
    ("staticTabs/1/contentUrl", "https://pbx/tabs", "staticTabs[1].contentUrl must hold the name of a host"),
    (
        "staticTabs/1/contentUrl",
        "https://www.example.com/",
        "staticTabs[1].contentUrl is on www.example.com, which is not",
    ),
    ("validDomains", ["*.example.com"], None),
    (
        "validDomains",
        ["assistant.example.com", "https://www.example.com"],
        "validDomains: https://www.example.com must",
    ),
    (
        "validDomains",
        ["assistant.example.com", "login.microsoftonline.com"],
        "validDomains: login.microsoftonline.com is",
    ),
    (
        "validDomains",
        ["assistant.example.com", "*.azurewebsites.net"],
        "validDomains: *.azurewebsites.net covers names",
    ),
    ("validDomains", ["assistant.example.com", "*.com"], "validDomains: *.com must be the name of a host"),
    ("validDomains", ["assistant.example.com", "a.*.example.com"], "validDomains: a.*.example.com may have *"),
    (
        "validDomains",
        ["assistant.example.com", "localhost:3978"],
        "validDomains: localhost:3978 is a name of this machine",
    ),
    ("validDomains", ["assistant.example.com", "192.168.1.10"], "validDomains: 192.168.1.10 is a name of this machine"),
    ("webApplicationInfo/id", SETTINGS.app_id, "webApplicationInfo.id is not the bot's id"),
    ("webApplicationInfo/resource", "https://assistant.example.com", "webApplicationInfo.resource must be"),
    (
        "webApplicationInfo/resource",
        f"api://www.example.com/botid-{SETTINGS.bot_id}",
        "webApplicationInfo.resource is on www.example.com and the tabs are not",
    ),
    (
        "webApplicationInfo/resource",
        f"api://assistant.example.com/botid-{SETTINGS.app_id}",
        "webApplicationInfo.resource ends with another id",
    ),
    ("composeExtensions", [extension(botId="")], "composeExtensions[0].botId must be the GUID"),
    ("composeExtensions", [extension(botId=SETTINGS.app_id)], "bots and composeExtensions name different bots"),
    (
        "composeExtensions",
        [extension(commands=[{"id": "a", "title": "A"}, {"id": "a", "title": "B"}])],
        "composeExtensions[0].commands has the id a more than once",
    ),
    (
        "composeExtensions",
        linked("*.onmicrosoft.com"),
        "composeExtensions[0].messageHandlers: *.onmicrosoft.com covers",
    ),
    ("localizationInfo", {"additionalLanguages": []}, "localizationInfo.defaultLanguageTag is missing"),
    (
        "localizationInfo/additionalLanguages",
        [{"languageTag": "EN", "file": "fr.json"}],
        "localizationInfo names the language en more than once",
    ),
]


@pytest.mark.parametrize(("path", "value", "told"), FAULTS)
def test_a_fault_of_the_manifest_is_told(path: str, value: object, told: str | None) -> None:
    found = problems(put(path, value))
    if told is None:
        assert found == []
    else:
        assert any(each.startswith(f"manifest.json: {told}") for each in found), found


@pytest.mark.parametrize(("path", "value", "told"), FAULTS)
def test_each_problem_is_a_sentence_that_begins_with_its_file(path: str, value: object, told: str | None) -> None:
    for problem in problems(put(path, value)):
        assert problem.partition(": ")[0] in {*FILES}, told
        assert problem.endswith(".")


@pytest.mark.parametrize(
    ("key", "text", "told"),
    [
        ("bots[0].commandLists[0].commands[9].title", "titre", "is not in the manifest"),
        ("names.short", "Nom", "is not in the manifest"),
        ("bots[0]", "robot", "is not in the manifest"),
        ("staticTabs[0].", "Onglet", "is not in the manifest"),
        ("accentColor", "violet", "is the same in every language"),
        ("staticTabs[1].name", 7, "must be a text"),
        ("description.short", "x" * 81, "has 81 characters, and 80 is the most"),
        ("name.short", "${name}", "holds ${name}"),
        ("bots[0].commandLists[0].commands[1].title", "Journal des appels", "is the same word as"),
    ],
)
def test_a_fault_of_a_language_is_told(key: str, text: object, told: str) -> None:
    (found,) = problems(lambda sentences: sentences.update({key: text}), "fr.json")
    assert found.startswith(f"fr.json: {key} {told}")


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({}, "manifest.json: is not in the package"),
        ({f"package/{name}": content for name, content in FILES.items()}, "manifest.json: is in the folder package"),
        ({**FILES, "manifest.json": b"{'id': 1}"}, "manifest.json: is no JSON"),
        ({**FILES, "manifest.json": b"[]"}, "manifest.json: must be an object"),
        ({**FILES, "manifest.json": "é".encode("latin-1")}, "manifest.json: is not in UTF-8"),
        ({**FILES, "manifest.json": b"[" * 100_000}, "manifest.json: is nested too deeply"),
        ({**FILES, "fr.json": b"{,}"}, "fr.json: is no JSON"),
        (
            {name: content for name, content in FILES.items() if name != "fr.json"},
            "fr.json: the file of the language fr",
        ),
    ],
)
def test_a_file_that_cannot_be_read_is_told(files: dict[str, bytes], told: str) -> None:
    (found,) = problems_in(files)
    assert found.startswith(told)


def test_a_manifest_with_a_byte_order_mark_is_read() -> None:
    assert list(problems_in({**FILES, "manifest.json": b"\xef\xbb\xbf" + FILES["manifest.json"]})) == []


def test_lengths_are_those_of_the_schema_of_the_manifests_version() -> None:
    version = "v" + manifest()["manifestVersion"]
    schema = json.loads((SCHEMAS / version / "MicrosoftTeams.schema.json").read_text("utf-8"))
    assert {path: limit(schema, path) for path in {**TRANSLATED, **OTHERS}} == {**TRANSLATED, **OTHERS}


def test_what_may_be_translated_is_what_the_schema_of_languages_lists() -> None:
    version = "v" + manifest()["manifestVersion"]
    schema = json.loads((SCHEMAS / version / "MicrosoftTeams.Localization.schema.json").read_text("utf-8"))
    listed = {name: rule["maxLength"] for name, rule in schema["properties"].items() if "maxLength" in rule}
    patterns = {plain(pattern): rule["maxLength"] for pattern, rule in schema["patternProperties"].items()}
    ours = {path: longest for path, longest in {**listed, **patterns}.items() if not path.startswith("activities")}
    assert ours == TRANSLATED


def test_the_newest_version_takes_whatever_this_one_does() -> None:
    schema = json.loads((SCHEMAS / newest() / "MicrosoftTeams.schema.json").read_text("utf-8"))
    for path, longest in TRANSLATED.items():
        assert limit(schema, path) >= longest


def limit(schema: dict[str, Any], path: str) -> int:
    """The ``maxLength`` at a path such as ``staticTabs[].name``."""
    part = schema
    for name in path.split("."):
        part = part["properties"][name.removesuffix("[]")]
        part = part["items"] if name.endswith("[]") else part
    longest: int = part["maxLength"]
    return longest


def plain(pattern: str) -> str:
    """A pattern of a key as a path: that of the names of static tabs is ``staticTabs[].name``."""
    parts = pattern.strip("^$").replace("\\.", ".").split("\\[")
    return "[]".join([parts[0], *(part.partition("\\]")[2] for part in parts[1:])])


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [*([path] if path else []), *(place for key, each in inner for place in places(each, (*path, key)))]


@pytest.mark.parametrize("wrong", [None, True, 7, "", "text", [], {}, [[]], [{}], {"text": []}])
@pytest.mark.parametrize("name", ["manifest.json", "fr.json"])
def test_whatever_stands_in_a_file_is_answered_in_sentences(name: str, wrong: object) -> None:
    files = {each: content for each, content in FILES.items() if not each.endswith(".png")}
    for *outer, last in places(json.loads(FILES[name])):
        document = part = json.loads(FILES[name])
        for key in outer:
            part = part[key]
        part[last] = wrong
        found = list(problems_in({**files, name: json.dumps(document).encode()}))
        assert all(each.endswith(".") and ": " in each for each in found)
