"""Answers over HTTP, and the errors of Entra ID with its codes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class Answer:
    """What goes over the wire."""

    status: int
    body: bytes = b""
    content_type: str = "application/json; charset=utf-8"
    location: str | None = None


class Refusal(Exception):
    """An error of Entra ID: an OAuth ``error``, and its own AADSTS ``number`` and ``text``."""

    def __init__(self, error: str, number: int, text: str, *, status: int = 400) -> None:
        super().__init__(text)
        self.error = error
        self.number = number
        self.status = status
        self.description = f"AADSTS{number}: {text}"


def document(body: Mapping[str, object], status: int = 200) -> Answer:
    """JSON."""
    return Answer(status, json.dumps(body).encode())


def refused(refusal: Refusal) -> Answer:
    """As the token endpoint refuses."""
    body = {"error": refusal.error, "error_description": refusal.description, "error_codes": [refusal.number]}
    return document(body, refusal.status)


def refused_page(refusal: Refusal) -> Answer:
    """As a browser is told what cannot be told to the application."""
    return page(
        "Sign in", f"<p>Sorry, but we are having trouble signing you in.</p><p>{escape(refusal.description)}</p>"
    )


def redirect(url: str, parameters: Mapping[str, str]) -> Answer:
    """To the application, with ``parameters`` in the query."""
    separator = "&" if urlsplit(url).query else "?"
    return Answer(302, location=f"{url}{separator}{urlencode(parameters)}" if parameters else url)


def form_post(url: str, parameters: Mapping[str, str]) -> Answer:
    """To the application by a form that sends itself (``response_mode=form_post``)."""
    fields = "".join(f'<input type="hidden" name="{escape(k)}" value="{escape(v)}">' for k, v in parameters.items())
    form = f'<form method="post" action="{escape(url)}">{fields}<button>Continue</button></form>'
    return page("Working…", form + "<script>document.forms[0].submit()</script>")


def choice(title: str, name: str, choices: Sequence[tuple[str, str]]) -> Answer:
    """A page with a button for each value and label of ``choices``; it posts ``name`` to its own address."""
    buttons = "".join(
        f'<button name="{name}" value="{escape(value)}">{escape(label)}</button>' for value, label in choices
    )
    return page(title, f'<form method="post">{buttons}</form>')


def page(title: str, body: str, *, status: int = 200) -> Answer:
    """HTML."""
    html = f"<!doctype html><html lang=en><title>{escape(title)}</title><h1>{escape(title)}</h1>{body}</html>"
    return Answer(status, html.encode(), "text/html; charset=utf-8")
