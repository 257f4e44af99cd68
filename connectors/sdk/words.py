"""Titles and help of configuration fields for people, and those that all connectors share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Words(NamedTuple):
    """What a person reads beside a field.

    Attributes:
        unit: unit of a number, in the words of both languages; None when it has none.
    """

    title_ko: str
    title_en: str
    help_ko: str
    help_en: str
    unit: str | None = None

    @property
    def title(self) -> Mapping[str, str]:
        """The title by language."""
        return {"ko": self.title_ko, "en": self.title_en}

    @property
    def help(self) -> Mapping[str, str]:
        """The help by language."""
        return {"ko": self.help_ko, "en": self.help_en}


COMMON: Mapping[str, Words] = {
    "id": Words(
        "수집장치 ID",
        "Source id",
        "공장 안에서 하나뿐인 이름입니다. 태그는 ID/태그로 부릅니다.",
        "Unique in the plant; tags are named id/tag.",
    ),
    "protocol": Words(
        "프로토콜",
        "Protocol",
        "어떤 수집기로 읽을지 정합니다.",
        "Which connector reads the source.",
    ),
    "name": Words(
        "표시 이름",
        "Name for people",
        "화면에 보이는 이름을 언어별로 씁니다.",
        "The name on screens, by language.",
    ),
    "host": Words("주소", "Host", "장치의 이름 또는 IP입니다.", "Name or address of the device."),
    "port": Words("포트", "Port", "장치의 TCP 포트입니다.", "TCP port of the device."),
    "scan_ms": Words(
        "수집 주기", "Scan period", "태그를 읽는 주기입니다.", "How often the tags are read.", "ms"
    ),
    "tags": Words("태그", "Tags", "읽을 값의 목록입니다.", "The values to read."),
    "tags.name": Words(
        "태그 이름",
        "Tag name",
        "수집장치 안에서 하나뿐인 이름입니다.",
        "Unique inside the source.",
    ),
    "tags.unit": Words(
        "단위", "Unit", "변환한 뒤 값의 단위입니다.", "Engineering unit of the converted value."
    ),
    "tags.scale": Words(
        "배율",
        "Scale",
        "원시값에 곱합니다. 오프셋보다 먼저 적용합니다.",
        "Factor on the raw number, before the offset.",
    ),
    "tags.offset": Words(
        "오프셋", "Offset", "배율을 적용한 뒤 더합니다.", "Added after the scale."
    ),
    "tags.scale_exponent_from": Words(
        "소수 자릿수 태그",
        "Decimals from tag",
        "소수 자릿수를 담은 태그입니다. 값을 10의 그 제곱으로 나눕니다.",
        "Tag that holds the number of decimals; the value is divided by ten to that power.",
    ),
    "tags.invert": Words(
        "반전", "Invert", "참과 거짓을 바꿉니다.", "Turns true into false and the reverse."
    ),
    "tags.enum": Words(
        "값 이름표",
        "Labels",
        "숫자마다 이름을 줍니다. 표에 없는 값은 불량입니다.",
        "A word for each number; a number that is not listed is bad.",
    ),
    "tags.bad_values": Words(
        "고장 값",
        "Fault values",
        "고장을 뜻하는 원시값과 그 까닭입니다.",
        "Raw values that mean a fault, with the reason of each.",
    ),
    "tags.valid_if": Words(
        "유효 조건",
        "Valid if",
        "다른 태그가 이 값일 때만 값이 유효합니다.",
        "The value counts only while another tag has this value.",
    ),
    "tags.valid_if.tag": Words(
        "조건 태그",
        "Other tag",
        "같은 수집장치의 다른 태그입니다.",
        "Another tag of the same source.",
    ),
    "tags.valid_if.value": Words(
        "조건 값", "Its value", "그 태그가 가져야 하는 값입니다.", "The value that it must have."
    ),
    "tags.min": Words("최솟값", "Smallest", "이보다 작으면 불량입니다.", "A smaller value is bad."),
    "tags.max": Words("최댓값", "Largest", "이보다 크면 불량입니다.", "A larger value is bad."),
    "tags.deadband": Words(
        "불감대",
        "Dead-band",
        "이보다 많이 변했을 때만 보고합니다.",
        "A number is reported only when it moved by more than this.",
    ),
    "tags.swinging_door": Words(
        "직선 오차",
        "Swinging door",
        "보고한 값을 이은 직선이 이보다 많이 벗어날 때만 보고합니다. 설비 신호에는 쓰지 않습니다.",
        "A number is reported only when a straight line would miss it by more than this; never "
        "for a signal of a machine.",
    ),
    "tags.max_age_s": Words(
        "최대 나이",
        "Largest age",
        "변하지 않아도 이 시간이 지나면 다시 보고합니다.",
        "An unchanged value is reported again after this time.",
        "s",
    ),
}
