"""The markup of a message is read as its reader sees it."""

from __future__ import annotations

from time import perf_counter

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
        ("a<!-- 0199001234 <b> -->b", "ab"),
        ("a<!-->b", "ab"),
        ("<!doctype html><?xml?>a", "a"),
        ("<b title='>0199001234'>a</b>", "a"),
        ("<TEXTAREA>0199001234 </b></TextArea>a", "a"),
        ("no markup at all", "no markup at all"),
        ("a < b <", "a < b <"),
        ("", ""),
    ],
)
def test_words_come_without_their_markup(markup: str, text: str) -> None:
    assert text_of_html(markup).strip() == text


def test_markup_that_never_ends_is_read_in_time() -> None:
    assert text_of_html("<b>" * 40_000 + "201" + "<" * 10_000).startswith("201")


@pytest.mark.parametrize(
    "part", ["<", "<!--", "<!-->", "<!", "<?", "<a ", "<a b='", "<a b=\"'", "</", "</a ", "<title>", "&", "&#"]
)
def test_no_message_keeps_everybody_else_waiting(part: str) -> None:
    """The standard library's parser takes minutes for some of these."""
    markup = "201" + part * (256 * 1024 // len(part))
    begun = perf_counter()

    assert text_of_html(markup).startswith("201")

    assert perf_counter() - begun < 2
