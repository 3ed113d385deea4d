"""The parts that messages are made of: elements by local name, texts, connections, parties.

``document`` is the only way in for XML: no entity is declared or expanded, nothing is fetched, no DOCTYPE passes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, cast

from lxml import etree

from gateway.csta.devices import parse_device_id
from gateway.csta.errors import BadMessage
from gateway.csta.messages import ConnectionId, Party

Element = etree._Element  # noqa: SLF001 - lxml's element type has no public name

MAX_TEXT = 1024
"""Characters of a name or an identifier; what is longer is an attack or a fault, and would not fit an uplink frame."""

MAX_TAGS = 4096
"""Tags whose meaning is remembered; a PBX uses a few hundred."""

_TRUE = {"true", "1"}


class _LocalNames(dict[Any, str]):
    """Tag to local name. A stranger's inventions must not fill memory."""

    def __missing__(self, tag: Any) -> str:
        if len(self) >= MAX_TAGS:
            self.clear()
        name = self[tag] = tag.rpartition("}")[2] if isinstance(tag, str) else ""
        return name


local = _LocalNames()
"""``local[element.tag]`` is an element's name without its namespace."""

_HIDES_NOTHING = b'<?xml version="1.0" encoding="UTF-8"?>'

_PARSER = etree.XMLParser(
    resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
)


def document(xml: bytes) -> Element:
    """The root of a document. Raises ``BadMessage`` for what is no XML or has a DOCTYPE."""
    # Refused before parsing, so that no entity is ever declared, and after it for encodings that hide the word.
    if b"<!DOCTYPE" in xml:
        raise BadMessage("a document with a DOCTYPE")
    try:
        root = etree.fromstring(xml, _PARSER)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise BadMessage(f"no XML: {type(error).__name__}") from None
    if not xml.startswith(_HIDES_NOTHING) and root.getroottree().docinfo.internalDTD is not None:
        raise BadMessage("a document with a DOCTYPE")
    return root


def children(element: Element) -> list[Element]:
    """As a slice, which lxml makes in half the time of an iterator; its types know no slices."""
    return cast("list[Element]", element[:])  # type: ignore[index]


def child_of(element: Element, name: str) -> Element | None:
    """The first child with a local name."""
    for child in element:
        if local[child.tag] == name:
            return child
    return None


def text(element: Element | None) -> str | None:
    """An element's text without the blanks around it; ``None`` when nothing is left.

    Raises ``BadMessage`` beyond ``MAX_TEXT``.
    """
    value = None if element is None else element.text
    if value is None:
        return None
    if len(value) > MAX_TEXT:
        raise BadMessage(f"a text of {len(value)} characters")
    return value.strip() or None


def text_of(element: Element, name: str) -> str | None:
    """The text of a child."""
    return text(child_of(element, name))


def required(element: Element, name: str) -> str:
    """The text of a child that must be there. Raises ``BadMessage``."""
    value = text_of(element, name)
    if value is None:
        raise BadMessage(f"{local[element.tag]} without {name}")
    return value


def flag(element: Element | None) -> bool:
    """An ``xsd:boolean``; absent is false."""
    return text(element) in _TRUE


def read_connection(element: Element) -> ConnectionId:
    """A ConnectionID; either half may be missing."""
    call = device = None
    for child in children(element):
        name = local[child.tag]
        if name == "callID":
            call = text(child)
        elif name == "deviceID":
            device = text(child)
    return _connection(call, device)


# Each call is named in all of its events, and a switch has a few thousand ids that it uses again and again.
@lru_cache(maxsize=8192)
def _connection(call: str | None, device: str | None) -> ConnectionId:
    return ConnectionId(call, parse_device_id(device) if device else None)


_NUMBERED = {"deviceIdentifier", "numberDialed", "deviceID"}
_NOBODY = Party()
_WITHHELD = Party(restricted=True)


def read_party(element: Element) -> Party | None:
    """A device reference: an identifier, not known, or restricted; ``None`` for an empty element."""
    for child in children(element):
        name = local[child.tag]
        if name in _NUMBERED:
            return _party(text(child), child.get("privateNumber"), child.get("privateName"))
        return _WITHHELD if name == "restricted" else _NOBODY
    # Some PBXs leave the choice element out and write the identifier itself.
    identifier = text(element)
    return _party(identifier, None, None) if identifier else None


# A PBX names the same few thousand parties again and again.
@lru_cache(maxsize=8192)
def _party(identifier: str | None, private_number: str | None, private_name: str | None) -> Party:
    device = parse_device_id(identifier) if identifier else None
    if device is None:
        return _NOBODY
    hidden = private_number in _TRUE
    return Party(None if hidden else device.number, None if private_name in _TRUE else device.name, hidden)
