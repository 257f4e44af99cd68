"""RTU frames: the published checksum, and replies cut out of any stream of bytes."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.modbus.rtu_frames import checksum, cut_reply, rtu_frame
from tests.connectors.modbus.rtu_device import crc, framed

Frame = tuple[int, bytes]


@pytest.mark.parametrize(
    ("frame", "check"),
    [
        ("01 03 00 00 00 0A", "C5 CD"),
        ("02 07", "41 12"),
        ("11 03 00 6B 00 03", "76 87"),
        ("01 04 02 FF FF", "B8 80"),
    ],
)
def test_the_checksum_is_that_of_published_frames(frame: str, check: str) -> None:
    assert checksum(bytes.fromhex(frame)) == bytes.fromhex(check)


@given(st.binary(max_size=260))
def test_the_table_gives_what_the_specification_does_bit_by_bit(data: bytes) -> None:
    assert checksum(data) == crc(data)


def cut_all(data: bytes, size: int) -> tuple[list[Frame], bytes]:
    """Frames of a stream that arrives in pieces of this size, and what is left."""
    buffer, found = bytearray(), []
    for at in range(0, len(data), size):
        buffer += data[at : at + size]
        while (frame := cut_reply(buffer)) is not None:
            found.append(frame)
    return found, bytes(buffer)


WORDS = struct.pack(">HH", 10, 11)
READ = framed(b"\x01\x03\x04" + WORDS)
EXCEPTION = framed(b"\x01\x83\x02")
WRITTEN = framed(b"\x01\x10\x00\x05\x00\x02")


@pytest.mark.parametrize("size", [1, 3, 7, 500])
def test_frames_are_cut_by_function_and_length_however_they_arrive(size: int) -> None:
    frames, rest = cut_all(READ + EXCEPTION + WRITTEN + READ[:4], size)
    assert frames == [(1, READ[1:-2]), (1, EXCEPTION[1:-2]), (1, WRITTEN[1:-2])]
    assert rest == READ[:4]


@pytest.mark.parametrize("noise", [b"\x00", b"\xff\xff", b"\x01\x99", b"\x01\x03\x02\x00\x05xx"])
def test_noise_in_front_of_a_frame_is_passed_over(noise: bytes) -> None:
    frames, _ = cut_all(noise + READ + bytes(8), 500)
    assert frames == [(1, READ[1:-2])]


def test_a_frame_with_one_wrong_bit_is_no_frame() -> None:
    for bit in range(8 * len(READ)):
        broken = bytearray(READ)
        broken[bit >> 3] ^= 1 << (bit & 7)
        assert cut_all(bytes(broken) + bytes(300), 500)[0] == []


def oracle(data: bytes) -> list[Frame]:
    """The same rules said plainly over the whole stream at once."""
    found: list[Frame] = []
    at = 0
    while len(data) - at >= 5:
        function, count = data[at + 1], data[at + 2]
        length = {5: 8, 6: 8, 7: 5, 8: 8, 11: 8, 15: 8, 16: 8, 22: 10}.get(function, 0)
        if function > 128:
            length = 5
        elif function in (1, 2, 3, 4, 12, 17, 20, 21, 23):
            length = 5 + count
        if 0 < length <= 256:
            if len(data) - at < length:
                break
            if crc(data[at : at + length - 2]) == data[at + length - 2 : at + length]:
                found.append((data[at], data[at + 1 : at + length - 2]))
                at += length
                continue
        at += 1
    return found


PIECES = st.one_of(
    st.binary(max_size=20),
    st.sampled_from([READ, EXCEPTION, WRITTEN]),
    st.builds(
        lambda unit, words: rtu_frame(unit, bytes((4, 2 * len(words))) + bytes(2 * len(words))),
        st.integers(0, 255),
        st.lists(st.integers(0, 9), min_size=1, max_size=20),
    ),
    st.builds(lambda cut: READ[:cut], st.integers(0, len(READ))),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=8), st.integers(1, 40))
def test_any_stream_gives_the_frames_that_the_oracle_finds(pieces: list[bytes], size: int) -> None:
    data = b"".join(pieces)
    assert cut_all(data, size)[0] == oracle(data)
