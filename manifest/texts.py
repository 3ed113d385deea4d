"""What a manifest says to people, in each language: how long it may be, and what is left to write."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

TRANSLATED = {
    "name.short": 30,
    "name.full": 100,
    "description.short": 80,
    "description.full": 4000,
    "staticTabs[].name": 128,
    "bots[].commandLists[].commands[].title": 32,
    "bots[].commandLists[].commands[].description": 128,
    "composeExtensions[].commands[].title": 32,
    "composeExtensions[].commands[].description": 128,
    "composeExtensions[].commands[].parameters[].title": 32,
    "composeExtensions[].commands[].parameters[].description": 128,
    "composeExtensions[].commands[].parameters[].value": 512,
    "composeExtensions[].commands[].parameters[].choices[].title": 128,
    "composeExtensions[].commands[].taskInfo.title": 64,
}
"""The texts that a language's file may translate, with the most characters that each may have."""

OTHERS = {
    "developer.name": 32,
    "staticTabs[].entityId": 64,
    "composeExtensions[].commands[].id": 64,
    "composeExtensions[].commands[].parameters[].name": 64,
}
"""Likewise what is the same in every language."""

_LEFT_OVER = re.compile(r"\$\{\w*\}|\{\{[^}]*\}\}|\[\[\w*\]\]|<[^<>]+>|\bTODO\b|[Ll]orem ipsum")
_INDEX = re.compile(r"\[\d+\]")


def texts_in(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Each text with its path, such as ``staticTabs[1].name``: the keys of a language's file."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from texts_in(each, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from texts_in(each, f"{path}[{index}]")


def own_problems(manifest: Mapping[str, Any]) -> Iterator[str]:
    """About the texts of the manifest itself."""
    texts = dict(texts_in(manifest))
    limits = {**TRANSLATED, **OTHERS}
    for path, text in texts.items():
        yield from _text_problems(path, text, limits.get(_kind(path)), is_read=_kind(path) in TRANSLATED)
    yield from _twins(texts)


def language_problems(sentences: Mapping[str, Any], manifest: Mapping[str, Any]) -> Iterator[str]:
    """About a language's file, which may only translate what is in the manifest."""
    texts = dict(texts_in(manifest))
    for path, text in sentences.items():
        if path == "$schema":
            continue
        if path not in texts:
            yield f"{path} is not in the manifest. Take it out, or add to manifest.json what it translates"
        elif _kind(path) not in TRANSLATED:
            yield f"{path} is the same in every language. Take it out"
        elif not isinstance(text, str):
            yield f"{path} must be a text in quotation marks"
        else:
            yield from _text_problems(path, text, TRANSLATED[_kind(path)], is_read=True)
    yield from _twins({**texts, **{path: text for path, text in sentences.items() if isinstance(text, str)}})


def _text_problems(path: str, text: str, limit: int | None, *, is_read: bool) -> Iterator[str]:
    if limit is not None and not text.strip():
        yield f"{path} is empty. Write what people are to read there"
    if limit is not None and len(text) > limit:
        yield f"{path} has {len(text)} characters, and {limit} is the most that Teams takes. Shorten it"
    if is_read and (found := _LEFT_OVER.search(text)):
        yield f"{path} holds {found[0]}, which people would read as it stands. Put the text itself there"


def _twins(texts: Mapping[str, str]) -> Iterator[str]:
    """Commands of one list with the same title: Teams shows one of them."""
    seen = dict[tuple[str, str], str]()
    for path, text in texts.items():
        if not _kind(path).endswith("commands[].title"):
            continue
        first = seen.setdefault((path.rpartition("[")[0], text.casefold().strip()), path)
        if first != path:
            yield f"{path} is the same word as {first}. Give each command a title of its own"


def _kind(path: str) -> str:
    return _INDEX.sub("[]", path)


def repeated(values: Iterable[Any]) -> list[Any]:
    """What stands there more than once, each once."""
    listed = list(values)
    return [each for at, each in enumerate(listed) if each in listed[at + 1 :] and each not in listed[:at]]
