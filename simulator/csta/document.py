"""Writing XML: elements are text from the start, with a prefix as the MiVoice Office 400 writes one.

Trees that are serialised afterwards took several times as long, and events are nearly all that a PBX writes.
"""

import re
from typing import NamedTuple
from xml.sax.saxutils import escape

SESSION_NAMESPACE = "http://www.ecma-international.org/standards/ecma-354/appl_session"

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
_CALL_ID = re.compile(r"<csta:callID>[^<]*</csta:callID>")


class Xml(str):
    """Written XML, which needs no more escaping."""

    __slots__ = ()


def element(name: str, *content: str | None, prefix: str = "csta") -> Xml:
    """An element around its content: XML as it is, other text escaped, nothing for ``None``."""
    inside = "".join([part if isinstance(part, Xml) else escape(part) for part in content if part is not None])
    return Xml(f"<{prefix}:{name}>{inside}</{prefix}:{name}>" if inside else f"<{prefix}:{name}/>")


def boolean(name: str, *, value: bool) -> Xml:
    """An element spelt ``true`` or ``false``, as xsd:boolean has it."""
    return element(name, "true" if value else "false")


def without_call_ids(body: str) -> str:
    """The same elements less every ``callID``."""
    return _CALL_ID.sub("", body)


def opening(name: str, namespace: str, prefix: str = "csta") -> str:
    """What stands before a document's content."""
    return f'{_DECLARATION}<{prefix}:{name} xmlns:{prefix}="{namespace}">'


class Document(NamedTuple):
    """A whole message. Session messages carry the prefix ``sess`` and their own namespace, all others ``csta``."""

    name: str
    body: str
    prefix: str = "csta"

    def octets(self, edition: str) -> bytes:
        """UTF-8 with a declaration; ``edition`` is the namespace of all that is no session message."""
        namespace = SESSION_NAMESPACE if self.prefix == "sess" else edition
        closing = f"</{self.prefix}:{self.name}>"
        return f"{opening(self.name, namespace, self.prefix)}{self.body}{closing}".encode()


def document(name: str, *content: Xml | None) -> Document:
    """A message of ECMA-323."""
    return Document(name, "".join([part for part in content if part is not None]))
