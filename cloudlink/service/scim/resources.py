"""What this service is to a SCIM client: its resources, their schemas and what it claims to support.

Users have the core and the enterprise schema of RFC 7643, groups the core one. Three things differ from the RFC, and
the published schemas say so: an e-mail address is required (a ``userName`` that is one stands for it), members of
groups are users alone, and there is no password, since whoever is synchronised signs in at their company.
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, ClassVar

from pydantic import Field, model_validator
from scim2_models import (
    AuthenticationScheme,
    Bulk,
    CaseExact,
    ChangePassword,
    ComplexAttribute,
    ETag,
    Filter,
    Mutability,
    Patch,
    Reference,
    Required,
    Resource,
    ResourceType,
    Schema,
    ScimPolicy,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
    User,
)
from scim2_models import EnterpriseUser as RfcEnterpriseUser
from scim2_models import Group as RfcGroup

MOST_RESULTS = 200
"""In one page: Entra ID asks for 100."""


class Manager(ComplexAttribute):
    """The manager's id. Entra ID sends it alone, and as a plain string too."""

    value: Annotated[str | None, CaseExact.true] = None
    ref: Reference[User[Any]] | None = Field(None, serialization_alias="$ref", validation_alias="$ref")
    display_name: Annotated[str | None, Mutability.read_only] = None

    @model_validator(mode="before")
    @classmethod
    def _of_plain_text(cls, value: Any) -> Any:
        return {"value": value} if isinstance(value, str) else value


class EnterpriseUser(RfcEnterpriseUser):
    """The enterprise extension, with a manager who needs no ``$ref``."""

    manager: Manager | None = None  # type: ignore[assignment]


class GroupMember(ComplexAttribute):
    """A user in a group."""

    value: Annotated[str | None, Mutability.immutable, CaseExact.true] = None
    ref: Annotated[Reference[User[Any]] | None, Mutability.immutable] = Field(
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    type: Annotated[str | None, Mutability.immutable] = Field(None, examples=["User"])


class Group(RfcGroup):
    """A group, whose members are users."""

    members: list[GroupMember] | None = None  # type: ignore[assignment]
    Members: ClassVar[type[ComplexAttribute]] = GroupMember


UserModel: type[Resource[Any]] = User[EnterpriseUser]
GroupModel: type[Resource[Any]] = Group
USER_TYPE = ResourceType.from_resource(UserModel)
GROUP_TYPE = ResourceType.from_resource(GroupModel)

# What Entra ID does beyond the RFC: attributes that nobody declares, values of a removal, entries made by a filter.
_POLICY = ScimPolicy(
    unknown=ScimPolicy.Unknown.ignore,
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
)

_CONFIG = ServiceProviderConfig(
    patch=Patch(supported=True),
    bulk=Bulk(supported=False, max_operations=0, max_payload_size=0),
    filter=Filter(supported=True, max_results=MOST_RESULTS),
    change_password=ChangePassword(supported=False),
    sort=Sort(supported=True),
    etag=ETag(supported=True),
    authentication_schemes=[
        AuthenticationScheme(
            type=AuthenticationScheme.Type.oauthbearertoken,
            name="Secret token",
            description="A secret token of the account, as a bearer",
            primary=True,
        )
    ],
)


class Provider(ScimProvider):
    """The description of this service."""

    @cached_property
    def published(self) -> tuple[Schema, ...]:
        """The schemas, with what differs from the models by which requests are read."""
        schemas = super().schemas
        (user,) = (schema for schema in schemas if schema.name == "User")
        user.attributes = [attribute for attribute in user.attributes or [] if attribute.name != "password"]
        (emails,) = (attribute for attribute in user.attributes if attribute.name == "emails")
        (value,) = (attribute for attribute in emails.sub_attributes or [] if attribute.name == "value")
        emails.required = value.required = Required.true
        return tuple(schemas)

    @property
    def schemas(self) -> tuple[Schema, ...]:
        return self.published


PROVIDER = Provider(
    models=[User, EnterpriseUser, Group, ResourceType, Schema, ServiceProviderConfig],
    resource_types=[USER_TYPE, GROUP_TYPE],
    config=_CONFIG,
    policy=_POLICY,
)
