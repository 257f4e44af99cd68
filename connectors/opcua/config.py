"""The configuration of an OPC UA source, exactly as a plant file writes it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StrictBool, StrictInt, StrictStr, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from connectors.opcua.node_ids import checked_node, checked_step
from connectors.opcua.notifications import LARGEST_QUEUE
from connectors.sdk.config import (
    Number,
    Secret,
    SourceConfig,
    Strict,
    TagConfig,
    check_tags,
    field_error,
    raise_field_errors,
)
from connectors.sdk.steps import Endpoint

DEFAULT_PORT = 4840


class SecurityPolicy(StrEnum):
    """Security policies that a plant file may name."""

    NONE = "none"
    BASIC256SHA256 = "basic256sha256"
    AES128_SHA256_RSAOAEP = "aes128_sha256_rsaoaep"
    AES256_SHA256_RSAPSS = "aes256_sha256_rsapss"


class SecurityMode(StrEnum):
    """Whether messages are signed and encrypted."""

    NONE = "none"
    SIGN = "sign"
    SIGN_AND_ENCRYPT = "sign_and_encrypt"


Fingerprint = Annotated[
    StrictStr,
    AfterValidator(lambda text: text.replace(":", "").lower()),
    Field(pattern=r"^[0-9a-f]{64}$"),
]


class Security(Strict):
    """How the channel is protected. It must be said; there is no default.

    Attributes:
        trusted: SHA-256 fingerprints of server certificates that a person has approved, besides
            those approved in the folder of the edge.
        allow_expired: an expired certificate that is trusted is still accepted.
    """

    policy: SecurityPolicy
    mode: SecurityMode
    trusted: Annotated[list[Fingerprint], Field(max_length=20, default_factory=list)]
    allow_expired: StrictBool = False

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.policy is SecurityPolicy.NONE) != (self.mode is SecurityMode.NONE):
            raise PydanticCustomError(
                "security_mode_mismatch",
                "policy none goes with mode none, any other with sign or sign_and_encrypt",
            )
        return self


class SignIn(Strict):
    """Who we are for the server: a user with a password, or a certificate with its key.

    Attributes:
        password: reference to the password.
        certificate: reference to a PEM certificate.
        key: reference to the unencrypted PEM key of the certificate.
    """

    user: Annotated[StrictStr, Field(min_length=1, max_length=200)] | None = None
    password: Secret | None = None
    certificate: Secret | None = None
    key: Secret | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        by_password = self.user is not None and self.password is not None
        by_certificate = self.certificate is not None and self.key is not None
        named = [self.user, self.password, self.certificate, self.key]
        if by_password == by_certificate or sum(part is not None for part in named) != 2:
            raise PydanticCustomError(
                "sign_in_incomplete", "sign in with user and password, or with certificate and key"
            )
        return self


class Trigger(StrEnum):
    """What makes the server report a variable (OPC 10000-4, 7.10)."""

    STATUS = "status"
    STATUS_VALUE = "status_value"
    STATUS_VALUE_TIMESTAMP = "status_value_timestamp"


class DeadbandKind(StrEnum):
    """How the server's dead-band is meant."""

    ABSOLUTE = "absolute"
    PERCENT = "percent"


class Filter(Strict):
    """What the server leaves out, before scaling; a server without filters reports everything.

    Attributes:
        deadband: the raw value must move by more than this; percent is of the node's EURange.
    """

    trigger: Trigger = Trigger.STATUS_VALUE
    deadband: Annotated[Number, Field(ge=0)] | None = None
    deadband_kind: DeadbandKind = DeadbandKind.ABSOLUTE


def _endpoint(text: str) -> str:
    parts = urlsplit(text)
    try:
        usable = parts.scheme == "opc.tcp" and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise PydanticCustomError(
            "endpoint_malformed", "an endpoint looks like opc.tcp://host:4840 or with a path"
        )
    if parts.username is not None or parts.password is not None:
        raise PydanticCustomError(
            "secret_in_plain_text", "an endpoint must not carry a user or a password"
        )
    return text


PublishPeriod = Annotated[StrictInt, Field(ge=10, le=3_600_000)]
SamplingPeriod = Annotated[StrictInt, Field(ge=0, le=3_600_000)]
BrowsePath = Annotated[
    list[Annotated[StrictStr, Field(max_length=500), AfterValidator(checked_step)]],
    Field(min_length=1, max_length=30),
]
QueueSize = Annotated[StrictInt, Field(ge=1, le=10_000)]


