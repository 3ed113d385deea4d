"""What a ``$filter`` on call records asks.

The lists that the call log has an index for are recognised, so that they cost as there. Anything else is looked for in
``records`` call by call. ``principal`` narrows the whole filter: below ``or`` and ``not`` it is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cloudlink.model import Direction
from cloudlink.port import CallKind
from cloudlink.service.api.errors import BadRequest
from cloudlink.service.api.odata.parser import parse
from cloudlink.service.api.odata.syntax import BadFilter, Both, Comparison, Either, Node, Not, conjuncts

if TYPE_CHECKING:
    from collections.abc import Sequence

_INBOUND = Comparison("direction", "eq", Direction.INBOUND.value)
_OUTBOUND = Comparison("direction", "eq", Direction.OUTBOUND.value)
_UNANSWERED = (Comparison("completed", "eq", False), Comparison("completed", "ne", True), Not(
    Comparison("completed", "eq", True)
))  # fmt: skip
_KINDS: dict[frozenset[Node], CallKind] = {
    frozenset(): CallKind.ALL,
    frozenset({_INBOUND}): CallKind.INCOMING,
    frozenset({_OUTBOUND}): CallKind.OUTGOING,
    **{frozenset({_INBOUND, unanswered}): CallKind.MISSED for unanswered in _UNANSWERED},
}


@dataclass(frozen=True, slots=True)
class Question:
    """Which records: of a principal, of one call, in a list of the call log (``kind``), and what else must be true.

    ``kind`` is ``None`` when ``rest`` is none of the lists.
    """

    principal_id: str | None = None
    call_id: str | None = None
    kind: CallKind | None = CallKind.ALL
    rest: tuple[Node, ...] = ()


def read(text: str | None) -> Question:
    """The question of a filter, or of none. Raises ``BadRequest``."""
    try:
        return _question(conjuncts(parse(text)) if text and text.strip() else ())
    except BadFilter as error:
        raise BadRequest(f"$filter: {error}") from None


def _question(parts: Sequence[Node]) -> Question:
    principals = {_id(part) for part in parts if _names(part, "principal")}
    calls = {_id(part) for part in parts if _names(part, "callId")}
    if len(principals) > 1 or len(calls) > 1:
        raise BadFilter("principal and callId each name one thing")
    rest = tuple(part for part in parts if not (_names(part, "principal") or _names(part, "callId")))
    if any(_mentions(part, "principal") for part in rest):
        raise BadFilter("principal is asked for by contains or eq, outside of or and not")
    kind = _KINDS.get(frozenset(rest))
    return Question(next(iter(principals), None), next(iter(calls), None), kind, () if kind else rest)


def _names(node: Node, field: str) -> bool:
    operators = {"eq", "contains"} if field == "principal" else {"eq"}
    return isinstance(node, Comparison) and node.field == field and node.operator in operators


def _id(node: Node) -> str:
    if not isinstance(node, Comparison) or not isinstance(node.value, str) or not node.value:
        raise BadFilter("principal and callId are strings")
    return node.value


def _mentions(node: Node, name: str) -> bool:
    match node:
        case Comparison():
            return node.field == name
        case Not(of):
            return _mentions(of, name)
        case Both(nodes) | Either(nodes):
            return any(_mentions(part, name) for part in nodes)
