"""Writing XML: small immutable trees, serialised with a prefix as the MiVoice Office 400 does."""

from dataclasses import dataclass
from xml.sax.saxutils import escape

SESSION_NAMESPACE = "http://www.ecma-international.org/standards/ecma-354/appl_session"


@dataclass(frozen=True, slots=True)
class Element:
    """``text`` or ``children``, never both."""

    name: str
    text: str = ""
    children: tuple["Element", ...] = ()


def element(name: str, *content: "Element | str | None") -> Element:
    """An element holding the children that are not ``None``, or one text."""
    texts = [part for part in content if isinstance(part, str)]
    return Element(name, "".join(texts), tuple(part for part in content if isinstance(part, Element)))


def boolean(name: str, *, value: bool) -> Element:
    """An element spelt ``true`` or ``false``, as xsd:boolean has it."""
    return Element(name, "true" if value else "false")


def without(root: Element, name: str) -> Element:
    """The same tree less every element of this name."""
    return Element(root.name, root.text, tuple(without(child, name) for child in root.children if child.name != name))


def serialise(root: Element, namespace: str) -> bytes:
    """UTF-8 with a declaration. Session messages carry the prefix ``sess``, all others ``csta``."""
    prefix = "sess" if namespace == SESSION_NAMESPACE else "csta"
    body = f'<{prefix}:{root.name} xmlns:{prefix}="{namespace}">{_inside(root, prefix)}</{prefix}:{root.name}>'
    return f'<?xml version="1.0" encoding="UTF-8"?>{body}'.encode()


def _inside(node: Element, prefix: str) -> str:
    return escape(node.text) + "".join(_written(child, prefix) for child in node.children)


def _written(node: Element, prefix: str) -> str:
    # A vendor's element names its namespace itself: "{urn:x}name", as ElementTree writes it.
    if node.name.startswith("{"):
        namespace, name = node.name[1:].split("}")
        return f'<{name} xmlns="{namespace}">{escape(node.text)}</{name}>'
    tag = f"{prefix}:{node.name}"
    inside = _inside(node, prefix)
    return f"<{tag}>{inside}</{tag}>" if inside else f"<{tag}/>"
