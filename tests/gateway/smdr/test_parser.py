"""Lines as a MiVoice Business writes them, in each layout, and lines that are none.

The golden lines follow the examples of Mitel's help and lines of a real PBX with numbers blotted out (see
``gateway.smdr.layouts``); numbers are reserved for fiction.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.smdr.parser import BadLine, Parser, SmdrRecord
from tests.gateway.smdr.writing import LAYOUTS, LEVEL_1, LEVEL_2, line


def read(text: str) -> SmdrRecord:
    return Parser().read(text)


def test_an_outgoing_call_in_the_standard_layout() -> None:
    record = read("-06/13 11:42p 00:08:29 214       01632960001               A T054                   000  ")
    assert (record.month, record.day, record.hour, record.minute, record.second) == (6, 13, 11, 42, None)
    assert (record.long_call, record.half, record.duration) == ("-", "p", 8 * 60 + 29)
    assert (record.calling, record.digits, record.called) == ("214", "01632960001", "T054")
    assert (record.completion, record.time_to_answer, record.third) == ("A", None, "")


def test_an_incoming_call_in_the_standard_layout() -> None:
    record = read(" 01/30 03:10P 00:02:22 T102  008 201                         201                    000")
    assert (record.half, record.duration, record.time_to_answer) == ("p", 142, 8)
    assert (record.calling, record.digits, record.called) == ("T102", "201", "201")


def test_the_attendant_answers_in_place_of_somebody() -> None:
    record = read(" 04/15 01:42P 00:00:31 T090 *009                             ATT2                    000  ")
    assert (record.attendant, record.time_to_answer, record.called) == (True, 9, "ATT2")


def test_a_call_between_two_stations_with_digits_of_hours_in_four() -> None:
    record = read("%02/04 13:13:16  0000:16:38 7411    0003 7406                      I 7406          ")
    assert (record.long_call, record.second, record.duration) == ("%", 16, 998)
    assert (record.calling, record.time_to_answer, record.called) == ("7411", 3, "7406")
    assert record.completion == "I"


def test_a_transfer_in_the_layout_of_207_characters() -> None:
    text = (
        " 03/05 16:47:52  0000:00:43         0007 9000                        9000           T 9025                 001"
        "   0199001234           9000               C0097299 A"
    ).ljust(207)
    record = read(text)
    assert (record.called, record.joining, record.third) == ("9000", "T", "9025")
    assert (record.ani, record.dnis, record.time_to_answer) == ("0199001234", "9000", 7)


def test_nobody_answered() -> None:
    text = (
        " 03/05 15:42:46  0000:00:06         **** 9025                        9025                                  001"
    )
    record = read(text)
    assert (record.unanswered, record.time_to_answer, record.attendant) == (True, None, False)


def test_a_wrong_number_from_outside() -> None:
    record = read(" 02/04 13:31:36  0000:00:00 T3      **** 94163759                  E            ")
    assert (record.calling, record.digits, record.completion, record.called) == ("T3", "94163759", "E", "")


@pytest.mark.parametrize(
    ("dialled", "digits"),
    [
        ("8133 8024", "8024"),  # the calling party's own number first, as in a network
        ("0199001234           00000", "0199001234"),  # with meter pulses
        ("01990012345678901234567890", "01990012345678901234567890"),  # as many as there is room for
        ("*67 withheld", "*67"),
        ("private", ""),
    ],
)
def test_digits_dialled(dialled: str, digits: str) -> None:
    assert read(line(LAYOUTS[101], calling="8133", digits=dialled, completion="A", called="T3")).digits == digits


@pytest.mark.parametrize("length", LAYOUTS)
def test_every_layout_tells_the_same(length: int) -> None:
    layout = LAYOUTS[length]
    assert len(layout) == length
    texts = {"calling": "T12", "answer": " 007", "digits": "201", "called": "201", "joining": "T", "third": "205"}
    caller = {"ani": "0199001234", "dnis": "201"} if "A" in layout else {}
    record = read(line(layout, long_call="+", duration="01:00:09", **texts, **caller))
    assert (record.long_call, record.duration, record.calling) == ("+", 3609, "T12")
    assert (record.time_to_answer, record.digits, record.called) == (7, "201", "201")
    assert (record.joining, record.third) == ("T", "205")
    assert (record.ani, record.dnis) == (caller.get("ani", ""), caller.get("dnis", ""))


@pytest.mark.parametrize("length", [90, 101, 112, 120])
def test_a_call_that_nobody_took_has_no_duration_and_the_length_tells_the_layout(length: int) -> None:
    record = read(line(LAYOUTS[length], duration="", calling="9025", digits="0199001234"))
    assert (record.duration, record.calling, record.digits) == (None, "9025", "0199001234")


@pytest.mark.parametrize("layout", [LEVEL_1, LEVEL_2])
def test_without_duration_and_known_length_the_line_before_tells_the_layout(layout: str) -> None:
    parser = Parser()
    parser.read(line(layout, calling="9025", digits="0199001234"))
    record = parser.read(line(layout, duration="", calling="9025", digits="0199001234", ani="9029"))
    assert (record.duration, record.calling, record.ani) == (None, "9025", "9029")


def test_blanks_at_both_ends_may_be_missing() -> None:
    whole = line(LAYOUTS[90], calling="214", digits="01632960001", called="T054")
    assert read(whole.strip()).called == "T054"
    short = line(LAYOUTS[90], duration="", calling="214", digits="01632960001", called="T054", system="001")
    assert read(short[1:]).calling == "214"


def test_the_account_code_is_kept_nowhere_but_in_the_line() -> None:
    record = read(line(LAYOUTS[90], calling="214", called="T054", account="271828"))
    told = {name: getattr(record, name) for name in SmdrRecord.__slots__ if name != "text"}
    assert "271828" not in str(told)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "begin"),
        ("MITEL SMDR 1752", "begin"),
        (" 13/05 13:14  00:01:12 201       ", "date"),
        (" 02/30 13:14  00:01:12 201       ", "date"),
        (" 03/05 24:14  00:01:12 201       ", "time of day"),
        (" 03/05 13:60  00:01:12 201       ", "time of day"),
        (" 03/05 13:14  0:01:12  201       ", "duration"),
        (" 03/05 13:14  00:01:12 Anne      ", "party"),
        (" 03/05 13:14  00:01:12", "no party"),
        (" 03/05 13:14 ", "no party"),
    ],
)
def test_a_line_that_is_no_record_is_refused_and_never_quoted(text: str, why: str) -> None:
    with pytest.raises(BadLine, match=why) as told:
        read(text)
    assert "201" not in str(told.value)


_NUMBERS = st.text("0123456789*#", min_size=1, max_size=4)
_PARTIES = _NUMBERS | st.from_regex(r"[TX]\d{1,3}", fullmatch=True) | st.just("ATT1") | st.just("")


@given(
    layout=st.sampled_from([*LAYOUTS.values()]),
    calling=_NUMBERS,
    called=_PARTIES,
    third=_PARTIES,
    digits=st.text("0123456789", max_size=20),
    duration=st.tuples(st.integers(0, 99), st.integers(0, 99), st.integers(0, 99)),
    answer=st.sampled_from(["", " 000", " 999", "*012", " ***", "****", "0012"]),
    marks=st.tuples(st.sampled_from(" ABETI"), st.sampled_from(" SF"), st.sampled_from(" TXC")),
    start=st.sampled_from(["00:00", "12:59p", "09:05P", "11:11a", "23:59"]),
)
def test_what_is_written_is_read(  # noqa: PLR0917 - the fields of a line
    layout: str,
    calling: str,
    called: str,
    third: str,
    digits: str,
    duration: tuple[int, int, int],
    answer: str,
    marks: tuple[str, str, str],
    start: str,
) -> None:
    hours, minutes, seconds = duration
    texts = {"completion": marks[0], "forwarding": marks[1], "joining": marks[2], "called": called, "third": third}
    record = read(
        line(
            layout,
            start=start,
            calling=calling,
            digits=digits,
            answer=answer,
            duration=f"{hours:02}:{minutes:02}:{seconds:02}",
            **texts,
        )
    )
    assert (record.calling, record.called, record.third) == (calling, called, third)
    assert (record.completion, record.forwarding, record.joining) == tuple(mark.strip() for mark in marks)
    assert record.digits == digits
    assert record.duration == hours * 3600 + minutes * 60 + seconds
    assert (record.hour, record.minute) == (int(start[:2]), int(start[3:5]))


@given(st.text(max_size=250) | st.from_regex(r"[ %+-]?\d\d/\d\d \d\d:\d\d[ap ]? .{0,200}"))
def test_no_line_breaks_the_parser(text: str) -> None:
    parser = Parser()
    for _ in range(2):
        try:
            record = parser.read(text)
        except BadLine:
            continue
        assert record.text == text
