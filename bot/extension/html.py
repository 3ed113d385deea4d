"""What a message says, without its markup."""

from __future__ import annotations

from html.parser import HTMLParser

# These end a line, so that a number in one row of a table does not run into the next.
_BLOCKS = frozenset({"p", "div", "br", "li", "ul", "ol", "tr", "td", "th", "table", "pre", "blockquote", "hr"})
_BLOCKS |= {"h1", "h2", "h3", "h4", "h5", "h6", "attachment"}
_UNREAD = frozenset({"script", "style", "title", "textarea", "template"})


def text_of_html(markup: str) -> str:
    """The words of ``markup``, in which a block ends a line. What is no HTML comes back as it is, or in part."""
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    return "".join(reader.read)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.read: list[str] = []
        self._unread = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unread += tag in _UNREAD
        self._end_line(tag)

    def handle_endtag(self, tag: str) -> None:
        self._unread = max(0, self._unread - (tag in _UNREAD))
        self._end_line(tag)

    def handle_data(self, data: str) -> None:
        if not self._unread:
            # Teams writes spaces that do not break where several stand together.
            self.read.append(data.replace("\u00a0", " "))

    def _end_line(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.read.append("\n")
