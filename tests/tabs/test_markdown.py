"""The guides' Markdown becomes HTML, and nothing in it is taken for HTML."""

from __future__ import annotations

import pytest

from tabs.markdown import to_html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("## Sign in", "<h2>Sign in</h2>"),
        ("One\ntwo.", "<p>One two.</p>"),
        ("- a\n  b\n- c", "<ul><li>a b</li><li>c</li></ul>"),
        ("1. a\n2. b", "<ol><li>a</li><li>b</li></ol>"),
        ("> You should\nsee", "<blockquote>You should see</blockquote>"),
        ("**Call** *Settings* `call 201`", "<p><strong>Call</strong> <em>Settings</em> <code>call 201</code></p>"),
        ("[English](user-guide.en.md)", '<p><a href="/user-guide.en.md">English</a></p>'),
        (
            "| a | b |\n| --- | --- |\n| `c` | d |",
            '<table><thead><tr><th scope="col">a</th><th scope="col">b</th></tr></thead>'
            "<tbody><tr><td><code>c</code></td><td>d</td></tr></tbody></table>",
        ),
        ("<script> & **<b>**", "<p>&lt;script&gt; &amp; <strong>&lt;b&gt;</strong></p>"),
        ('[x](" onclick=")', '<p><a href="/&#34; onclick=&#34;">x</a></p>'),
        ("# A\n\nB", "<h1>A</h1>\n<p>B</p>"),
    ],
)
def test_each_form_of_a_text(text: str, html: str) -> None:
    assert str(to_html(text, lambda target: f"/{target}")) == html
