"""The simulator's options on the command line."""

import argparse

from simulator.profiles import FIRST_EXTENSION, PROFILES, at_full_load, numbered, settings_of
from simulator.settings import GroupSettings, SimulatorSettings


def add_options(parser: argparse.ArgumentParser) -> None:
    """What can be chosen on the command line. What is not chosen is as the profile has it."""
    add = parser.add_argument
    add("--profile", choices=PROFILES, default="office400", help="kind of PBX (default: %(default)s)")
    add("--host", help="address to listen on (default: 127.0.0.1)")
    add("--port", type=int, help="port to listen on (default: the profile's own, 7001 for office400)")
    add("--extensions", help="the subscribers, comma separated (default: 201,202,203,204)")
    add("--users", type=int, help="so many subscribers instead, numbered from --first-extension")
    add("--first-extension", type=int, default=FIRST_EXTENSION, help="(default: %(default)s)")
    add("--group", action="append", metavar="KIND:NUMBER=MEMBERS", help="such as ring:500=201,202; also hunt, queue")
    add("--offers", action="store_true", help="an OfferedEvent before each DeliveredEvent at an extension")
    add("--event-details", action="store_true", help="events with services, media and linkage: 2.3 KB in place of 1 KB")
    add("--snapshot-entries", type=int, help="calls or parties in an answer; more come in segments (default: all)")
    add("--load", type=float, metavar="TIMES", help="all users of the profile, and its busy-hour calls so many times")
    add("--demo-extension", help="whom a script calls $me (default: the first extension)")
    add("--script", help="a script played once: `demo`, or a file; see simulator/traffic/scripts")
    add("--bhcc", type=float, help="busy-hour calls of the random traffic after it (default: none)")
    add("--pace", type=float, help="how many times quicker people are in random traffic (default: 1, or as --load)")
    add("--seed", type=int, help="of the random traffic, to repeat it (default: 0)")
    add("--trunks", type=int, help="external calls at one time (default: as many as the profile's load needs)")
    add("--edition", help="edition of ECMA-323 to speak, ed2 to ed6 (default: ed5)")
    add("--monitor-limit", type=int, help="monitors licensed for all clients; 0 is no limit (default)")
    add("--call-id-pool", type=int, help="so many call ids, used again and again (default: 9999)")
    add("--first-call-id", type=int, help="(default: 1)")
    add("--answer-ms", type=float, help="milliseconds that each request takes (default: 0)")
    add("--outstanding-limit", type=int, help="requests of a client carried out at a time; 0 is no limit")
    add("--credentials", help="what a session must bring as applicationSpecificInfo (default: anything)")
    add("--tls-certificate", metavar="FILE", help="PEM file; with it, TLS is offered on a port of its own")
    add("--tls-key", metavar="FILE", help="PEM file with the certificate's key, unless that is in the same file")
    add("--tls-port", type=int, help="that port (default: the profile's own, else any)")
    add(
        "--fault", action="append", metavar="FAULT", help="one that lasts, from the start, such as: one-edition, slow 2"
    )
    add("--control-port", type=int, help="port on 127.0.0.1 that takes commands; say `help` there (default: none)")
    add("--smdr-layout", type=int, help="characters of an SMDR line: 90, 101, 112, 120 (default of business) or 207")
    add("--smdr-buffer", type=int, help="SMDR lines kept while nobody listens (default: 20000)")
    add("--ledger", metavar="FILE", help="write what each extension did in each call, one JSON object a line")
    add("--states", metavar="FILE", help="write what each extension does whenever that changes, a JSON object a line")


_AS_THEY_ARE = (
    "host",
    "port",
    "demo_extension",
    "script",
    "bhcc",
    "pace",
    "seed",
    "trunks",
    "edition",
    "snapshot_entries",
    "monitor_limit",
    "call_id_pool",
    "first_call_id",
    "outstanding_limit",
    "credentials",
    "tls_certificate",
    "tls_key",
    "tls_port",
    "control_port",
    "smdr_layout",
    "smdr_buffer",
    "ledger",
    "states",
)


def chosen_settings(options: argparse.Namespace) -> SimulatorSettings:
    """The settings that the options make. Raises ``ValueError`` naming one that makes no sense."""
    chosen = {name: value for name in _AS_THEY_ARE if (value := getattr(options, name)) is not None}
    if options.answer_ms is not None:
        chosen["answer_seconds"] = options.answer_ms / 1000
    if options.users is not None:
        chosen["extensions"] = numbered(options.users, options.first_extension)
    elif options.extensions is not None:
        chosen["extensions"] = tuple(options.extensions.split(","))
    if options.group:
        chosen["groups"] = tuple(map(_group, options.group))
    if options.fault:
        chosen["faults"] = tuple(options.fault)
    for switched_on in ("offers", "event_details"):
        if getattr(options, switched_on):
            chosen[switched_on] = True
    if options.load is not None:
        return at_full_load(options.profile, options.load, **chosen)
    return settings_of(options.profile, **chosen)


def _group(text: str) -> GroupSettings:
    kind, _, rest = text.partition(":")
    number, _, members = rest.partition("=")
    return GroupSettings(kind, number, tuple(members.split(",")))
