"""Gateways of an account: pairing codes, live state, names, their end."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from cloudlink.administration.gateways import CAPACITY, PbxModel
from cloudlink.administration.refusals import Refused
from cloudlink.port import UnknownId
from tabs.console.forms import Form
from tabs.console.gateway_conditions import advice, left_out, troubled
from tabs.console.sentences import field_labels, refusal
from tabs.console.visit import see

if TYPE_CHECKING:
    from aiohttp import web

    from cloudlink.administration.gateways import Gateway, Pairing
    from tabs.console.services import Services
    from tabs.console.visit import Visit

_PBXS = [(model.value, CAPACITY[model].name) for model in PbxModel]


class GatewayPages:
    """``/console/accounts/{account_id}/gateways`` and below."""

    def __init__(self, services: Services) -> None:
        self._gateways = services.gateways
        self._conditions = services.gateway_conditions

    async def overview(self, visit: Visit) -> web.StreamResponse:
        """All of them."""
        found = await self._gateways.all(visit.actor, visit.account_id)
        conditions = await self._conditions.of(visit.actor, visit.account_id)
        unwell = troubled(found, conditions, visit.say)
        return visit.page("gateways.html", "gateways", gateways=found, troubled=unwell, pbxs=dict(_PBXS))

    async def new(self, visit: Visit) -> web.StreamResponse:
        """The empty form."""
        visit.require_administrator()
        return await self._form_page(visit, Form({"name": "", "pbx": PbxModel.OFFICE_400.value}), None)

    async def create(self, visit: Visit) -> web.StreamResponse:
        """Makes a gateway and shows its pairing code, which is not to be had again."""
        sent = {"name": visit.sent.text("name"), "pbx": visit.sent.text("pbx")}
        try:
            pairing = await self._gateways.create(visit.actor, visit.account_id, sent["name"], sent["pbx"])
        except Refused as problem:
            return await self._form_page(visit, _marked(Form(sent), problem, visit), None)
        return _pairing_page(visit, pairing)

    async def show(self, visit: Visit) -> web.StreamResponse:
        """One gateway as a form, and what else can be done with it."""
        visit.require_administrator()
        gateway = await self._gateway(visit)
        return await self._form_page(visit, Form({"name": gateway.name, "pbx": gateway.pbx}), gateway)

    async def save(self, visit: Visit) -> web.StreamResponse:
        """Renames it or names another PBX."""
        gateway_id, sent = visit.id("gateway_id"), {"name": visit.sent.text("name"), "pbx": visit.sent.text("pbx")}
        try:
            await self._gateways.change(visit.actor, visit.account_id, gateway_id, sent["name"], sent["pbx"])
        except Refused as problem:
            return await self._form_page(visit, _marked(Form(sent), problem, visit), await self._gateway(visit))
        raise see(visit.path("gateways"), "saved")

    async def pair_again(self, visit: Visit) -> web.StreamResponse:
        """A new code; the key works until it is used."""
        return _pairing_page(
            visit, await self._gateways.pair_again(visit.actor, visit.account_id, visit.id("gateway_id"))
        )

    async def revoke(self, visit: Visit) -> web.StreamResponse:
        """Voids its key."""
        await self._gateways.revoke(visit.actor, visit.account_id, visit.id("gateway_id"))
        raise see(visit.path("gateways"), "gateway-revoked")

    async def remove(self, visit: Visit) -> web.StreamResponse:
        """Ends it."""
        await self._gateways.remove(visit.actor, visit.account_id, visit.id("gateway_id"))
        raise see(visit.path("gateways"), "gateway-removed")

    async def _gateway(self, visit: Visit) -> Gateway:
        wanted = visit.id("gateway_id")
        for gateway in await self._gateways.all(visit.actor, visit.account_id):
            if gateway.gateway_id == wanted:
                return gateway
        raise UnknownId("no such gateway")

    async def _form_page(self, visit: Visit, form: Form, gateway: Gateway | None) -> web.Response:
        conditions = await self._conditions.of(visit.actor, visit.account_id) if gateway else {}
        condition = conditions.get(gateway.gateway_id) if gateway else None
        return visit.page(
            "gateway.html",
            "gateways",
            status=HTTPStatus.BAD_REQUEST if form.refused else HTTPStatus.OK,
            form=form,
            gateway=gateway,
            condition=condition,
            advice=advice(gateway, condition, visit.say) if gateway and condition else (),
            left_out=left_out(condition, visit.say) if condition else (),
            models=dict(_PBXS),
            pbxs=_PBXS,
            labels=field_labels(visit.say),
        )


def _pairing_page(visit: Visit, pairing: Pairing) -> web.Response:
    return visit.page("gateway_pairing.html", "gateways", pairing=pairing)


def _marked(form: Form, problem: Refused, visit: Visit) -> Form:
    return form.with_error(problem.field, refusal(problem.reason, visit.say))
