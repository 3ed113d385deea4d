"""From a letter to what is sent: text and HTML, and the e-mail message (RFC 5322) around them.

Nothing in it is fetched from anywhere. Values cannot add a header: lines are folded into one where a header or a
greeting is, and ``email`` refuses what is left.
"""

from __future__ import annotations

import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from cloudlink.administration.mails import Message
from cloudlink.service.mail.letters import letter
from i18n import translator

if TYPE_CHECKING:
    from datetime import datetime

    from jinja2 import Template as JinjaTemplate

    from cloudlink.service.mail.letters import Letter, Values

# RFC 5322's dot-atom without its quoted strings, and RFC 6531's letters; what is a domain, the mail server decides.
_ATOMS = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*")
_SEVERAL_LINES = frozenset({"text"})


def render(template: str, language_code: str, values: Values) -> Message:
    """What a mail says. Raises ``KeyError`` for a template or value that is not there."""
    say = translator(language_code)
    told = letter(template, say, {name: _clean(name, value) for name, value in values.items()})
    return Message(told.subject, _text(told), _layout().render(letter=told, language=say.language))


def compose(message: Message, *, mail_id: str, sender: Address, recipient: str, now: datetime) -> EmailMessage:
    """The e-mail. Its Message-ID is the same in every copy. Raises ``ValueError`` for an address that is none."""
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = message.subject
    mail["From"] = sender
    mail["To"] = _address(recipient)
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{mail_id}@{sender.domain}>"
    # RFC 3834, and what Exchange goes by: no absence notice answers it.
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(message.text)
    mail.add_alternative(message.html, subtype="html")
    return mail


def _address(text: str) -> Address:
    """``Address`` parses ASCII alone; what is outside goes by SMTPUTF8, whose servers read the same dots and signs."""
    local, _, domain = text.rpartition("@")
    if not local or not domain or not _ATOMS.fullmatch(local) or not _ATOMS.fullmatch(domain):
        raise ValueError("not an address that mail can be sent to")
    return Address(username=local, domain=domain)


def _clean(name: str, value: str) -> str:
    """Without what is not printed: line breaks, and marks that turn the direction of the words around them."""
    if name in _SEVERAL_LINES:
        return "\n".join("".join(filter(str.isprintable, line)) for line in value.splitlines())
    return "".join(filter(str.isprintable, " ".join(value.split())))


def _text(told: Letter) -> str:
    parts = [
        told.greeting,
        *told.paragraphs,
        f"{told.button}:\n{told.link}" if told.link else "",
        f"{told.code_label}\n{told.code}" if told.code else "",
        "\n".join(f"> {line}" for line in told.quote.splitlines()),
        "\n".join(f"{name}: {value}" for name, value in told.facts),
        *told.closing,
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


@cache
def _layout() -> JinjaTemplate:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - the first mail can wait for it

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("letter.html")
