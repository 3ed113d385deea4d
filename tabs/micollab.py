"""Warnings when an account's MiCollab is too old: to users about their device, to administrators about everybody's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudlink.administration.gateways import PbxModel
from dialing import MINIMUM, Device, Need, unmet
from store.pbx_models import pbx_models

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from cloudlink.model import Account
    from i18n import Translator
    from store.database import Database

_APPLE_MOBILES = frozenset({Device.IOS, Device.IPADOS})


class UserWarnings:
    """Which PBXs an account has is read from ``database``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, account: Account, device: Device, say: Translator) -> Sequence[str]:
        """About calling from the call log on the person's device; at most one."""
        needs = [Need.IOS] if device in _APPLE_MOBILES else []
        if PbxModel.BUSINESS in await pbx_models(self._database, account.account_id):
            needs.insert(0, Need.CALL_LOG_WITH_BUSINESS)
        found = unmet(account.dialing.micollab_version, needs)
        # The newest version that is asked for meets the other needs too.
        return [_sentence(need, account.dialing.micollab_version, say, _TO_USERS) for need in found[-1:]]


def warnings_for_administrator(version: str, pbx: Iterable[str], say: Translator) -> Sequence[str]:
    """About all that the version is too old for in an account with these PBXs (values of ``PbxModel``)."""
    business = [Need.CALL_LOG_WITH_BUSINESS] if PbxModel.BUSINESS in set(pbx) else []
    found = unmet(version, [Need.TELEPHONY_ONLY, *business, Need.IOS])
    return [_sentence(need, version, say, _TO_ADMINISTRATORS) for need in found]


def ios_warning(version: str, say: Translator) -> str:
    """For the dial page of an iPhone or iPad; empty when there is nothing to warn of."""
    return next((_sentence(need, version, say, _TO_USERS) for need in unmet(version, [Need.IOS])), "")


def _sentence(need: Need, version: str, say: Translator, sentences: Mapping[Need, Callable[..., str]]) -> str:
    return sentences[need](say, have=version, need=MINIMUM[need])


_TO_USERS: Mapping[Need, Callable[..., str]] = {
    Need.CALL_LOG_WITH_BUSINESS: lambda say, **versions: say(
        "Your company has MiCollab {have}. Calling from the call log needs MiCollab {need}: ask your administrator.",
        **versions,
    ),
    Need.IOS: lambda say, **versions: say(
        "Your company has MiCollab {have}. Calling from an iPhone or iPad needs MiCollab {need}: ask your"
        " administrator.",
        **versions,
    ),
}
_TO_ADMINISTRATORS: Mapping[Need, Callable[..., str]] = {
    Need.TELEPHONY_ONLY: lambda say, **versions: say(
        "MiCollab {have} is too old for the telephony-only profile, which needs {need}.", **versions
    ),
    Need.CALL_LOG_WITH_BUSINESS: lambda say, **versions: say(
        "MiCollab {have} is too old for calls from the call log with MiVoice Business, which need {need}.", **versions
    ),
    Need.IOS: lambda say, **versions: say(
        "MiCollab {have} is too old for calls from an iPhone or iPad, which need {need}.", **versions
    ),
}
