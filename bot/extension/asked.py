"""What Teams asks of the message extension, read from an invoke's ``value``, of which nothing is trusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from bot.extension.html import text_of_html

if TYPE_CHECKING:
    from collections.abc import Mapping

# A message of Teams holds 28 KB.
LONGEST_MESSAGE = 28 * 1024
# What a request may be at all (``bot.adapter``): markup can be many times longer than what it says.
_LONGEST_BODY = 256 * 1024
_LONGEST_TOKEN = 16 * 1024
_LONGEST_STATE = 200


class Malformed(ValueError):
    """Teams never asks like this; the text says what is wrong and is safe to send back."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """How somebody who was asked to sign in comes back.

    ``state`` is what our sign-in page gave to Teams, ``token`` what Teams itself got in silence.
    """

    state: str | None = None
    token: str | None = None

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Raises ``Malformed``."""
        authentication = value.get("authentication") or {}
        if not isinstance(authentication, dict):
            raise Malformed("value.authentication is not an object")
        return cls(
            state=_optional(value, "state", _LONGEST_STATE),
            token=_optional(authentication, "token", _LONGEST_TOKEN),
        )


@dataclass(frozen=True, slots=True)
class Query:
    """A search from the compose box; without ``text``, what is shown before anything is typed.

    ``skip`` is how many results the client shows already.
    """

    text: str = ""
    skip: int = 0

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Raises ``Malformed``."""
        options = value.get("queryOptions") or {}
        if not isinstance(options, dict):
            raise Malformed("value.queryOptions is not an object")
        skip = options.get("skip", 0)
        if not isinstance(skip, int):
            raise Malformed("value.queryOptions.skip is not a number")
        return cls(text=_parameter(value.get("parameters") or []), skip=max(0, skip))


@dataclass(frozen=True, slots=True)
class MessageRead:
    """The text of the message that the command was chosen on, without its markup."""

    text: str

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Reads ``messagePayload``: the subject, which few messages have, and the body. Raises ``Malformed``."""
        payload = value.get("messagePayload")
        body = payload.get("body") if isinstance(payload, dict) else None
        if not isinstance(payload, dict) or not isinstance(body, dict):
            raise Malformed("value.messagePayload.body is not an object")
        content = _optional(body, "content", _LONGEST_BODY) or ""
        subject = _optional(payload, "subject", LONGEST_MESSAGE) or ""
        plain = text_of_html(content) if body.get("contentType") != "text" else content
        return cls(f"{subject}\n{plain}"[:LONGEST_MESSAGE])


@dataclass(frozen=True, slots=True)
class Pasted:
    """A link that somebody has pasted into the compose box."""

    url: str

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Raises ``Malformed``."""
        url = value.get("url")
        if not isinstance(url, str):
            raise Malformed("value.url is not a string")
        return cls(url)


def pressed(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """The data of the button by which a dialog ends. Raises ``Malformed``."""
    data = value.get("data")
    if not isinstance(data, dict):
        raise Malformed("value.data is not an object")
    return data


def command_of(value: Mapping[str, Any]) -> str:
    """The id that the manifest gives to the command. Raises ``Malformed``."""
    command = value.get("commandId")
    if not isinstance(command, str):
        raise Malformed("value.commandId is not a string")
    return command


def _parameter(parameters: object) -> str:
    """What was typed: the command has one parameter, and ``initialRun`` stands in its place before that."""
    if not isinstance(parameters, list) or not all(isinstance(each, dict) for each in parameters):
        raise Malformed("value.parameters is not a list of objects")
    typed = [each.get("value") for each in parameters if each.get("name") != "initialRun"]
    if not all(isinstance(each, str) for each in typed):
        raise Malformed("the value of a parameter is not a string")
    return " ".join(" ".join(typed).split())


def _optional(source: Mapping[str, Any], name: str, longest: int) -> str | None:
    value = source.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > longest:
        raise Malformed(f"{name} is not a string of at most {longest} characters")
    return value