class OpcuaTag(TagConfig):
    """One variable of an OPC UA server, named by node id or by browse path.

    Attributes:
        node: node id by namespace URI, such as `nsu=urn:demo:cnc;s=Cnc.State`.
        path: browse names from the Objects folder on, such as `[nsu=urn:demo:cnc;Cnc1, State]`.
        otherwise: other paths, in this order, whose value counts while the first place has none, as
            with state machines inside each other.
        publish_ms: own publishing period, plant time; None takes that of the source.
        sampling_ms: how often the server looks at the variable, plant time; 0 as fast as it can;
            None takes that of the source.
        queue_size: samples that the server keeps between two publications; None as the source.
        filter: what the server leaves out; None as the server does by itself.
        index: place in a variable that is a list, from 0; None for a single value.
        field: name in a variable that is a structure, such as `AccCount`; None for a plain value.
    """

    node: Annotated[StrictStr, Field(max_length=1000), AfterValidator(checked_node)] | None = None
    path: BrowsePath | None = None
    otherwise: Annotated[list[BrowsePath], Field(min_length=1, max_length=10)] | None = None
    publish_ms: PublishPeriod | None = None
    sampling_ms: SamplingPeriod | None = None
    queue_size: QueueSize | None = None
    filter: Filter | None = None
    index: Annotated[StrictInt, Field(ge=0, le=100_000)] | None = None
    field: (
        Annotated[StrictStr, Field(pattern=r"^[A-Za-z_]\w{0,99}(\.[A-Za-z_]\w{0,99})*$")] | None
    ) = None

    @model_validator(mode="after")
    def _one_address(self) -> Self:
        if (self.node is None) == (self.path is None):
            raise PydanticCustomError("address_missing", "give node or path, one of the two")
        return self


class OpcuaSource(SourceConfig):
    """One OPC UA server.

    Attributes:
        allow_insecure: a person has accepted that the channel is not protected.
        sign_in: None signs in without a name.
        publish_ms: publishing period of tags without their own, plant time.
        sampling_ms: sampling period of tags without their own; None is the publishing period.
        queue_size: samples that the server keeps of each tag between two publications.
        timeout_ms: real time to wait for one answer.
        max_items_per_call: nodes in one request; None takes what the server says, else 100.
        queue_limit: values that may wait inside the edge; more are dropped and counted.
        history_timeout_ms: real time that filling one hole from the server's history may take.
        history_values_max: most values that are taken for one hole; more leave it a gap, counted.
    """

    protocol: Literal["opcua"]
    endpoint: Annotated[StrictStr, AfterValidator(_endpoint)]
    security: Security | None = None
    allow_insecure: StrictBool = False
    sign_in: SignIn | None = None
    publish_ms: PublishPeriod = 500
    sampling_ms: SamplingPeriod | None = None
    queue_size: QueueSize = 100
    timeout_ms: Annotated[StrictInt, Field(ge=100, le=60_000)] = 4000
    max_items_per_call: Annotated[StrictInt, Field(ge=1, le=10_000)] | None = None
    queue_limit: Annotated[StrictInt, Field(ge=1, le=1_000_000)] = LARGEST_QUEUE
    history_timeout_ms: Annotated[StrictInt, Field(ge=100, le=60_000)] = 2000
    history_values_max: Annotated[StrictInt, Field(ge=1, le=1_000_000)] = 50_000
    tags: Annotated[list[OpcuaTag], Field(min_length=1, max_length=10_000)]

    @property
    def tag_list(self) -> Sequence[OpcuaTag]:
        """The tags in the order of the file."""
        return self.tags

    @property
    def endpoints(self) -> Sequence[Endpoint]:
        """The server's host and port."""
        parts = urlsplit(self.endpoint)
        return (Endpoint(parts.hostname or "", parts.port or DEFAULT_PORT),)

    @model_validator(mode="after")
    def _secure_or_accepted(self) -> Self:
        raise_field_errors("source", [*check_tags(self.tags), *self._security_errors()])
        return self

    def _security_errors(self) -> list[InitErrorDetails]:
        if self.security is None:
            message = "say how the channel is protected: security: {policy: ..., mode: ...}"
            return [field_error("security_missing", message, ("security",))]
        if self.security.policy is SecurityPolicy.NONE and not self.allow_insecure:
            message = "policy none is refused unless allow_insecure: true stands beside it"
            return [field_error("insecure_not_allowed", message, ("security", "policy"))]
        return []
