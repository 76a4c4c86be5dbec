"""The host's event loop, and its wall: what one callback does wrong costs only its own owner."""

import os

from octavo.kernels.host.loop import Callback, Loop


def test_timers_run_in_order_and_a_cancelled_one_never() -> None:
    loop, seen = Loop(lambda callback, problem: None), []
    loop.later(0.02, loop.stop)
    loop.later(0.01, lambda: seen.append("second"))
    loop.later(0, lambda: seen.append("first"))
    loop.later(0.005, lambda: seen.append("never")).cancel()
    loop.run()
    assert seen == ["first", "second"]


def test_a_descriptor_is_watched_for_reading_and_writing_until_it_is_not() -> None:
    loop, seen = Loop(lambda callback, problem: None), []
    read, write = os.pipe()

    def readable() -> None:
        seen.append(os.read(read, 10))
        loop.read(read, None)
        loop.later(0, loop.stop)

    def writable() -> None:
        os.write(write, b"x")
        loop.write(write, None)

    loop.read(read, readable)
    loop.write(write, writable)
    loop.run()
    os.write(write, b"nobody looks")
    loop.later(0.01, loop.stop)
    loop.run()
    assert seen == [b"x"]
    os.close(read)
    os.close(write)


def test_a_callback_that_fails_is_told_and_the_loop_goes_on() -> None:
    failed: list[tuple[Callback, Exception]] = []
    loop = Loop(lambda callback, problem: failed.append((callback, problem)))

    def fails() -> None:
        raise RuntimeError("mine alone")

    loop.later(0, fails)
    loop.later(0.01, loop.stop)
    loop.run()
    assert [(callback, str(problem)) for callback, problem in failed] == [(fails, "mine alone")]
