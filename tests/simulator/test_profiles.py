"""Each kind of PBX, the load it is stated for, and the limits it keeps."""

import argparse
import asyncio
import ssl
from pathlib import Path

import pytest

from simulator.command_line import add_options, chosen_settings
from simulator.profiles import PROFILES, at_full_load, numbered, settings_of
from simulator.settings import GroupSettings, SimulatorSettings
from simulator.simulator import Simulator
from simulator.switch import Event, EventName
from simulator.timeline import Timeline
from tests.fakes.tls import self_signed
from tests.simulator.client import Client, monitor_start, request, session_request


def of_options(*words: str) -> SimulatorSettings:
    parser = argparse.ArgumentParser()
    add_options(parser)
    return chosen_settings(parser.parse_args(words))


def test_without_options_it_is_an_office_400_with_four_subscribers() -> None:
    settings = of_options()
    assert (settings.port, settings.extensions, settings.bhcc) == (7001, ("201", "202", "203", "204"), 0)
    assert not settings.require_session


def test_every_profile_has_its_port_users_and_busy_hour() -> None:
    stated = {name: (profile.port, profile.users, profile.bhcc) for name, profile in PROFILES.items()}
    assert stated == {
        "office400": (7001, 800, 4_200),
        "mivoice5000": (3211, 5_000, 16_000),
        "mxone": (8882, 5_000, 15_000),
        "business": (1752, 2_500, 12_000),
    }


def test_users_are_numbered_and_what_is_chosen_goes_before_the_profile() -> None:
    settings = of_options("--profile", "mxone", "--users", "3", "--first-extension", "700", "--port", "0")
    assert (settings.extensions, settings.port, settings.require_session) == (("700", "701", "702"), 0, True)
    assert of_options("--extensions", "1,2", "--answer-ms", "5").answer_seconds == 0.005


def test_groups_are_chosen_or_come_with_the_full_load() -> None:
    groups = "--group", "ring:500=201,202", "--group", "queue:501=203"
    settings = of_options(*groups, "--offers", "--event-details", "--snapshot-entries", "9")
    assert settings.groups == (GroupSettings("ring", "500", ("201", "202")), GroupSettings("queue", "501", ("203",)))
    assert (settings.offers, settings.event_details, settings.snapshot_entries) == (True, True, 9)
    assert len(at_full_load("office400").groups) == 3 * 800 / 50


@pytest.mark.parametrize("group", ["ring", "sing:500=201", "ring:201=202", "ring:500=", "ring:500=999"])
def test_a_group_that_makes_no_sense_is_refused(group: str) -> None:
    with pytest.raises(ValueError, match="groups"):
        of_options("--group", group)


def test_full_load_is_all_users_and_people_as_much_quicker_as_there_are_more_calls() -> None:
    settings = of_options("--profile", "mivoice5000", "--load", "20")
    assert (len(settings.extensions), settings.bhcc, settings.pace) == (5_000, 320_000, 20)
    assert of_options("--load", "0.5").pace == 1


@pytest.mark.parametrize("words", [("--edition", "ed9"), ("--pace", "0"), ("--users", "0"), ("--tls-port", "70000")])
def test_an_option_that_makes_no_sense_is_named(words: tuple[str, str]) -> None:
    field = {"--users": "extensions"}.get(words[0], words[0].removeprefix("--").replace("-", "_"))
    with pytest.raises(ValueError, match=field):
        of_options(*words)


def test_a_profile_that_is_not_known_is_named() -> None:
    with pytest.raises(ValueError, match="'pbx9'"):
        settings_of("pbx9")


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("times", [1, 20])
def test_a_profile_carries_its_busy_hour(profile: str, times: float) -> None:
    timeline, told = Timeline(), list[Event]()
    settings = at_full_load(profile, times, port=0)
    pbx = Simulator(settings, timeline)
    pbx.switch.listeners.append(told.append)
    pbx.start_traffic()
    timeline.advance(100 / times)
    told.clear()
    timeline.advance(120 / times)
    ended = sum(event.name is EventName.CALL_CLEARED for event in told)
    assert ended == pytest.approx(settings.bhcc * 120 / times / 3600, rel=0.3)


def test_stopped_traffic_ends_by_itself() -> None:
    timeline = Timeline()
    pbx = Simulator(SimulatorSettings(bhcc=3600), timeline)
    pbx.start_traffic()
    timeline.advance(30)
    assert pbx.switch.calls
    pbx.stop_traffic()
    timeline.advance(3600)
    assert not pbx.switch.calls


async def test_requests_take_their_time_and_no_more_than_the_limit_at_once(timeline: Timeline) -> None:
    settings = SimulatorSettings(port=0, extensions=numbered(3), answer_seconds=0.005, outstanding_limit=2)
    async with Simulator(settings, timeline) as pbx:
        client = await Client.connect(pbx.port)
        sent = [client.send(monitor_start(extension)) for extension in settings.extensions]
        refused = await client.receive()
        assert refused.invoke_id == sent[2]
        assert refused.text("subscribedResourceAvailability") == "outstandingReqLimitExceeded"
        timeline.advance(0.005)
        assert [(await client.receive()).invoke_id for _ in range(2)] == sent[:2]
        await client.close()


async def test_mx_one_wants_a_session_with_the_right_credentials(timeline: Timeline) -> None:
    async with Simulator(settings_of("mxone", port=0, credentials="open sesame"), timeline) as pbx:
        client = await Client.connect(pbx.port)
        refused = await client.ask(monitor_start("201"))
        assert refused.text("security") == "generic"
        information = "<applicationInfo><applicationSpecificInfo>{}</applicationSpecificInfo></applicationInfo>"
        wrong = await client.ask(session_request("StartApplicationSession", information.format("open barley")))
        assert wrong.text("errorCode/definedError") == "invalidApplicationInfo"
        right = await client.ask(session_request("StartApplicationSession", information.format("open sesame")))
        assert right.name == "StartApplicationSessionPosResponse"
        await client.monitor("201")
        await client.close()


async def test_tls_is_offered_beside_the_plain_port(tmp_path: Path, timeline: Timeline) -> None:
    pem = self_signed(tmp_path)
    settings = settings_of("mxone", port=0, tls_port=0, tls_certificate=str(pem.certificate), tls_key=str(pem.key))
    async with Simulator(settings, timeline) as pbx:
        secret = Client(*await asyncio.open_connection("127.0.0.1", pbx.tls_port, ssl=pem.trusted()))
        assert (await secret.ask(request("RequestSystemStatus"))).name == "RequestSystemStatusResponse"
        with pytest.raises(ssl.SSLCertVerificationError):
            await asyncio.open_connection("127.0.0.1", pbx.tls_port, ssl=ssl.create_default_context())
        plain = await Client.connect(pbx.port)
        assert (await plain.ask(request("RequestSystemStatus"))).name == "RequestSystemStatusResponse"
        await secret.close()
        await plain.close()


def test_a_certificate_brings_the_profiles_tls_port() -> None:
    assert of_options("--profile", "mxone", "--tls-certificate", "a.pem").tls_port == 8883
