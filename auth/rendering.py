"""From a template and a voice to a page."""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web

from auth.headers import page_headers
from auth.tab_sign_in import TabLink
from i18n import translator

if TYPE_CHECKING:
    from jinja2 import Environment

    from auth.forms import Forms
    from cloudlink.identity import AuthProvider
    from cloudlink.model import User
    from i18n import Translator
    from store.sign_ins import SignIn


def page(template: str, say: Translator, status: HTTPStatus, *, script: bool = False, **values: object) -> web.Response:
    """A page of ``templates``, in the language of ``say``; ``script`` lets it load scripts of ours."""
    text = _templates().get_template(template).render(say=say, **values)
    response = web.Response(text=text, status=status, content_type="text/html")
    page_headers(response, script=script)
    return response


def language_of(link: SignIn | TabLink, request: web.Request) -> Translator:
    """That of the Teams user whose link it is. A tab's link names nobody, so there it is the browser's first one."""
    return browser_language(request) if isinstance(link, TabLink) else translator(link.language_code)


def browser_language(request: web.Request) -> Translator:
    """For pages that know nobody."""
    return translator(request.headers.get("Accept-Language", "").partition(",")[0])


def code_page(link: SignIn | TabLink, say: Translator, code: str) -> web.Response:
    """The last page of a sign-in: its script hands the code to Teams. Only a chat's code may also be typed."""
    template = "tab_code.html" if isinstance(link, TabLink) else "code.html"
    return page(template, say, HTTPStatus.OK, script=True, code=code)


def confirm_page(request: web.Request, forms: Forms, token: str, user: User, provider: AuthProvider) -> web.Response:
    """Asks somebody whom their company has recognised without a word whether they want to sign in to a tab.

    Without it any page in Teams could open the link, and get a code for who is signed in to Microsoft.
    """
    nonce = forms.nonce(request)
    proof = forms.proof(nonce, token, user.account_id, user.principal_id, provider.value)
    response = page(
        "tab_confirm.html",
        browser_language(request),
        HTTPStatus.OK,
        user=user,
        provider=provider.value,
        proof=proof,
        action=f"/sign-in/{token}",
    )
    forms.keep(response, nonce)
    return response


@cache
def _templates() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - the first page can wait for it

    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
