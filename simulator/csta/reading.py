"""Reading a client's XML by local names, since clients differ in edition, prefixes and default namespaces."""

import re

from lxml import etree

_DEVICE_ID = re.compile(r"N<(?P<number>[^!&>]*)[^>]*>|(?P<plain>[^<>]+)")


class BadDocument(Exception):
    """Not XML, or XML with a DOCTYPE."""


class Request:
    """One request: its service's name and its texts by path."""

    def __init__(self, root: etree._Element) -> None:
        self._root = root
        self.service = local(root)
        self.namespace = etree.QName(root).namespace or ""

    def find(self, path: str) -> etree._Element | None:
        """The first element at a path of local names (``monitorObject/deviceObject``)."""
        node = self._root
        for name in path.split("/"):
            found = next((child for child in node if local(child) == name), None)
            if found is None:
                return None
            node = found
        return node

    def text(self, path: str) -> str:
        """Text without surrounding blanks, ``""`` where there is no such element."""
        node = self.find(path)
        return (node.text or "").strip() if node is not None else ""

    def texts(self, path: str) -> list[str]:
        """The texts of all elements with the last name of the path."""
        parent, _, name = path.rpartition("/")
        node = self.find(parent)
        if node is None:
            return []
        return [(child.text or "").strip() for child in node if local(child) == name]

    def true(self, path: str) -> bool:
        return self.text(path) in {"true", "1"}

    def device(self, path: str) -> str:
        """The number in a device id such as ``N<201!98>Name``, or ``""``."""
        match = _DEVICE_ID.match(self.text(f"{path}/deviceIdentifier") or self.text(path))
        return (match["number"] or match["plain"] or "") if match else ""

    def connection(self, path: str) -> tuple[str, str]:
        """Call id and device of a ConnectionID; either may be ``""``."""
        return self.text(f"{path}/callID"), self.device(f"{path}/deviceID")

    def true_flags(self, path: str) -> frozenset[str]:
        """The names of all flags below a filter element that are true."""
        node = self.find(path)
        if node is None:
            return frozenset()
        return frozenset(local(flag) for flag in node.iter() if (flag.text or "").strip() in {"true", "1"})


def local(node: etree._Element) -> str:
    """The name without its namespace."""
    return etree.QName(node).localname


def parse(document: bytes) -> Request:
    """Raises ``BadDocument``. Entities, DOCTYPE and the network are off; comments and instructions are skipped."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(document, parser)
    except etree.XMLSyntaxError as error:
        raise BadDocument(str(error)) from error
    if etree.ElementTree(root).docinfo.internalDTD is not None:
        raise BadDocument("a DOCTYPE is not allowed")
    return Request(root)
