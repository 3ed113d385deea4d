"""The Markdown of our own guides as HTML: headings, paragraphs, lists, tables, quotations and what stands inside them.

Only that much, since only our own texts are read. All of a text is escaped before anything becomes an element.
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Address = Callable[[str], str]

_INLINE = re.compile(
    r"`(?P<code>[^`]+)`|\*\*(?P<bold>.+?)\*\*|\*(?P<slanted>.+?)\*|\[(?P<text>[^\]]+)\]\((?P<to>[^)]+)\)"
)
_ITEM = re.compile(r"(?:- |\d+\. )")


def to_html(text: str, address: Address = str) -> Markup:
    """``address`` makes the address of a link from its target in the text."""
    blocks = (block for block in re.split(r"\n{2,}", text.strip()))
    return Markup("\n").join(_block(block.splitlines(), address) for block in blocks)


def _block(lines: list[str], address: Address) -> Markup:
    first = lines[0]
    if first.startswith("#"):
        level, _, title = first.partition(" ")
        return _element(f"h{len(level)}", _inline(title, address))
    if first.startswith("|"):
        return _table(lines, address)
    if first.startswith("> "):
        return _element("blockquote", _inline(" ".join(line.removeprefix("> ") for line in lines), address))
    if _ITEM.match(first):
        items = Markup("").join(_element("li", _inline(item, address)) for item in _items(lines))
        return _element("ul" if first.startswith("- ") else "ol", items)
    return _element("p", _inline(" ".join(lines), address))


def _items(lines: list[str]) -> Iterator[str]:
    """A line that begins no item goes on with the one before it."""
    count = 0
    numbered = [(count := count + bool(_ITEM.match(line)), line) for line in lines]
    for _, group in groupby(numbered, key=lambda each: each[0]):
        yield " ".join(
            _ITEM.sub("", line.strip(), count=1) if at == 0 else line.strip() for at, (_, line) in enumerate(group)
        )


def _table(lines: list[str], address: Address) -> Markup:
    head, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    heads = Markup("").join(Markup('<th scope="col">{}</th>').format(_inline(cell, address)) for cell in head)
    body = Markup("").join(
        _element("tr", Markup("").join(_element("td", _inline(cell, address)) for cell in row)) for row in rows
    )
    return _element("table", _element("thead", _element("tr", heads)) + _element("tbody", body))


def _inline(text: str, address: Address) -> Markup:
    pieces, end = [], 0
    for found in _INLINE.finditer(text):
        pieces += [escape(text[end : found.start()]), _marked(found, address)]
        end = found.end()
    return Markup("").join([*pieces, escape(text[end:])])


def _marked(found: re.Match[str], address: Address) -> Markup:
    if code := found["code"]:
        return _element("code", escape(code))
    if bold := found["bold"]:
        return _element("strong", _inline(bold, address))
    if slanted := found["slanted"]:
        return _element("em", _inline(slanted, address))
    return Markup('<a href="{}">{}</a>').format(address(found["to"]), _inline(found["text"], address))


def _element(name: str, inner: Markup) -> Markup:
    return Markup("<{0}>{1}</{0}>").format(name, inner)
