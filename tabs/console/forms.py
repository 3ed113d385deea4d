"""What a person sends, and the form as it is shown again with what is wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

from aiohttp import web

from auth.forms import read_form
from tabs.uploads import MULTIPART, Upload, read_multipart

if TYPE_CHECKING:
    from collections.abc import Mapping

_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Sent:
    """The fields of a form, without space around them, and its file."""

    fields: Mapping[str, str] = field(default_factory=dict)
    upload: Upload | None = None

    def text(self, name: str) -> str:
        """The field; empty when it was not sent."""
        return self.fields.get(name, "")

    def optional(self, name: str) -> str | None:
        """The field; ``None`` when it is empty or was not sent."""
        return self.fields.get(name) or None

    def checked(self, name: str) -> bool:
        """Whether the box was ticked."""
        return name in self.fields


@dataclass(frozen=True, slots=True)
class Form:
    """Values by field and, after a refusal, sentences: by field, and ``error`` about the whole."""

    values: Mapping[str, object]
    errors: Mapping[str, str] = field(default_factory=dict)
    error: str = ""

    @property
    def refused(self) -> bool:
        return bool(self.errors or self.error)

    def with_error(self, name: str, sentence: str) -> Self:
        """With a sentence at a field; at the whole when there is no such field here."""
        if name not in self.values:
            return replace(self, error=sentence)
        return replace(self, errors={**self.errors, name: sentence})


async def read_sent(request: web.Request) -> Sent:
    """A form, with or without a file. Raises ``HTTPBadRequest``, ``HTTPRequestEntityTooLarge``."""
    try:
        if request.content_type == MULTIPART:
            return Sent(*await read_multipart(request))
        fields = await read_form(request)
    except ValueError:
        raise web.HTTPBadRequest from None
    return Sent({name: value.strip() for name, value in fields.items()})


def search_text(request: web.Request) -> str:
    """What is looked for, as it may be asked of a database: short and without control characters."""
    return _CONTROLS.sub("", request.query.get("q", ""))[:100].strip()
