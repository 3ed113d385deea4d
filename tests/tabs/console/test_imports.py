"""Users from a file over HTTP: preview, run, report."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest
from aiohttp import FormData

if TYPE_CHECKING:
    from cloudlink.service.administration.imports import ImportService
    from tests.tabs.console.conftest import Answer, Browser, People

GOOD = (
    "First name;Last name;Email;Extension\n"
    "Anna;Example;anna@example.com;301\n"
    "Bert;Example;bert@example.com;302\n"
    "=cmd();Example;not an address;303\n"
    "Dora;Again;desk@example.com;304\n"
)


async def uploaded(browser: Browser, people: People, content: bytes, name: str = "users.csv") -> Answer:
    path = f"/console/accounts/{people.customer}/imports"
    page = await browser.get(path)
    form = FormData()
    for field, value in page.hidden.items():
        form.add_field(field, value)
    form.add_field("file", io.BytesIO(content), filename=name, content_type="text/csv")
    return await browser.post(path, form)


async def test_a_file_is_previewed_started_and_reported(admin: Browser, people: People, imports: ImportService) -> None:
    preview = await uploaded(admin, people, GOOD.encode())
    assert "4 lines hold a user." in preview.words
    assert "2 lines are refused." in preview.words
    assert "anna@example.com" in preview.words
    assert "4 =cmd(), Example, not an address" in preview.words
    assert "E-mail address: This is not an e-mail address." in preview.words
    assert "E-mail address: Somebody in this account has this already." in preview.words
    assert "2 users" in (await admin.get(f"/console/accounts/{people.customer}/users")).words, "nothing is made yet"

    started = await admin.post(preview.path + "/start", {"csrf": preview.csrf, "invite": "on"})
    assert "The import has begun" in started.words
    assert "data-progress" in started.text
    assert '<meta http-equiv="refresh"' in started.text
    again = await admin.post(preview.path + "/start", {"csrf": preview.csrf})
    assert again.path == preview.path, "twice is harmless"
    await imports.run_pending()
    done = await admin.get(preview.path)
    assert "2 users are made." in done.words
    assert "Lines done: 4 of 4" in done.words
    assert "data-progress " not in done.text
    assert "4 users" in (await admin.get(f"/console/accounts/{people.customer}/users")).words


async def test_the_report_is_harmless_in_a_spreadsheet_and_can_be_uploaded_again(
    admin: Browser, people: People
) -> None:
    preview = await uploaded(admin, people, GOOD.encode())
    report = await admin.get(f"{preview.path}/report.csv")
    assert report.headers["Content-Disposition"].startswith('attachment; filename="refused-')
    assert report.text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(report.text.removeprefix("\ufeff"))))
    assert rows[0][:5] == ["Line", "Reason", "First name", "Last name", "E-mail address"]
    assert [row[0] for row in rows[1:]] == ["4", "5"]
    assert rows[1][2] == "'=cmd()"
    corrected = report.text.replace("not an address", "carl@example.com")
    again = await uploaded(admin, people, corrected.encode("utf-8"))
    assert "2 lines hold a user." in again.words
    assert "1 line is refused." in again.words
    assert "=cmd()" in again.words


async def test_a_report_of_more_lines_than_a_page_has_them_all(admin: Browser, people: People) -> None:
    lines = "".join(f"Anna;Example {n};wrong\n" for n in range(450))
    preview = await uploaded(admin, people, ("First name;Last name;Email\n" + lines).encode())
    assert "Next page" in preview.words
    second = await admin.get(f"{preview.path}?after=101")
    assert "Example 100," in second.words
    assert "Example 99," not in second.words
    report = await admin.get(f"{preview.path}/report.csv")
    assert len(report.text.splitlines()) == 451


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty."),
        (b"PK\x03\x04 a workbook", "Save it as CSV"),
        (b"First name;Last name\nA;B\n", "The header has no column “E-mail address”."),
        (b"First name;Last name;Email;E-mail\n", "has the column “E-mail address” twice"),
    ],
)
async def test_what_is_no_table_of_users_is_told(admin: Browser, people: People, content: bytes, sentence: str) -> None:
    refused = await uploaded(admin, people, content)
    assert refused.status == 400
    assert sentence in refused.alert


async def test_a_file_in_an_old_encoding_is_read_with_a_warning(admin: Browser, people: People) -> None:
    preview = await uploaded(admin, people, "Prénom;Nom;E-mail\nZoé;Exemple;zoe@example.com\n".encode("cp1252"))
    assert "Zoé" in preview.words
    assert "not in Unicode" in preview.words


async def test_a_file_that_is_too_large_is_refused(admin: Browser, people: People) -> None:
    refused = await uploaded(admin, people, b"x" * (20 * 1024 * 1024 + 1))
    assert refused.status == 413
    assert "20 MB" in refused.words


async def test_a_form_without_a_file_asks_for_one(admin: Browser, people: People) -> None:
    path = f"/console/accounts/{people.customer}/imports"
    csrf = (await admin.get(path)).csrf
    form = FormData({"csrf": csrf})
    form.add_field("file", b"", filename="")
    refused = await admin.post(path, form)
    assert refused.status == 400
    assert "Please choose a file." in refused.alert


@pytest.mark.parametrize("body", [b"", b"--x\r\n\r\n", b"\xff" * 100])
async def test_a_broken_upload_is_a_page(admin: Browser, people: People, body: bytes) -> None:
    path = f"/console/accounts/{people.customer}/imports"
    answer = await admin.post(path, body, Content_Type="multipart/form-data; boundary=x")
    assert answer.status in {400, 403}
    assert "Go back and try again" in answer.words
