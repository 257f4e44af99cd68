"""The log of frames: bounded, numbered, and empty while nobody looks."""

from __future__ import annotations

from connectors.sdk.frames import BYTES_MAX, FRAMES_MAX, Direction, FrameLog


async def test_nothing_is_on_until_somebody_looks() -> None:
    log = FrameLog()
    assert not log.is_on
    log.watch()
    log.watch()
    assert log.is_on


async def test_the_oldest_frames_go_and_are_counted_as_lost() -> None:
    log = FrameLog()
    for number in range(FRAMES_MAX + 10):
        log.add(Direction.SENT, number.to_bytes(2, "big"))
    frames, lost = log.after(5, 3)
    assert lost == 5
    assert [frame.seq for frame in frames] == [11, 12, 13]
    assert log.after(FRAMES_MAX + 10, 3) == ([], 0)


async def test_a_long_frame_is_cut_and_tells_its_size() -> None:
    log = FrameLog()
    log.add(Direction.RECEIVED, bytes(BYTES_MAX + 7))
    (frame,), _ = log.after(0, 1)
    assert (len(frame.data), frame.size) == (BYTES_MAX, BYTES_MAX + 7)


async def test_words_stand_for_bytes_that_must_not_be_shown() -> None:
    log = FrameLog()
    log.tell(Direction.SENT, "ActivateSession", 412)
    (frame,), _ = log.after(0, 1)
    assert (frame.text, frame.data, frame.size) == ("ActivateSession", b"", 412)
