"""What the parts of a manifest must be to each other, and to the files beside it.

Microsoft's schema says how each part looks; it stands nowhere here. This is about what a person who edits a manifest
by hand gets wrong: parts that are missing, ids that do not agree, addresses that Teams does not open, and more of
something than Teams takes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from uuid import UUID

from manifest.addresses import covers, domain_problem, host_of, url_problem
from manifest.texts import repeated

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Document = Mapping[str, Any]

MOST_TABS = 16
MOST_COMMANDS = 10
MOST_PARAMETERS = 5
MOST_DOMAINS = 16
RESERVED_TABS = ("conversations", "about")

_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)", re.ASCII)
_ADDRESSES = ("websiteUrl", "privacyUrl", "termsOfUseUrl")
_REQUIRED = (
    *("manifestVersion", "version", "id", "accentColor", "name.short", "description.short", "description.full"),
    *("icons.color", "icons.outline", "developer.name", *(f"developer.{each}" for each in _ADDRESSES)),
)
_OBJECTS = ("name", "description", "icons", "developer", "localizationInfo", "webApplicationInfo")
_LISTS = ("bots", "staticTabs", "composeExtensions", "validDomains", "permissions")


def is_guid(text: object) -> bool:
    """Whether Teams takes it for an id: a GUID in its usual spelling, other than zero."""
    try:
        return isinstance(text, str) and str(UUID(text)) == text.lower() and UUID(text).int != 0
    except ValueError:
        return False


def is_version(text: object) -> bool:
    """Whether it is three numbers, such as 1.0.0."""
    return isinstance(text, str) and bool(_VERSION.fullmatch(text))


def shape_problems(manifest: Document) -> Iterator[str]:
    """Parts that are missing or of another kind. The other problems are found in a manifest that has none of these."""
    for name in _OBJECTS:
        if not isinstance(manifest.get(name, {}), dict):
            yield f"{name} must be an object in braces"
    for name in _LISTS:
        if not isinstance(manifest.get(name, []), list):
            yield f"{name} must be a list in brackets"
    for path in _REQUIRED:
        outer, _, inner = path.partition(".")
        value = manifest.get(outer)
        text = value.get(inner) if inner and isinstance(value, dict) else value
        if not isinstance(text, str) or not text.strip():
            yield f"{path} is missing. Write it: Teams takes no app without it"
    for name in ("bots", "staticTabs", "composeExtensions"):
        for index, each in enumerate(_list(manifest, name)):
            if not isinstance(each, dict):
                yield f"{name}[{index}] must be an object in braces"


def document_problems(manifest: Document) -> Iterator[str]:
    """Everything else that is wrong with the manifest alone."""
    yield from _identity(manifest)
    yield from _bots(manifest)
    yield from _extensions(manifest)
    yield from _tabs(manifest)
    yield from _domains(manifest)
    yield from _sign_on(manifest)


def _identity(manifest: Document) -> Iterator[str]:
    spelled = re.search(r"/v(\d+\.\d+)/", str(manifest.get("$schema", "")))
    if not re.fullmatch(r"1\.\d+", manifest["manifestVersion"]):
        yield "manifestVersion must be a version of Microsoft's schema, such as 1.9"
    elif spelled and spelled[1] != manifest["manifestVersion"]:
        yield f"manifestVersion is {manifest['manifestVersion']} and $schema is {spelled[1]}. Make them the same"
    if not is_version(manifest["version"]):
        yield "version must be three numbers such as 1.0.0"
    if not is_guid(manifest["id"]):
        yield "id must be a GUID other than zero"
    if not re.fullmatch(r"#[0-9A-Fa-f]{6}", manifest["accentColor"]):
        yield "accentColor must be a colour such as #5B5FC7"
    for name in _ADDRESSES:
        if problem := url_problem(manifest["developer"][name]):
            yield f"developer.{name} {problem}"


def _bots(manifest: Document) -> Iterator[str]:
    for at, bot in enumerate(_list(manifest, "bots")):
        if not is_guid(bot.get("botId")):
            yield f"bots[{at}].botId must be the GUID of the bot's registration in Azure"
        scopes = [str(scope).lower() for scope in _list(bot, "scopes")]
        for index, each in enumerate(_dicts(bot, "commandLists")):
            path = f"bots[{at}].commandLists[{index}]"
            yield from _too_many(f"{path}.commands", _list(each, "commands"), MOST_COMMANDS)
            for scope in _list(each, "scopes"):
                if str(scope).lower() not in scopes:
                    yield f"{path} is for {scope}, where the bot is not. Take it out, or add it to bots[{at}].scopes"
            for number, command in enumerate(_dicts(each, "commands")):
                yield from _missing(f"{path}.commands[{number}]", command, ("title", "description"))


def _extensions(manifest: Document) -> Iterator[str]:
    for at, extension in enumerate(_list(manifest, "composeExtensions")):
        path = f"composeExtensions[{at}]"
        if not is_guid(extension.get("botId")):
            yield f"{path}.botId must be the GUID of the bot's registration in Azure"
        commands = _dicts(extension, "commands")
        yield from _too_many(f"{path}.commands", commands, MOST_COMMANDS)
        for name in repeated(command.get("id") for command in commands):
            yield f"{path}.commands has the id {name} more than once. Give each command an id of its own"
        for number, command in enumerate(commands):
            yield from _missing(f"{path}.commands[{number}]", command, ("id", "title"))
            yield from _too_many(f"{path}.commands[{number}].parameters", _list(command, "parameters"), MOST_PARAMETERS)
        for handler in _dicts(extension, "messageHandlers"):
            value = handler.get("value")
            for domain in _list(value if isinstance(value, dict) else {}, "domains"):
                if problem := domain_problem(str(domain)):
                    yield f"{path}.messageHandlers: {domain} {problem}"


def _tabs(manifest: Document) -> Iterator[str]:
    tabs = _list(manifest, "staticTabs")
    yield from _too_many("staticTabs", tabs, MOST_TABS)
    for name in repeated(tab.get("entityId") for tab in tabs):
        yield f"staticTabs has the entityId {name} more than once. Give each tab an id of its own"
    for at, tab in enumerate(tabs):
        path = f"staticTabs[{at}]"
        yield from _missing(path, tab, ("entityId",))
        if tab.get("entityId") in RESERVED_TABS:
            continue
        yield from _missing(path, tab, ("name", "contentUrl"))
        for name in ("contentUrl", "websiteUrl"):
            if isinstance(url := tab.get(name), str) and (problem := url_problem(url)):
                yield f"{path}.{name} {problem}"
        host = host_of(str(tab.get("contentUrl", "")))
        if host and not any(covers(str(domain), host) for domain in _list(manifest, "validDomains")):
            yield f"{path}.contentUrl is on {host}, which is not in validDomains. Add it, or Teams shows nothing"


def _domains(manifest: Document) -> Iterator[str]:
    domains = _list(manifest, "validDomains")
    yield from _too_many("validDomains", domains, MOST_DOMAINS)
    for domain in domains:
        if problem := domain_problem(str(domain)):
            yield f"validDomains: {domain} {problem}"


def _sign_on(manifest: Document) -> Iterator[str]:
    """Bot and sign-on are one registration: otherwise Teams gets a token that the server must refuse."""
    bots = {str(each.get("botId")).lower() for name in ("bots", "composeExtensions") for each in _list(manifest, name)}
    if len(bots) > 1:
        yield "bots and composeExtensions name different bots. Give both the id of the one registration"
    sign_on = manifest.get("webApplicationInfo")
    if sign_on is None:
        return
    if bots and str(sign_on.get("id")).lower() not in bots:
        yield "webApplicationInfo.id is not the bot's id. Give both the id of the one registration"
    resource = str(sign_on.get("resource", ""))
    found = re.fullmatch(r"api://([^/]+)/(?:[Bb]ot[Ii]d-)?([^/]+)", resource)
    if not found:
        yield "webApplicationInfo.resource must be the Application ID URI, such as api://<host>/botid-<id of the bot>"
        return
    hosts = {
        host_of(tab["contentUrl"]) for tab in _list(manifest, "staticTabs") if isinstance(tab.get("contentUrl"), str)
    }
    if hosts and re.sub(r":\d+$", "", found[1]).lower() not in hosts:
        yield f"webApplicationInfo.resource is on {found[1]} and the tabs are not. Make it one host, or sign-on fails"
    if bots and found[2].lower() not in bots:
        yield "webApplicationInfo.resource ends with another id than the bot's. Write botid- and the bot's id"


def _missing(path: str, part: Document, names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        if not isinstance(part.get(name), str) or not part[name].strip():
            yield f"{path}.{name} is missing. Write it"


def _too_many(path: str, listed: list[Any], most: int) -> Iterator[str]:
    if len(listed) > most:
        yield f"{path} has {len(listed)} entries, and Teams takes {most}. Take out what people need least"


def _list(part: Document, name: str) -> list[Any]:
    value = part.get(name, [])
    return value if isinstance(value, list) else []


def _dicts(part: Document, name: str) -> list[dict[str, Any]]:
    return [each for each in _list(part, name) if isinstance(each, dict)]
