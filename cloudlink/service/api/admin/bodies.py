"""What the Admin API takes; lengths and values are checked by ``cloudlink.service.administration``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, cast

from pydantic import Field

from cloudlink.administration.accounts import AccountChanges, Contact, Location
from cloudlink.administration.clients import NewClient
from cloudlink.administration.users import NewUser, Source, UserChanges
from cloudlink.model import Role
from cloudlink.service.api.bodies import Body

if TYPE_CHECKING:
    from pydantic import BaseModel

_LONGEST = 400
_MOST = 20


class UserFields(Body):
    """A user's fields; who changes one sends those that are to be otherwise."""

    first_name: str = Field("", max_length=_LONGEST)
    last_name: str = Field("", max_length=_LONGEST)
    email: str = Field("", max_length=_LONGEST)
    role: str = Field(Role.USER.value, max_length=_LONGEST)
    login_id: str | None = Field(None, max_length=_LONGEST)
    extension: str | None = Field(None, max_length=_LONGEST)
    mobile: str | None = Field(None, max_length=_LONGEST)
    phone: str | None = Field(None, max_length=_LONGEST)
    telephony_role: str | None = Field(None, max_length=_LONGEST)
    language_code: str | None = Field(None, max_length=_LONGEST)
    time_zone: str | None = Field(None, max_length=_LONGEST)


class UserToMake(UserFields):
    """Who is made gets the welcome mail."""

    def new(self) -> NewUser:
        """As administration takes it."""
        return NewUser(**_renamed(self.model_dump()), source=Source.API)


class UserToChange(UserFields):
    """``active`` false signs the user out and ends their monitoring."""

    active: bool = True

    def changes(self) -> UserChanges:
        """What was sent."""
        return cast("UserChanges", _renamed(_sent(self)))


class ForgottenPassword(Body):
    """Mitel's body of ``PUT /users/{email}/password``; the address in the path is the one that counts."""

    action: Literal["forgot"]
    email: str | None = Field(None, max_length=_LONGEST)
    account_id: str | None = Field(None, max_length=36)


class AddressFields(Body):
    """``location.address`` of an account."""

    country: str = Field("", max_length=_LONGEST)
    street: str = Field("", max_length=_LONGEST)
    city: str = Field("", max_length=_LONGEST)
    state_or_province: str = Field("", max_length=_LONGEST)
    zip_code: str = Field("", max_length=_LONGEST)


class LocationFields(Body):
    """``location`` of an account."""

    address: AddressFields


class ContactFields(Body):
    """A contact of an account."""

    contact_id: str = Field(min_length=1, max_length=36)
    name: str = Field(max_length=_LONGEST)
    email: str = Field(max_length=_LONGEST)
    contact_type: str = Field("support", max_length=_LONGEST)


class AccountToChange(Body):
    """An account's fields; what is not sent stays as it is. Hours are the partner's to change."""

    name: str = Field("", max_length=_LONGEST)
    account_number: str | None = Field(None, max_length=_LONGEST)
    language_code: str = Field("", max_length=_LONGEST)
    time_zone: str = Field("", max_length=_LONGEST)
    location: LocationFields | None = None
    contacts: list[ContactFields] = Field(default=[], max_length=_MOST)
    access_token_expiry_hours: int = 1
    refresh_token_expiry_hours: int = 360

    def changes(self) -> AccountChanges:
        """What was sent."""
        sent = _sent(self)
        if "location" in sent:
            sent["location"] = Location(**self.location.address.model_dump()) if self.location else Location()
        if "contacts" in sent:
            sent["contacts"] = tuple(Contact(**contact.model_dump()) for contact in self.contacts)
        return cast("AccountChanges", sent)


class ClientToMake(Body):
    """An application. One with a ``role`` may use client credentials; a confidential one gets a secret."""

    name: str = Field(min_length=1, max_length=_LONGEST)
    description: str = Field("", max_length=_LONGEST)
    redirect_uris: list[str] = Field(default=[], max_length=_MOST)
    post_logout_redirect_uris: list[str] = Field(default=[], max_length=_MOST)
    grant_types: list[str] = Field(default=["authorization_code", "refresh_token"], max_length=_MOST)
    role: str | None = Field(None, max_length=_LONGEST)
    confidential: bool = True

    def new(self) -> NewClient:
        """As administration takes it."""
        return NewClient(
            self.name,
            self.description,
            tuple(self.redirect_uris),
            tuple(self.post_logout_redirect_uris),
            tuple(self.grant_types),
            self.role,
            self.confidential,
        )


def _sent(body: BaseModel) -> dict[str, Any]:
    return {name: getattr(body, name) for name in body.model_fields_set}


def _renamed(told: dict[str, Any]) -> dict[str, Any]:
    names = {"first_name": "given_name", "last_name": "family_name"}
    return {names.get(name, name): value for name, value in told.items()}
