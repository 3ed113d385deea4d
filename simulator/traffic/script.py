"""Scripts: one line a happening, played one after the other.

::

    # somebody calls, is answered, held for two seconds, and hangs up
    call +33199001234 "Supplier" -> $me; ring 3; answer; talk 4; hold 2; retrieve; talk 1; clear far
    call $me -> +442079460123; ring 2; answer; talk 5; clear
    call anonymous -> $me; ring 4; clear far
    wait 2
    forward $me -> $colleague
    dnd $me on

Features: ``forward N -> M`` (always), ``forward busy N -> M``, ``forward noanswer N -> M``, each ended by an empty M;
``dnd N on``, ``message N on`` (waiting), ``callwaiting N on``, ``offering on`` (an OfferedEvent before each ringing);
``off`` ends them.

A call's steps, divided by ``;``, seconds after those that last:

=====================  ===============================================================================
``ring S``             it rings (an outsider's telephone begins to)
``answer [N]``         whoever is called answers, in a group that rings the first one or N
``talk S``             nothing happens for a while
``hold S``             the extension holds; ``retrieve`` ends that
``divert N``           what rings goes to N; ``pickup N``: N takes it
``noanswer``           what rings goes to where that extension forwards what it does not answer
``hunt``               of a group that hunts, the next member rings
``serve``              of a queue, a member rings
``transfer N``         hold, ring N, N answers, both are connected; ``conference N``: all three are
``early N``            the same, but both are connected while N still rings
``blind N``            the other party is sent on to N in one step
``waiting N``          N calls meanwhile, is heard, answered (the call is held) and gone; the call goes on
``knock N``            N calls meanwhile and finds the extension busy, or is sent on and answered there
``fail CAUSE``         the network cannot reach the number called
``clear``              the extension hangs up; ``clear far``: the other end does
=====================  ===============================================================================

What is left of a call at the end of its line is cleared.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Template

ACTS = frozenset({"wait", "forward", "dnd", "message", "callwaiting", "offering"})
"""What a line may begin with beside ``call``."""
VERBS = frozenset(
    {
        *("ring", "answer", "talk", "hold", "retrieve", "fail", "clear"),
        *("divert", "pickup", "noanswer", "hunt", "serve"),
        *("transfer", "early", "blind", "conference", "waiting", "knock"),
    }
)
"""The steps of a call."""
LASTING = frozenset({"ring", "talk", "hold", "wait"})
"""What takes a number of seconds."""

_CALL = re.compile(r'call\s+(?P<caller>\S+)(?:\s+"(?P<name>[^"]*)")?\s*->\s*(?P<callee>[^\s;]+)(?P<steps>(?:;.*)?)')
_COMMENT = re.compile(r"(?:^|\s)#.*")


class ScriptError(ValueError):
    """A line that is none; says which."""


@dataclass(frozen=True, slots=True)
class Step:
    """A verb and what follows it."""

    verb: str
    argument: str = ""


@dataclass(frozen=True, slots=True)
class CallLine:
    """Somebody calls somebody; ``steps`` tell how it goes on. The caller ``anonymous`` withholds the number."""

    caller: str
    callee: str
    name: str = ""
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class ActLine:
    """Anything but a call: a pause or a feature."""

    step: Step


Line = CallLine | ActLine


def load(name: str) -> str:
    """The text of a script of this package, or of a file. Raises ``ScriptError`` when there is neither."""
    shipped = files("simulator.traffic") / "scripts" / f"{name}.txt"
    for source in (shipped, Path(name)):
        if source.is_file():
            return source.read_text(encoding="utf-8")
    raise ScriptError(f"there is no script {name!r}")


def parse(text: str, names: Mapping[str, str] | None = None) -> list[Line]:
    """Read a script; ``names`` are the values of its ``$`` words. Raises ``ScriptError``."""
    lines = []
    for number, written in enumerate(text.splitlines(), start=1):
        line = _COMMENT.sub("", written).strip()
        try:
            lines += [_line(Template(line).substitute(names or {}))] if line else []
        except (KeyError, ValueError) as error:
            raise ScriptError(f"line {number}: {written.strip()!r} is no line of a script") from error
    return lines


def _line(text: str) -> Line:
    if text.split(maxsplit=1)[0] == "call":
        match = _CALL.fullmatch(text)
        if match is None:
            raise ScriptError(text)
        steps = tuple(_step(part, VERBS) for part in match["steps"].split(";") if part.strip())
        return CallLine(match["caller"], match["callee"], match["name"] or "", steps)
    return ActLine(_step(text, ACTS))


def _step(text: str, known: frozenset[str]) -> Step:
    verb, _, argument = text.strip().partition(" ")
    if verb not in known:
        raise ScriptError(verb)
    if verb in LASTING:
        float(argument)
    return Step(verb, argument.strip())
