"""The installation guide names each permission that the product asks for, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from graph.permissions import PERMISSIONS, Kind

GUIDE = Path(__file__).parents[2] / "docs" / "entra-id.md"


def test_the_guide_names_every_permission_with_its_kind() -> None:
    table = GUIDE.read_text("utf-8").partition("<!-- permissions:")[2].partition("\n## ")[0]
    told = {}
    for row in table.splitlines():
        cells = [cell.strip() for cell in row.split("|")[1:-1]]
        for name in re.findall(r"`([A-Za-z.]+)`", cells[0]) if cells else []:
            told[name] = (cells[1].split(",")[0], "optional" in cells[1])
    assert told == {each.name: (each.kind.value, each.optional) for each in PERMISSIONS}
    assert {kind for kind, _ in told.values()} == {kind.value for kind in Kind}
