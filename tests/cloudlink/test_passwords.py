"""Passwords as hashes."""

from __future__ import annotations

import subprocess
import sys

import pytest
from argon2 import extract_parameters
from argon2.profiles import RFC_9106_LOW_MEMORY

from cloudlink.service.passwords import hash_password, verify_password


@pytest.mark.parametrize(
    ("chosen", "typed"),
    [
        ("m\u00e9lodie 2026", "me\u0301lodie 2026"),
        ("me\u0301lodie 2026", "m\u00e9lodie 2026"),
        ("\uff2b2026-\ufb01", "K2026-fi"),
    ],
)
async def test_another_keyboard_types_the_same_password(chosen: str, typed: str) -> None:
    stored = await hash_password(chosen)
    assert (await verify_password(stored, typed)).right


async def test_a_letter_without_its_accent_is_another_password() -> None:
    stored = await hash_password("m\u00e9lodie 2026")
    assert not (await verify_password(stored, "melodie 2026")).right
    assert not (await verify_password(None, "m\u00e9lodie 2026")).right


def test_outside_of_tests_a_guess_costs_what_rfc_9106_asks_for() -> None:
    program = "import asyncio; from cloudlink.service import passwords as p; print(asyncio.run(p.hash_password('x')))"
    printed = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60)

    assert extract_parameters(printed.stdout.strip()) == RFC_9106_LOW_MEMORY
