"""What a message says, without its markup.

The standard library's parser looks through the whole rest of the text again for each comment or tag that never ends: a
message of 64 KB that is made for it took twelve seconds. Here each character is looked at a few times at most, and what
does not end reaches to the end of the text, as in a browser (WHATWG HTML, 13.2.5).
"""

from __future__ import annotations

import re
from html import unescape

# These end a line, so that a number in one row of a table does not run into the next.
_BLOCKS = frozenset({"p", "div", "br", "li", "ul", "ol", "tr", "td", "th", "table", "pre", "blockquote", "hr"})
_BLOCKS |= {"h1", "h2", "h3", "h4", "h5", "h6", "attachment"}
# What stands in them is not shown, and is no markup either.
_UNREAD = frozenset({"script", "style", "title", "textarea", "template"})
# A tag may have ``>`` within quotes. Nothing that was matched is given back, or a tag without an end would be tried
# from each of its characters on.
_TAG = re.compile(r"""</?(?P<name>[A-Za-z][^\s/>]*+)(?:[^>"']|"[^"]*+"|'[^']*+')*+>""")
# Any other ``<`` is text.
_MARKUP = re.compile(r"<(?:[!?]|/?[A-Za-z])")


def text_of_html(markup: str) -> str:
    """The words of ``markup``, in which a block ends a line. What is no HTML comes back as it is, or in part."""
    read: list[str] = []
    place = 0
    while place < len(markup):
        found = _MARKUP.search(markup, place)
        end = found.start() if found else len(markup)
        # Teams writes spaces that do not break where several stand together.
        read.append(unescape(markup[place:end]).replace("\u00a0", " "))
        place = _after_markup(markup, end, read) if found else end
    return "".join(read)


def _after_markup(markup: str, place: int, read: list[str]) -> int:
    """Where the text goes on after the markup at a place."""
    if markup.startswith("<!--", place):
        return _after("-->", markup, place + 2)
    if markup.startswith(("<!", "<?"), place):
        return _after(">", markup, place)
    tag = _TAG.match(markup, place)
    if tag is None:
        return len(markup)
    name = tag["name"].lower()
    if name in _BLOCKS:
        read.append("\n")
    if name in _UNREAD and markup[place + 1] != "/":
        closing = re.compile(f"</{name}", re.IGNORECASE).search(markup, tag.end())
        return closing.start() if closing else len(markup)
    return tag.end()


def _after(end: str, markup: str, place: int) -> int:
    found = markup.find(end, place)
    return len(markup) if found < 0 else found + len(end)
