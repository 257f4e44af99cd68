"""The configuration of an OPC UA source, exactly as a plant file writes it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StrictBool, StrictInt, StrictStr, model_validator
from pydantic_core import PydanticCustomError

from connectors.sdk.config import (
    SourceConfig,
    Strict,
    TagConfig,
    check_tags,
    field_error,
    raise_field_errors,
)

_NODE = re.compile(
    r"(?:nsu=(?P<uri>[^;\s][^;]*);|ns=(?P<index>\d+);)?(?P<kind>[isgb])=(?P<identifier>\S.*)"
)


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


class Security(Strict):
    """How the channel is protected. It must be said; there is no default."""

    policy: SecurityPolicy
    mode: SecurityMode

    @model_validator(mode="after")
    def _available(self) -> Self:
        if self.policy is not SecurityPolicy.NONE:
            raise PydanticCustomError(
                "security_policy_not_available",
                "the security policy {policy} is not available yet",
                {"policy": self.policy.value},
            )
        if self.mode is not SecurityMode.NONE:
            raise PydanticCustomError(
                "security_mode_mismatch", "policy none only goes with mode none"
            )
        return self


def _node(text: str) -> str:
    match = _NODE.fullmatch(text)
    if match is None or text != text.strip():
        raise PydanticCustomError(
            "node_id_malformed", "a node id looks like nsu=urn:example:machine;s=Machine.State"
        )
    if match["index"] not in (None, "0"):
        raise PydanticCustomError(
            "namespace_by_index",
            "write the namespace by its address (nsu=URI;), an index changes with the server",
        )
    if match["kind"] == "i" and not match["identifier"].isdecimal():
        raise PydanticCustomError("node_id_malformed", "a node id with i= needs a whole number")
    return text


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


class OpcuaTag(TagConfig):
    """One variable of an OPC UA server.

    Attributes:
        node: node id by namespace URI, such as `nsu=urn:demo:cnc;s=Cnc.State`.
        publish_ms: own publishing period, plant time; None takes that of the source.
    """

    node: Annotated[StrictStr, Field(max_length=1000), AfterValidator(_node)]
    publish_ms: PublishPeriod | None = None


class OpcuaSource(SourceConfig):
    """One OPC UA server.

    Attributes:
        allow_insecure: a person has accepted that the channel is not protected.
        publish_ms: publishing and sampling period of tags without their own, plant time.
        timeout_ms: real time to wait for one answer.
    """

    protocol: Literal["opcua"]
    endpoint: Annotated[StrictStr, AfterValidator(_endpoint)]
    security: Security | None = None
    allow_insecure: StrictBool = False
    publish_ms: PublishPeriod = 500
    timeout_ms: Annotated[StrictInt, Field(ge=100, le=60_000)] = 4000
    tags: Annotated[list[OpcuaTag], Field(min_length=1, max_length=10_000)]

    @property
    def tag_list(self) -> Sequence[OpcuaTag]:
        """The tags in the order of the file."""
        return self.tags

    @model_validator(mode="after")
    def _secure_or_accepted(self) -> Self:
        errors = check_tags(self.tags)
        if self.security is None:
            message = "say how the channel is protected: security: {policy: ..., mode: ...}"
            errors.append(field_error("security_missing", message, ("security",)))
        elif self.security.policy is SecurityPolicy.NONE and not self.allow_insecure:
            message = "policy none is refused unless allow_insecure: true stands beside it"
            errors.append(field_error("insecure_not_allowed", message, ("security", "policy")))
        raise_field_errors("source", errors)
        return self


def node_parts(node: str) -> tuple[str | None, str]:
    """Namespace URI (None is the standard namespace) and the rest, such as `s=Machine.State`."""
    match = _NODE.fullmatch(node)
    assert match is not None
    return match["uri"], f"{match['kind']}={match['identifier']}"
