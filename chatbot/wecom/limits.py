"""Stops calling an API that the platform has closed for a while."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from chatbot.clock import Clock

_FIRST = timedelta(minutes=1)
_LONGEST = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _Closure:
    until: datetime
    length: timedelta


class FrequencyGuard:
    """Remembers which API answered 45009 and until when it is left alone.

    A block lasts as long as the exceeded window (minute, hour, day or month; WeCom developer
    documentation, 访问频率限制), but the answer does not say which one it was. So the first wait
    is a minute and doubles up to an hour while the platform keeps refusing; one success ends it.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._closures: dict[str, _Closure] = {}

    def closed_until(self, api: str) -> datetime | None:
        """Return when ``api`` opens again, or None when it is open."""
        closure = self._closures.get(api)
        return closure.until if closure and self._clock.now() < closure.until else None

    def close(self, api: str) -> datetime:
        """Note a 45009 of ``api`` and return when it opens again.

        Calls that were under way together count once.
        """
        now = self._clock.now()
        known = self._closures.get(api)
        if known is None:
            length = _FIRST
        elif now < known.until:
            return known.until
        else:
            length = min(known.length * 2, _LONGEST)
        self._closures[api] = _Closure(now + length, length)
        return now + length

    def succeeded(self, api: str) -> None:
        """Forget the closures of ``api``, unless it was closed by a call made meanwhile."""
        closure = self._closures.get(api)
        if closure and self._clock.now() >= closure.until:
            del self._closures[api]
