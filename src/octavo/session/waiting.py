"""Waiting for news or for a time to come, whichever is first, without a busy loop."""

import asyncio

import anyio

TICK = 0.001


async def woken(news: anyio.Event, seconds: float | None) -> None:
    """Returns when `news` is set, or a little more than `seconds` later, having set it (None: never).

    Not `anyio.move_on_after`: uvloop's timers count whole milliseconds and can be early, and anyio then sets them again and again until its
    deadline has passed, up to a millisecond of a processor at every expiry.
    """
    timer = None if seconds is None else asyncio.get_running_loop().call_later(seconds + TICK, news.set)
    try:
        await news.wait()
    finally:
        if timer is not None:
            timer.cancel()
