"""Whatever the services write into the audit log, the console has a sentence for."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import cloudlink.service
from tabs.console.audit_sentences import ACTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

_ACTION = re.compile(r"[a-z][A-Za-z]*\.[a-z][A-Za-z]*")


def recorded() -> set[str]:
    """The actions in calls of ``record`` and its like, and in tables named ``_ACTIONS``."""
    (folder,) = cloudlink.service.__path__
    return {action for path in Path(folder).rglob("*.py") for action in _of(ast.parse(path.read_text("utf-8")))}


def _of(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        match node:
            case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name), args=values) if name.endswith("record"):
                pass
            case ast.Assign(targets=[ast.Name(id="_ACTIONS")], value=ast.Dict(values=values)):
                pass
            case _:
                continue
        for value in values:
            match value:
                case ast.Constant(value=str(text)) if _ACTION.fullmatch(text):
                    yield text


def test_every_action_has_its_sentence() -> None:
    actions = recorded()
    assert {"user.created", "account.deleted", "import.started", "user.invited"} <= actions, "the search finds them"
    assert actions - ACTIONS.keys() == set()
