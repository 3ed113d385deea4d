"""From the text of a filter to its tree, by recursive descent."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from cloudlink.service.api.odata.syntax import BadFilter, Both, Comparison, Either, Node, Not, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST = 2000
DEEPEST = 20
MOST_COMPARISONS = 50

_COMPARISONS = frozenset({"eq", "ne", "gt", "ge", "lt", "le"})
_FUNCTIONS = frozenset({"contains", "startswith", "endswith"})
_CONSTANTS: dict[str, Value] = {"true": True, "false": False, "null": None}
_TURNED = {"eq": "eq", "ne": "ne", "gt": "lt", "ge": "le", "lt": "gt", "le": "ge"}
_TOKEN = re.compile(
    r"""\s*(?:
      (?P<string>'(?:[^']|'')*')
    | (?P<time>\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)?)?)
    | (?P<number>-?\d{1,15}(?:\.\d{1,15})?)
    | (?P<word>[A-Za-z_][A-Za-z0-9_/]*)
    | (?P<sign>[(),])
    )""",
    re.VERBOSE | re.ASCII,
)


class _Token(NamedTuple):
    kind: str
    text: str


_END = _Token("end", "")


def parse(text: str) -> Node:
    """Raises ``BadFilter`` for what is no filter, is longer than ``LONGEST`` or nests deeper than ``DEEPEST``."""
    if len(text) > LONGEST:
        raise BadFilter(f"longer than {LONGEST} characters")
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1]
    return _Parser(list(_tokens(text))).whole()


def _tokens(text: str) -> Iterator[_Token]:
    place = 0
    text = text.rstrip()
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None or found.lastgroup is None:
            raise BadFilter(f"character {place + 1} begins nothing that a filter may hold")
        yield _Token(found.lastgroup, found[found.lastgroup])
        place = found.end()


class _Parser:
    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._place = 0
        self._comparisons = 0

    def whole(self) -> Node:
        node = self._either(DEEPEST)
        if self._peek() is not _END:
            raise BadFilter("more than one condition without and, or")
        return node

    def _either(self, depth: int) -> Node:
        nodes = [self._both(depth)]
        while self._take_word("or"):
            nodes.append(self._both(depth))
        return nodes[0] if len(nodes) == 1 else Either(tuple(nodes))

    def _both(self, depth: int) -> Node:
        nodes = [self._one(depth)]
        while self._take_word("and"):
            nodes.append(self._one(depth))
        if len(nodes) == 1:
            return nodes[0]
        # Parentheses around an ``and`` within an ``and`` say nothing.
        return Both(tuple(part for node in nodes for part in (node.nodes if isinstance(node, Both) else (node,))))

    def _one(self, depth: int) -> Node:
        if depth == 0:
            raise BadFilter(f"nests deeper than {DEEPEST}")
        if self._take_word("not"):
            return Not(self._one(depth - 1))
        if self._take("("):
            node = self._either(depth - 1)
            self._expect(")")
            return node
        self._comparisons += 1
        if self._comparisons > MOST_COMPARISONS:
            raise BadFilter(f"more than {MOST_COMPARISONS} comparisons")
        return self._comparison()

    def _comparison(self) -> Comparison:
        first = self._next()
        if first.kind == "word" and first.text in _FUNCTIONS and self._take("("):
            return self._function(first.text)
        if _is_field(first):
            return Comparison(first.text, self._operator(), _value(self._next()))
        value, operator, field = _value(first), self._operator(), self._next()
        if not _is_field(field):
            raise BadFilter("a comparison names no field")
        return Comparison(field.text, _TURNED[operator], value)

    def _function(self, name: str) -> Comparison:
        field = self._next()
        if not _is_field(field):
            raise BadFilter(f"{name} begins with a field")
        self._expect(",")
        value = _value(self._next())
        if not isinstance(value, str):
            raise BadFilter(f"{name} looks for a string")
        self._expect(")")
        # OData spells its answer out at times: contains(...) eq true.
        if self._take_word("eq") and not self._take_word("true"):
            raise BadFilter(f"{name} is compared with true alone")
        return Comparison(field.text, name, value)

    def _operator(self) -> str:
        token = self._next()
        if token.kind != "word" or token.text not in _COMPARISONS:
            raise BadFilter("a field is followed by eq, ne, gt, ge, lt or le")
        return token.text

    def _peek(self) -> _Token:
        return self._tokens[self._place] if self._place < len(self._tokens) else _END

    def _next(self) -> _Token:
        token = self._peek()
        self._place += 1
        return token

    def _take(self, text: str) -> bool:
        if self._peek() != ("sign", text):
            return False
        self._place += 1
        return True

    def _take_word(self, text: str) -> bool:
        if self._peek() != ("word", text):
            return False
        self._place += 1
        return True

    def _expect(self, text: str) -> None:
        if not self._take(text):
            raise BadFilter(f"a {text} is missing")


def _is_field(token: _Token) -> bool:
    return token.kind == "word" and token.text not in _CONSTANTS


def _value(token: _Token) -> Value:
    match token.kind:
        case "string":
            return token.text[1:-1].replace("''", "'")
        case "number":
            return float(token.text) if "." in token.text else int(token.text)
        case "time":
            return time_of(token.text)
        case "word" if token.text in _CONSTANTS:
            return _CONSTANTS[token.text]
    raise BadFilter("a value is missing")


def time_of(text: str) -> datetime:
    """A time of ISO 8601; without an offset it is UTC. Raises ``BadFilter``."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadFilter("a time is not in ISO 8601") from None
