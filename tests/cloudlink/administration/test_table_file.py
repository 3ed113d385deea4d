"""A file of users as the world writes them: encodings, separators, headers, and what is no table at all."""

from __future__ import annotations

import pytest

from cloudlink.administration.imports import FileFault, UnreadableFile
from cloudlink.administration.refusals import Reason
from cloudlink.service.administration.table_file import MAX_LINES, TableFile
from cloudlink.service.administration.table_words import HEADERS

ZOE = {"given_name": "Zoë", "family_name": "Exämple", "email": "zoe@example.com"}
HEADER = "first name,last name,email\n"


def values(content: bytes) -> list[dict[str, str]]:
    return [dict(line.values) for line in TableFile(content).lines()]


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8-sig"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-be", "utf-16"),
        ("cp1252", "cp1252"),
    ],
)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_encoding_and_separator_are_found_out(encoding: str, found: str, separator: str) -> None:
    text = separator.join(["Prénom", "Nom", "E-mail"]) + "\r\n" + separator.join(ZOE.values()) + "\r\n"
    content = ("\ufeff" if encoding == "utf-16-be" else "").encode(encoding) + text.encode(encoding)
    table = TableFile(content)
    assert table.encoding == found
    assert [dict(line.values) for line in table.lines()] == [ZOE]


@pytest.mark.parametrize("header", [header for headers in HEADERS.values() for header in headers])
def test_every_header_is_understood_in_any_case(header: str) -> None:
    (name,) = [name for name, headers in HEADERS.items() if header in headers]
    table = {**dict.fromkeys(("given_name", "family_name", "email"), "x"), name: "y"}
    headers = [header.upper() if column == name else column for column in table]
    assert values(f"{','.join(headers)}\n{','.join(table.values())}".encode()) == [table]


def test_excels_own_first_line_names_the_separator() -> None:
    assert values(b"sep=|\r\nfirst name|last name|email\r\nA|B|a@example.com\r\n") == [
        {"given_name": "A", "family_name": "B", "email": "a@example.com"}
    ]


def test_lines_are_counted_as_a_spreadsheet_does() -> None:
    content = HEADER.replace("\n", ",note\n") + 'A,B,a@example.com,"two\nlines"\n\n,,,\nC,D,c@example.com,\n'
    lines = list(TableFile(content.encode()).lines())
    assert [(line.number, line.values["given_name"]) for line in lines] == [(2, "A"), (5, "C")]


def test_a_line_has_as_many_fields_as_the_header() -> None:
    content = (
        HEADER.replace("\n", ",mobile\n") + "A,B\nA,B,a@example.com\nA,B,a@example.com,,,\nJr, John,B,a@example.com,1\n"
    )
    lines = list(TableFile(content.encode()).lines())
    assert [line.reason for line in lines] == [Reason.TOO_FEW_FIELDS, None, None, Reason.TOO_MANY_FIELDS]


def test_what_a_report_made_harmless_is_as_it_was() -> None:
    content = HEADER.replace("\n", ",mobile\n") + "A,B,a@example.com,'+33612345678\n'Ana,B,b@example.com,\n"
    first, second = values(content.encode())
    assert (first["mobile"], second["given_name"]) == ("+33612345678", "'Ana")


@pytest.mark.parametrize(
    ("content", "fault", "detail"),
    [
        (b"", FileFault.EMPTY, ""),
        (b"\xef\xbb\xbf \r\n", FileFault.EMPTY, ""),
        (b"PK\x03\x04 a workbook", FileFault.WORKBOOK, ""),
        (b"\xd0\xcf\x11\xe0 an older one", FileFault.WORKBOOK, ""),
        (b"first name,last name\nA,B\n", FileFault.MISSING_COLUMN, "email"),
        (b"A,B,a@example.com\n", FileFault.MISSING_COLUMN, "given_name"),
        (b"first name,surname,nom,email\n", FileFault.REPEATED_COLUMN, "family_name"),
        (HEADER.encode() + b'A,"B,a@example.com\n', FileFault.QUOTING, "2"),
        (HEADER.encode() + b'A,"B"x,a@example.com\n', FileFault.QUOTING, "2"),
        (HEADER.encode() + b"A,B\0,a@example.com\n", FileFault.ENCODING, ""),
        (HEADER.encode() + b"\x81\x8d\x9d,B,a@example.com\n", FileFault.ENCODING, ""),
        (b"\xff\xfea", FileFault.ENCODING, ""),
        (HEADER.encode() + b'A,B,"' + b"x" * 200_000 + b'"\n', FileFault.QUOTING, "2"),
        (HEADER.encode() + b"A,B,a@example.com\n" * (MAX_LINES + 1), FileFault.TOO_MANY_LINES, "100000"),
        (b"x" * (20 * 1024 * 1024 + 1), FileFault.TOO_LARGE, "20971520"),
    ],
    ids=lambda value: value[:20] if isinstance(value, (bytes, str)) else None,
)
def test_what_is_no_table_of_users_is_said_by_cause(content: bytes, fault: FileFault, detail: str) -> None:
    with pytest.raises(UnreadableFile) as caught:
        values(content)
    assert (caught.value.fault, caught.value.detail) == (fault, detail)
