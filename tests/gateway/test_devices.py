"""Device identifiers in the forms that PBXs write."""

from __future__ import annotations

import pytest

from gateway.csta.devices import DeviceId, parse_device_id


@pytest.mark.parametrize(
    ("text", "device"),
    [
        ("N<123!98>", DeviceId("123", "98")),
        ("N<302118840100>;noa=nk", DeviceId("302118840100")),
        ("N<201>Front Desk;displayNumber=201;uid=7", DeviceId("201", None, "Front Desk")),
        ("N<201&45!3>Atelier Müller", DeviceId("201", "3", "Atelier Müller")),
        ("  201 ", DeviceId("201")),
        ("+33199000142", DeviceId("+33199000142")),
        ("201;noa=nk", DeviceId("201")),
    ],
)
def test_a_device_identifier_is_parsed_and_not_compared_as_text(text: str, device: DeviceId) -> None:
    assert parse_device_id(text) == device


@pytest.mark.parametrize("text", ["", "   ", "N<>", "N<!98>", ";noa=nk"])
def test_an_identifier_without_a_number_names_nobody(text: str) -> None:
    assert parse_device_id(text) is None
