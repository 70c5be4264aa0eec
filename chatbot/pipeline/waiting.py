"""Waiting for something to happen, or for time to pass, whichever is first."""

from __future__ import annotations

import asyncio

from chatbot.clock import Clock


async def wait_for(event: asyncio.Event, clock: Clock, seconds: float) -> bool:
    """Wait until ``event`` is set or ``seconds`` have passed; clear it and return if it was."""
    if not event.is_set():
        waits = [asyncio.ensure_future(event.wait()), asyncio.ensure_future(clock.sleep(seconds))]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
    happened = event.is_set()
    event.clear()
    return happened
