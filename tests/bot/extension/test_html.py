"""The markup of a message is read as its reader sees it."""

from __future__ import annotations

import pytest

from bot.extension.html import text_of_html


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<div><div>Call <b>01 99</b> 00 12 34</div></div>", "Call 01 99 00 12 34"),
        ("<p>201</p><p>202</p>", "201\n\n202"),
        ("<table><tr><td>20</td><td>1</td></tr></table>", "20\n\n1"),
        ("01&nbsp;99&nbsp;00", "01 99 00"),
        ("&lt;b&gt; &amp;amp;", "<b> &amp;"),
        ("<script>0199001234</script><style>a</style>x", "x"),
        ('<a href="tel:+33199001234" title="0199001234">write</a>', "write"),
        ("no markup at all", "no markup at all"),
        ("a < b <", "a < b <"),
        ("", ""),
    ],
)
def test_words_come_without_their_markup(markup: str, text: str) -> None:
    assert text_of_html(markup).strip() == text


def test_markup_that_never_ends_is_read_in_time() -> None:
    assert text_of_html("<b>" * 40_000 + "201" + "<" * 10_000).startswith("201")
