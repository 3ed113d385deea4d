"""The OpenAPI document: complete, and true of every answer to made-up requests."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from cloudlink.service.api.description.operations import OPERATIONS
from tests.cloudlink.api.conftest import VERSION
from tests.cloudlink.conftest import inbound

if TYPE_CHECKING:
    from aiohttp import web

    from tests.cloudlink.api.conftest import Api
    from tests.cloudlink.conftest import People, Record

EXAMPLES = 12
LONGEST_QUERY = 7000
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


async def test_every_route_is_described(app: web.Application, api: Api) -> None:
    answer = await api("GET", "/openapi.json")
    assert (answer.status, answer.body["openapi"]) == (200, "3.1.0")
    described = {
        (method.upper(), re.sub(r"{\w+}", "{}", path))
        for path, operations in answer.body["paths"].items()
        for method in operations
    }
    served = {
        (route.method, re.sub(r"{\w+}", "{}", route.resource.canonical).removeprefix(VERSION))
        for route in app.router.routes()
        if route.resource is not None and route.resource.canonical.startswith(VERSION) and route.method != "HEAD"
    }
    # A WebSocket is no operation of OpenAPI.
    assert served - described == {("GET", "/openapi.json"), ("GET", "/subscriptions/{}/socket")}
    assert described <= served


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("name", [operation.name for operation in OPERATIONS])
async def test_answers_are_as_described(
    admin: Api, people: People, record: Record, name: str, mode: GenerationMode
) -> None:
    """Requests by the description and against it, always the same ones; whatever comes is no 5xx and as described."""
    await record(people.desk, inbound("c1"))
    schema = schemathesis.openapi.from_dict((await admin("GET", "/openapi.json")).body)
    schema.config.update(base_url=str(admin.server.make_url(VERSION)))
    operation = schema.find_operation_by_id(name)
    names = [parameter.name for parameter in operation.path_parameters]
    there = {parameter: _there(people)[parameter] for parameter in names}

    def hammer() -> None:
        @settings(
            max_examples=EXAMPLES,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        )
        @given(st.data())
        def check(data: st.DataObject) -> None:
            known = data.draw(st.booleans())
            case = data.draw(operation.as_strategy(mode, path_parameters=there if known and there else None))
            # A longer request line is refused by the HTTP server itself, in words of its own.
            assume(len(urlencode(case.query or {}, doseq=True)) < LONGEST_QUERY)
            case.call_and_validate(headers={"Authorization": f"Bearer {admin.token}"}, checks=CHECKS)

        check()

    await asyncio.to_thread(hammer)


def _there(people: People) -> dict[str, str]:
    """Ids that lead to something."""
    return {
        "accountId": people.account.account_id,
        "callId": "c1",
        "contactId": "1",
        "email": "desk@example.com",
        "endpointId": people.desk.principal_id,
        "subscriptionId": "none",
        "userId": people.desk.principal_id,
    }
