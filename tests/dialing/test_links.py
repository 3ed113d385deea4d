"""Each device is offered the link that starts its softphone, and nothing else."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudlink.model import DialSettings
from dialing import BadTemplate, Choice, Device, Kind, Number, check_ios_template, links_for

NUMBER = Number("+33199001234", "+33 1 99 00 12 34", Kind.E164)
CODE = Number("*21*2105#", "*21*2105#", Kind.SERVICE_CODE)
PLAN = DialSettings(ios_uri_template="softphone://call?to={number}")


@pytest.mark.parametrize("device", [Device.WINDOWS, Device.ANDROID, Device.WEB])
def test_a_computer_and_android_are_offered_tel(device: Device) -> None:
    assert links_for(device, NUMBER, PLAN) == (Choice(device, "tel:+33199001234"),)


def test_star_and_hash_are_encoded() -> None:
    assert links_for(Device.WINDOWS, CODE, PLAN)[0].href == "tel:%2A21%2A2105%23"
    assert links_for(Device.IOS, CODE, PLAN)[0].href == "softphone://call?to=%2A21%2A2105%23"


@pytest.mark.parametrize("device", [Device.IOS, Device.IPADOS])
def test_iphones_and_ipads_are_offered_the_link_of_micollab(device: Device) -> None:
    assert links_for(device, NUMBER, PLAN) == (Choice(device, "softphone://call?to=%2B33199001234"),)


@pytest.mark.parametrize("template", ["", "tel:{number}", "softphone:"])
def test_ios_is_offered_nothing_without_a_usable_template(template: str) -> None:
    assert links_for(Device.IOS, NUMBER, DialSettings(ios_uri_template=template)) == (Choice(Device.IOS, None),)


def test_a_macintosh_may_be_an_ipad() -> None:
    assert [choice.device for choice in links_for(Device.MAC, NUMBER, PLAN)] == [Device.MAC, Device.IPADOS]


def test_an_unknown_device_gets_the_choice() -> None:
    assert links_for(Device.UNKNOWN, NUMBER, PLAN) == (
        Choice(Device.WEB, "tel:+33199001234"),
        Choice(Device.IOS, "softphone://call?to=%2B33199001234"),
    )


@pytest.mark.parametrize("template", ["softphone:{number}", "x-call+1.0://dial/{number}?mode=1#a", "A:{number}"])
def test_a_link_of_an_application_is_accepted(template: str) -> None:
    check_ios_template(template)


REFUSED = (
    *("http", "https", "javascript", "data", "vbscript", "file", "blob", "intent"),
    *("tel", "sms", "facetime", "telprompt", "facetime-audio"),
)


@pytest.mark.parametrize("scheme", REFUSED)
@pytest.mark.parametrize(
    "disguise",
    ["{}:{{number}}", "{}://{{number}}", " {}:{{number}}", "\t{}:{{number}}", "\x00{}:{{number}}", "{}\n:{{number}}"],
)
def test_a_scheme_that_starts_something_else_is_refused_in_any_disguise(scheme: str, disguise: str) -> None:
    for spelling in (scheme, scheme.upper(), scheme.title(), scheme[0] + "\t" + scheme[1:]):
        with pytest.raises(BadTemplate):
            check_ios_template(disguise.format(spelling))


@pytest.mark.parametrize(
    "template",
    [
        "softphone", "{number}", "{number}:call", "://{number}", "softphone:", "softphone:{number}{number}",
        "softphone:{name}{number}", "softphone:{{number}}", "softphone:{number} ", "soft phone:{number}",
        "j%61vascript:{number}", "ⓙavascript:{number}", 'softphone:{number}"onclick="', "softphone:{number}\n",
    ],
)  # fmt: skip
def test_a_template_that_is_no_link_with_one_number_is_refused(template: str) -> None:
    with pytest.raises(BadTemplate):
        check_ios_template(template)


@given(st.text(alphabet="0123456789*#+", min_size=1, max_size=30))
def test_a_link_carries_exactly_the_number(dialled: str) -> None:
    number = Number(dialled, dialled, Kind.SERVICE_CODE)
    for device in Device:
        for choice in links_for(device, number, PLAN):
            assert choice.href is not None
            head, carried = re.split(r"tel:|to=", choice.href)
            assert unquote(carried) == dialled
            assert head in {"", "softphone://call?"}


@given(st.sampled_from([Device.IOS, Device.IPADOS]), st.text(max_size=40))
def test_ios_is_never_offered_the_native_dialler(device: Device, template: str) -> None:
    for text in (template, "tel:" + template, template + "{number}"):
        href = links_for(device, NUMBER, DialSettings(ios_uri_template=text))[0].href
        assert href is None or not href.lower().startswith("tel")
