"""A browser's own words tell the device."""

from __future__ import annotations

import pytest

from dialing import Device, device_of


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36", Device.WINDOWS),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Safari/605.1.15", Device.MAC),
        ("Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/140.0 Mobile", Device.ANDROID),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148", Device.IOS),
        ("Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148", Device.IPADOS),
        ("Mozilla/5.0 (Mobile; Windows Phone 8.1; Android 4.0; like iPhone OS 7_0_3)", Device.IOS),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36", Device.WEB),
        ("Mozilla/5.0 (X11; CrOS x86_64 15917.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36", Device.WEB),
        ("curl/8.5.0", Device.UNKNOWN),
        ("", Device.UNKNOWN),
    ],
)
def test_the_user_agent_names_the_device(user_agent: str, device: Device) -> None:
    assert device_of(user_agent) == device
