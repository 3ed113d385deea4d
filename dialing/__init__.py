"""Numbers, and the links that make a softphone dial them. Pure functions.

- ``numbers``  what a PBX shows or a person types becomes a ``Number``, by the rules of an account (``DialPlan``)
- ``found``    the numbers that a text mentions
- ``devices``  which device a browser runs on
- ``redaction``  a text without the numbers in it
- ``links``    what a device is offered: a ``tel:`` link, or MiCollab's own link on iPhones and iPads

In come raw texts, a User-Agent and an account's plan; out go numbers and links, or errors that tell the cause. A rule
about what may be dialled belongs in ``numbers``, a new client in ``devices`` and ``links``. Imports nothing of ours.
"""

from dialing.devices import Device, device_of
from dialing.found import lone_digits, numbers_in
from dialing.links import MINIMUM_MICOLLAB_ON_IOS, BadTemplate, Choice, check_ios_template, links_for
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
    "MINIMUM_MICOLLAB_ON_IOS",
    "BadPrefix",
    "BadTemplate",
    "Barred",
    "Choice",
    "Device",
    "DialPlan",
    "Kind",
    "NotANumber",
    "Number",
    "NumberError",
    "check_ios_template",
    "clean_prefix",
    "device_of",
    "links_for",
    "lone_digits",
    "normalise",
    "numbers_in",
    "redact",
]
