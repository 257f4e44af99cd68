"""Titles and help of the fields of a Modbus source."""

from __future__ import annotations

from connectors.sdk.words import Words

WORDS = {
    "link": Words(
        "연결",
        "Link",
        "같은 연결을 쓰는 수집장치들은 접속 하나를 나누어 씁니다.",
        "Sources that name the same link share one connection.",
    ),
    "link.transport": Words(
        "전송 방식",
        "Transport",
        "TCP, 직렬(RTU), TCP로 감싼 RTU 가운데 하나입니다.",
        "TCP, a serial line (RTU), or RTU frames through TCP.",
    ),
    "link.host": Words(
        "주소",
        "Host",
        "장치나 게이트웨이의 이름 또는 IP입니다.",
        "Name or address of the device or gateway.",
    ),
    "link.port": Words("포트", "Port", "보통 502입니다.", "Usually 502."),
    "link.pause_ms": Words(
        "요청 간격",
        "Pause",
        "응답을 받은 뒤 다음 요청까지 연결을 쉬게 합니다.",
        "Rest of the link after a reply, before the next request.",
        "ms",
    ),
    "link.quiet_ms": Words(
        "무응답 뒤 대기",
        "Quiet time",
        "응답이 늦은 국번에는 이 시간 동안 묻지 않습니다. 비우면 제한 시간과 같습니다.",
        "A unit that did not reply in time is left alone this long; empty takes the time-out.",
        "ms",
    ),
    "link.serial_port": Words(
        "직렬 포트",
        "Serial port",
        "/dev/serial/by-id/ 아래의 장치 파일이 가장 안전합니다.",
        "Device file, best one below /dev/serial/by-id/.",
    ),
    "link.baud": Words(
        "통신 속도", "Baud rate", "장치에 설정된 속도입니다.", "As set in the device.", "bit/s"
    ),
    "link.parity": Words(
        "패리티", "Parity", "장치에 설정된 패리티입니다.", "As set in the device."
    ),
    "link.stop_bits": Words(
        "정지 비트",
        "Stop bits",
        "비우면 패리티가 있을 때 1, 없을 때 2입니다.",
        "Empty takes 1 with parity and 2 without.",
    ),
    "unit": Words(
        "국번", "Unit", "연결 뒤에 있는 장치의 번호입니다.", "Number of the device behind the link."
    ),
    "address_base": Words(
        "주소 기준",
        "Address base",
        "설명서가 0부터 세면 0, 1부터 세면 1입니다.",
        "0: addresses as on the wire; 1: the manual counts from 1.",
    ),
    "max_registers": Words(
        "최대 레지스터 수",
        "Largest read",
        "장치가 한 번에 받아 주는 레지스터 수입니다.",
        "Registers that the device takes in one read.",
    ),
    "max_bits": Words(
        "최대 비트 수",
        "Largest bit read",
        "장치가 한 번에 받아 주는 비트 수입니다.",
        "Bits that the device takes in one read.",
    ),
    "max_gap": Words(
        "최대 빈틈",
        "Largest gap",
        "한 요청이 건너뛸 수 있는 레지스터 수입니다. 비트는 16배입니다.",
        "Unread registers that one request may span; 16 times as many bits.",
    ),
    "readable": Words(
        "읽을 수 있는 범위",
        "Readable ranges",
        "경계를 넘는 읽기를 거부하는 장치의 범위입니다.",
        "Ranges of a device that refuses reads across their borders.",
    ),
    "readable.table": Words(
        "테이블", "Table", "범위가 있는 테이블입니다.", "The table of the range."
    ),
    "readable.first": Words("처음 주소", "First", "범위의 처음 주소입니다.", "First address."),
    "readable.last": Words("끝 주소", "Last", "범위의 끝 주소입니다.", "Last address, included."),
    "pause_ms": Words(
        "장치 휴식",
        "Rest of the unit",
        "응답한 뒤 이 국번이 쉬는 시간입니다.",
        "Time that this unit rests after a reply.",
        "ms",
    ),
    "timeout_ms": Words(
        "응답 제한 시간",
        "Time-out",
        "응답 하나를 기다리는 시간입니다.",
        "Time to wait for one reply.",
        "ms",
    ),
    "scan_ms": Words(
        "수집 주기",
        "Scan period",
        "따로 정하지 않은 태그를 읽는 주기입니다.",
        "How often tags without their own period are read.",
        "ms",
    ),
    "write_single": Words(
        "단일 쓰기",
        "Single writes",
        "값 하나를 기능 코드 5와 6으로 씁니다. 15와 16만 받는 장치에서는 끕니다.",
        "One value is written with functions 5 and 6; off for devices that only take 15 and 16.",
    ),
    "tags.table": Words(
        "테이블",
        "Table",
        "레지스터 또는 비트 테이블입니다.",
        "One of the four tables of the device.",
    ),
    "tags.address": Words(
        "주소", "Address", "주소 기준에 따라 셉니다.", "Counted as the address base says."
    ),
    "tags.type": Words(
        "자료형", "Type", "값이 레지스터에 놓인 모양입니다.", "How the value lies in its registers."
    ),
    "tags.order": Words(
        "바이트 순서",
        "Byte order",
        "도착한 순서대로 쓴 바이트입니다. 비우면 큰 자리부터입니다.",
        "The bytes as they arrive; empty is big-endian.",
    ),
    "tags.bit": Words(
        "비트 번호",
        "Bit",
        "0이 가장 낮은 비트입니다.",
        "Number of the bit, 0 is the least significant.",
    ),
    "tags.length": Words(
        "길이", "Length", "문자열이 차지하는 레지스터 수입니다.", "Registers of a string."
    ),
    "tags.encoding": Words(
        "문자 부호", "Encoding", "문자열의 문자 부호입니다.", "Text encoding of a string."
    ),
    "tags.scan_ms": Words(
        "수집 주기",
        "Scan period",
        "이 태그만의 주기입니다. 비우면 수집장치를 따릅니다.",
        "Own period of the tag; empty takes that of the source.",
        "ms",
    ),
}
