"""The configuration of an MQTT source, exactly as a plant file writes it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StrictBool, StrictInt, StrictStr, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from connectors.mqtt.json_path import parse_path
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
from connectors.sdk.messages import Quality
from connectors.sdk.steps import Endpoint

_QUALITIES = {quality.name.lower(): quality for quality in Quality}
PLAIN_PORT, TLS_PORT = 1883, 8883
TOPIC_BYTES_MAX = 1000


class PayloadFormat(StrEnum):
    """How messages are written."""

    JSON = "json"
    SPARKPLUG_B = "sparkplug_b"


class Version(StrEnum):
    """The version of the MQTT protocol."""

    V3_1_1 = "3.1.1"
    V5 = "5"


class TimeFormat(StrEnum):
    """How a time is written in a JSON message; a number counts from 1970 in UTC."""

    ISO = "iso"
    SECONDS = "s"
    MILLISECONDS = "ms"
    MICROSECONDS = "us"


def _topic(text: str) -> str:
    if len(text.encode()) > TOPIC_BYTES_MAX or any(sign in text for sign in "+#\0"):
        raise PydanticCustomError(
            "topic_malformed", "a topic is one full name, without the wildcards + and #"
        )
    return text


def _path(text: str) -> str:
    try:
        parse_path(text)
    except ValueError as error:
        raise PydanticCustomError(
            "json_path_malformed", "a path looks like values.temperature or items[0].value"
        ) from error
    return text


JsonPath = Annotated[StrictStr, Field(min_length=1, max_length=500), AfterValidator(_path)]
Topic = Annotated[StrictStr, Field(min_length=1), AfterValidator(_topic)]
SparkplugId = Annotated[StrictStr, Field(min_length=1, max_length=200, pattern=r"^[^+#/\x00]+$")]
FilePath = Annotated[StrictStr, Field(min_length=1)]


class Tls(Strict):
    """How the connection is protected.

    Attributes:
        ca_file: certificates that may sign the broker's; None takes those of the system.
        cert_file: our own certificate, where the broker wants one.
        key_file: the private key of `cert_file`.
    """

    ca_file: FilePath | None = None
    cert_file: FilePath | None = None
    key_file: FilePath | None = None


class Broker(Strict):
    """Where the broker is and how it knows us.

    Attributes:
        port: None is 1883, and 8883 with TLS.
        client_id: None makes a new one for each connection.
        keep_alive_s: real seconds; a dead broker is noticed within two of it.
    """

    host: Annotated[StrictStr, Field(min_length=1, max_length=253)]
    port: Annotated[StrictInt, Field(ge=1, le=65_535)] | None = None
    version: Version = Version.V3_1_1
    tls: Tls | None = None
    user: Annotated[StrictStr, Field(min_length=1, max_length=200)] | None = None
    password: Secret | None = None
    allow_insecure: StrictBool = False
    client_id: Annotated[StrictStr, Field(min_length=1, max_length=200)] | None = None
    keep_alive_s: Annotated[StrictInt, Field(ge=2, le=600)] = 4
    timeout_ms: Annotated[StrictInt, Field(ge=100, le=60_000)] = 2500

    @property
    def endpoint(self) -> Endpoint:
        """Host and port."""
        return Endpoint(self.host, self.port or (TLS_PORT if self.tls else PLAIN_PORT))

    @model_validator(mode="after")
    def _password_is_safe(self) -> Self:
        errors = []
        if self.password is not None and self.user is None:
            errors.append(field_error("user_missing", "a password needs a user", ("user",)))
        if self.password is not None and self.tls is None and not self.allow_insecure:
            message = "a password without tls is refused unless allow_insecure: true stands here"
            errors.append(field_error("insecure_not_allowed", message, ("password",)))
        if self.tls is not None and (self.tls.key_file is None) != (self.tls.cert_file is None):
            message = "cert_file and key_file go together"
            errors.append(field_error("certificate_incomplete", message, ("tls", "key_file")))
        raise_field_errors("broker", errors)
        return self


class MqttTag(TagConfig):
    """One value of a topic, or one metric of a Sparkplug node.

    Attributes:
        topic: topic of a JSON message.
        path: where the value lies in the message; None when the message is the value.
        time_path: where the time lies; None takes that of the source.
        metric: name of a Sparkplug metric.
        device: Sparkplug device of the metric; None for a metric of the node itself.
        max_silence_s: plant seconds without a message after which the value is bad.
    """

    topic: Topic | None = None
    path: JsonPath | None = None
    time_path: JsonPath | None = None
    metric: Annotated[StrictStr, Field(min_length=1, max_length=500)] | None = None
    device: SparkplugId | None = None
    max_silence_s: Annotated[Number, Field(gt=0, le=86_400)] | None = None


class MqttSource(SourceConfig):
    """Topics of a broker, or one edge node of Sparkplug B.

    Attributes:
        time_path: where the time lies in JSON messages; None takes the time of arrival.
        quality_path: where the quality lies; None means that what arrives is good.
        quality_values: what the words there mean; another word is bad.
        trust_retained: a retained message counts as fresh; otherwise it is uncertain, unless it has
            a time of its own that is younger than the tag's `max_silence_s`.
        group: Sparkplug group id.
        node: Sparkplug edge node id.
        request_rebirth: the node may be asked to describe itself again.
    """

    protocol: Literal["mqtt"]
    broker: Broker
    payload: PayloadFormat = PayloadFormat.JSON
    time_path: JsonPath | None = None
    time_format: TimeFormat = TimeFormat.ISO
    quality_path: JsonPath | None = None
    quality_values: dict[StrictStr, Literal["good", "uncertain", "bad"]] | None = None
    trust_retained: StrictBool = False
    group: SparkplugId | None = None
    node: SparkplugId | None = None
    request_rebirth: StrictBool = True
    tags: Annotated[list[MqttTag], Field(min_length=1, max_length=10_000)]

    @property
    def tag_list(self) -> Sequence[MqttTag]:
        """The tags in the order of the file."""
        return self.tags

    @property
    def endpoints(self) -> Sequence[Endpoint]:
        """The broker."""
        return [self.broker.endpoint]

    def quality_of(self, word: str) -> Quality:
        """What a word of a JSON message says about a value."""
        if self.quality_values is not None:
            word = self.quality_values.get(word, "bad")
        return _QUALITIES.get(word, Quality.BAD)

    @model_validator(mode="after")
    def _fits_the_payload(self) -> Self:
        errors = check_tags(self.tags)
        is_sparkplug = self.payload is PayloadFormat.SPARKPLUG_B
        for field in ("group", "node"):
            errors += _presence(field, getattr(self, field), (field,), wanted=is_sparkplug)
        for index, tag in enumerate(self.tags):
            path = ("tags", index)
            errors += _presence("topic", tag.topic, (*path, "topic"), wanted=not is_sparkplug)
            errors += _presence("metric", tag.metric, (*path, "metric"), wanted=is_sparkplug)
            for field in ("path", "time_path") if is_sparkplug else ("device",):
                errors += _presence(field, getattr(tag, field), (*path, field), wanted=False)
        raise_field_errors("source", errors)
        return self


def _presence(
    field: str, value: str | None, path: tuple[str | int, ...], *, wanted: bool
) -> list[InitErrorDetails]:
    """A mistake when a field is missing, or when it belongs to the other kind of payload.

    `path` and `time_path` and `device` may always be absent, so only their presence is judged.
    """
    if wanted and value is None:
        message = f"{field} is needed with this payload"
        return [field_error("field_missing_for_payload", message, path)]
    if not wanted and value is not None:
        message = f"{field} does not belong to this payload"
        return [field_error("field_not_for_payload", message, path)]
    return []
