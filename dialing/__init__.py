"""Numbers, and the links that make a softphone dial them. Pure functions.

- ``numbers``  what a PBX shows or a person types becomes a ``Number``, by the rules of an account (``DialPlan``)
- ``found``    the numbers that a text mentions
- ``devices``  which device a browser runs on
- ``redaction``  a text without the numbers in it
- ``links``    what a device is offered: a ``tel:`` link, or MiCollab's own link on iPhones and iPads
- ``micollab`` what a version of MiCollab is too old for

In come raw texts, a User-Agent and an account's plan; out go numbers and links, or errors that tell the cause. A rule
about what may be dialled belongs in ``numbers``, a new client in ``devices`` and ``links``. Imports nothing of ours.
"""

from dialing.devices import Device, device_of
from dialing.found import lone_digits, numbers_in
from dialing.links import BadTemplate, Choice, check_ios_template, links_for
from dialing.micollab import MINIMUM, BadVersion, Need, check_version, unmet
from dialing.numbers import (
    BadPrefix,
    Barred,
    DialPlan,
    Kind,
    NotANumber,
    Number,
    NumberError,
    clean_prefix,
    normalise,
)
from dialing.redaction import redact

__all__ = [
    "MINIMUM",
    "BadPrefix",
    "BadTemplate",
    "BadVersion",
    "Barred",
    "Choice",
    "Device",
    "DialPlan",
    "Kind",
    "Need",
    "NotANumber",
    "Number",
    "NumberError",
    "check_ios_template",
    "check_version",
    "clean_prefix",
    "device_of",
    "links_for",
    "lone_digits",
    "normalise",
    "numbers_in",
    "redact",
    "unmet",
]
