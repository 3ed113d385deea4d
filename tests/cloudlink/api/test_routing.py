"""One listener for all services, by host name and by path; and what stands around every answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cloudlink.api.conftest import Api


@pytest.mark.parametrize(
    ("path", "host", "link"),
    [
        ("/2017-09-01/calls/records", None, "https://assistant.example.com/2017-09-01/calls/records"),
        ("/media/2017-09-01/calls/records", None, "https://assistant.example.com/media/2017-09-01/calls/records"),
        (
            "/2017-09-01/calls/records",
            "media.api.example.com",
            "https://media.api.example.com/2017-09-01/calls/records",
        ),
        (
            "/2017-09-01/calls/records",
            "media.api.example.com:8443",
            "https://media.api.example.com:8443/2017-09-01/calls/records",
        ),
        ("/2017-09-01/users", "admin.api.example.com", "https://admin.api.example.com/2017-09-01/users"),
    ],
)
async def test_three_addresses_lead_to_a_service(desk: Api, path: str, host: str | None, link: str) -> None:
    answer = await desk("GET", path, headers={"Host": host} if host else {})
    assert (answer.status, answer.body["_links"]["self"]) == (200, link)


@pytest.mark.parametrize(
    ("path", "host"),
    [
        ("/2017-09-01/users", "media.api.example.com"),
        ("/media/2017-09-01/users", None),
        ("/2017-09-01/nothing", None),
    ],
)
async def test_no_service_answers_for_another(desk: Api, path: str, host: str | None) -> None:
    assert (await desk("GET", path, headers={"Host": host} if host else {})).status == 404


async def test_every_answer_is_told_to_nobody_else(desk: Api, api: Api) -> None:
    answers = [
        await desk("GET", "/calls/records"),
        await api("GET", "/calls/records"),
        await desk("GET", "/nothing"),
        await desk("DELETE", "/calls/records"),
        await desk("GET", "/calls/a%00b/records"),
        await desk("GET", "/calls/%ff/records"),
    ]
    assert [answer.status for answer in answers] == [200, 401, 404, 405, 400, 404]
    for answer in answers:
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["x-mitel-correlation-id"]
        assert "Access-Control-Allow-Origin" not in answer.headers
    for answer in answers[1:]:
        assert set(answer.body) == {"name", "message"}
    assert answers[1].headers["WWW-Authenticate"] == "Bearer"


async def test_a_correlation_id_that_is_sent_comes_back(desk: Api) -> None:
    answer = await desk("GET", "/users", headers={"x-mitel-correlation-id": "ours-1"})
    assert answer.headers["x-mitel-correlation-id"] == "ours-1"


@pytest.mark.parametrize("form", ["{}", "Bearer {}", "bearer {}"])
async def test_a_token_comes_bare_or_as_a_bearer(desk: Api, form: str) -> None:
    answer = await desk("GET", "/users", headers={"Authorization": form.format(desk.token)})
    assert answer.status == 200
