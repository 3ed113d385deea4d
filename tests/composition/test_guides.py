"""The guides name only what is there: commands, settings, pages, buttons, and what the bot understands.

In them, **bold** is what Mitel Assistant shows, `code` what somebody types, *slanted* what Microsoft's portals show.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from aiohttp import ClientSession
from babel.messages.pofile import read_po

from app import main
from bot.commands import understand
from composition.server import Server
from composition.settings import ServerSettings
from i18n.catalogues import LOCALES

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
KINDS = ("admin-guide", "user-guide")
GUIDES = [f"{kind}.{language}.md" for kind in KINDS for language in ("en", "fr")]
PAGES = ["README.md", "docs/entra-id.md", "docs/gateway.md", *(f"docs/{guide}" for guide in GUIDES)]

_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def text_of(guide: str) -> str:
    return (DOCS / guide).read_text("utf-8")


def prose(text: str) -> str:
    """Without what stands between fences; a line break is a space."""
    return re.sub(r"\s+", " ", _FENCED.sub("", text))


def typed(text: str) -> list[str]:
    """What somebody types: in the text, and line by line between fences."""
    fenced = [line for block in _FENCED.findall(text) for line in block.splitlines()[1:-1] if line.strip()]
    return [*re.findall(r"`([^`]+)`", prose(text)), *fenced]


def headings(text: str) -> Iterator[tuple[int, str]]:
    for line in _FENCED.sub("", text).splitlines():
        if found := re.match(r"(#+) (.+)", line):
            yield len(found[1]), found[2]


def anchor(heading: str) -> str:
    """As GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def shown(language: str) -> set[str]:
    """Every sentence of the product in that language, spaces alike."""
    with (LOCALES / "fr" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        messages = [message for message in read_po(file) if message.id]
    texts = (message.id if language == "en" else message.string for message in messages)
    return {" ".join(each.split()) for text in texts for each in ([text] if isinstance(text, str) else text or ())}


@pytest.mark.parametrize("kind", KINDS)
def test_both_languages_have_the_same_headings(kind: str) -> None:
    english, french = (list(headings(text_of(f"{kind}.{language}.md"))) for language in ("en", "fr"))
    assert [level for level, _ in english] == [level for level, _ in french]
    numbers = [[re.match(r"\d*", title)[0] for _, title in each] for each in (english, french)]  # type: ignore[index]
    assert numbers[0] == numbers[1]


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    path = ROOT / page
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", path.read_text("utf-8")):
        name, _, part = target.partition("#")
        other = (path.parent / name).resolve() if name else path
        assert other.exists(), target
        if part:
            assert part in {anchor(title) for _, title in headings(other.read_text("utf-8"))}, target


@pytest.mark.parametrize("guide", GUIDES)
def test_what_is_in_bold_is_a_sentence_of_the_product(guide: str) -> None:
    _, language, _ = guide.split(".")
    sentences = shown(language)
    bold = re.findall(r"\*\*(.+?)\*\*", prose(text_of(guide)))
    assert bold
    assert [each for each in bold if " ".join(each.split()) not in sentences] == []


@pytest.mark.parametrize("guide", [guide for guide in GUIDES if guide.startswith("user")])
def test_the_bot_understands_what_users_are_told_to_write(guide: str) -> None:
    written = [each for each in typed(text_of(guide)) if not re.search(r"[/.<]", each)]
    assert written
    assert [each for each in written if understand(each) is None] == []


@pytest.mark.parametrize("guide", GUIDES)
def test_every_setting_exists(guide: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["settings"]) == 0
    known = set(re.findall(r"^\| `(\w+)`", capsys.readouterr().out, re.MULTILINE))
    named = {found[1] for each in typed(text_of(guide)) if (found := re.fullmatch(r"([A-Z][A-Z_]{3,})(=.*)?", each))}
    assert named <= known
    assert bool(named) == guide.startswith("admin")


@pytest.mark.parametrize("guide", GUIDES)
def test_every_command_exists(guide: str, capsys: pytest.CaptureFixture[str]) -> None:
    for line in typed(text_of(guide)):
        for command, rest in re.findall(r"app\.py ([a-z-]+)([^`]*)", line):
            with pytest.raises(SystemExit) as ended:
                main([command, "--help"])
            assert ended.value.code == 0, line
            said = capsys.readouterr().out
            assert [option for option in re.findall(r"--[a-z-]+", rest) if option not in said] == []
        for target in re.findall(r"^make (\w+)$", line):
            assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE), line


@pytest.mark.parametrize("guide", [guide for guide in GUIDES if guide.startswith("admin")])
async def test_every_page_of_the_server_is_served(guide: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    paths = set(re.findall(r"https://<\w+ \w+>(/[\w/-]+)", prose(text_of(guide))))
    assert {"/api/messages", "/readyz", "/console"} <= paths
    settings = ServerSettings(database_url=f"sqlite:///{tmp_path}/store.db", host="127.0.0.1", port=0)
    async with Server(settings, unauthenticated=True) as server, ClientSession() as http:
        await server.opened()
        for path in paths:
            async with http.get(f"http://127.0.0.1:{server.port}{path}") as answer:
                assert answer.status != 404, path
