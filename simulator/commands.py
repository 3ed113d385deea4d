"""What a running simulator can be told to do, a line at a time: traffic, scripts and faults.

Numbers may be left out where they stand in brackets; one event or frame is meant then.
"""

import json
from collections.abc import Callable

from simulator.csta.faults import OPTIONAL_SERVICES
from simulator.csta.trouble import BOMB, GARBAGE
from simulator.simulator import Simulator
from simulator.traffic.script import ScriptError

Command = Callable[[Simulator, list[str]], str | None]
"""Carries out a command with the words after its name. Raises ``ValueError`` or ``IndexError`` for wrong words."""


def obey(pbx: Simulator, line: str) -> str:
    """Carry out one line and answer ``ok``, what was asked for, or ``error:`` and the reason."""
    words = line.split()
    name = " ".join(words[:2]) if words[:1] == ["fault"] else "".join(words[:1])
    if name not in COMMANDS:
        return f"error: there is no command {name!r}; `help` lists them"
    try:
        return COMMANDS[name][1](pbx, words[len(name.split()) :]) or "ok"
    except ScriptError as error:
        return f"error: {error}"
    except (ValueError, IndexError):
        return f"error: it is `{_usage(name)}`"


def _usage(name: str) -> str:
    return f"{name} {COMMANDS[name][0]}".split("  ")[0].rstrip()


def _help(_: Simulator, __: list[str]) -> str:
    return "\n".join(f"{_usage(name):<44}{text.split('  ')[1]}" for name, (text, _) in COMMANDS.items())


def _status(pbx: Simulator, _: list[str]) -> str:
    return json.dumps(pbx.status())


def _play(pbx: Simulator, words: list[str]) -> None:
    pbx.play(" ".join(words))


def _traffic(pbx: Simulator, words: list[str]) -> None:
    if words == ["stop"]:
        pbx.stop_traffic()
    else:
        pbx.start_traffic(float(words[0]), float(words[1]) if words[1:] else None)


def _stall(pbx: Simulator, words: list[str]) -> None:
    only = words[1] if words[1:] else ""
    if only not in {"", "reading", "sending"}:
        raise ValueError(only)
    pbx.trouble.stall(float(words[0]), reading=only != "sending", sending=only != "reading")


def _count(name: str) -> Command:
    def command(pbx: Simulator, words: list[str]) -> None:
        setattr(pbx.faults, name, int(words[0]) if words else 1)

    return command


def _once(name: str) -> Command:
    def command(pbx: Simulator, _: list[str]) -> None:
        setattr(pbx.faults, name, True)

    return command


def _licences(pbx: Simulator, words: list[str]) -> None:
    pbx.faults.licences = None if words == ["all"] else int(words[0])


def _slow(pbx: Simulator, words: list[str]) -> None:
    pbx.faults.answer_delay = float(words[0])


def _silent(pbx: Simulator, words: list[str]) -> None:
    pbx.faults.silent_services |= set(words) or OPTIONAL_SERVICES


def _none(pbx: Simulator, _: list[str]) -> None:
    pbx.end_faults()


COMMANDS: dict[str, tuple[str, Command]] = {
    "help": ("  this list", _help),
    "status": ("  clients, monitors, calls, events sent, and parts in the ledger, as JSON", _status),
    "play": ("LINE  a line of a script, such as: play call 201 -> 202; ring 2; answer; talk 5; clear", _play),
    "traffic": ("BHCC [PACE] | stop  random calls; stopped, those in being go on to their end", _traffic),
    "fault drop-link": ("  close every connection", lambda pbx, _: pbx.close_links()),
    "fault stall": ("SECONDS [reading | sending]  read and send nothing", _stall),
    "fault duplicate": ("[EVENTS]  send events twice", _count("duplicate")),
    "fault reorder": ("[EVENTS]  events change places with the next", _count("reorder")),
    "fault lose": ("[EVENTS]  lose events, then say messagesLost", _count("lose")),
    "fault cut-frame": ("  half a frame, then the end of the connection", _once("cut_next_frame")),
    "fault wrong-length": ("  a frame that says it is longer than it is", _once("wrong_length")),
    "fault wrong-octets": ("  a frame that does not begin with 00 00", _once("wrong_octets")),
    "fault split": ("OCTETS  cut all that is sent into segments; 0 ends that", _count("segment_octets")),
    "fault giant": ("  the longest frame", lambda pbx, _: pbx.trouble.send_giant()),
    "fault garbage": ("  a frame that is no XML", lambda pbx, _: pbx.trouble.send_document(GARBAGE)),
    "fault doctype": ("  a document whose entities grow without end", lambda pbx, _: pbx.trouble.send_document(BOMB)),
    "fault licences": ("MONITORS | all  so many monitors are licensed; those that run are kept", _licences),
    "fault slow": ("SECONDS  longer until each answer; 0 ends that", _slow),
    "fault silent": ("[SERVICE ...]  never answer these; without any, the optional ones", _silent),
    "fault one-edition": ("  refuse requests in another edition's namespace", _once("one_edition")),
    "fault no-call-ids": ("  leave call ids out of events", _once("omit_call_ids")),
    "fault end-session": ("  end every application session", lambda pbx, _: pbx.trouble.end_sessions()),
    "fault status": (
        "VALUE  send SystemStatus, such as messagesLost or initializing",
        lambda pbx, w: pbx.tell_status(w[0]),
    ),
    "fault repeat-lines": (
        "  send SMDR lines that were read before again, to whoever connects from now on",
        lambda pbx, _: pbx.repeat_lines(),
    ),
    "fault none": ("  all faults that last are over", _none),
}
"""Each command's words and meaning, and what carries it out."""
