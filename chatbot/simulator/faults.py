"""Trouble on demand: errors, slow answers, lost answers, broken connections."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal[
    "errcode",  # answered with errcode, not executed
    "http_status",  # answered with an HTTP status and no body, not executed
    "drop_before",  # connection closed, not executed
    "drop_after",  # executed, the answer is lost
    "delay",  # executed `seconds` later
    "delay_after",  # executed at once, answered `seconds` later
    "msg_send_fail",  # kf/send_msg: accepted, then reported as failed with `fail_type`
    "empty_page",  # kf/sync_msg: an empty page with has_more=1
    "short_page",  # kf/sync_msg: at most `size` items a page
]

ANY_API = "*"


@dataclass(slots=True)
class Fault:
    """One kind of trouble for one API.

    It strikes ``times`` times (None: without end), each call with ``probability``. An errcode or
    status with ``seconds`` lasts for that window from its first strike, as 45009 does.
    """

    api: str
    kind: Kind
    times: int | None = 1
    probability: float = 1.0
    seconds: float = 0.0
    errcode: int = -1
    status: int = 500
    fail_type: int = 0
    size: int = 1
    seed: int | None = None
    _random: random.Random = field(init=False)
    _until: float | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - chance of trouble, nothing secret

    @property
    def lasts(self) -> bool:
        """Return whether this fault holds for a window once it has struck."""
        return self.kind in {"errcode", "http_status"} and self.seconds > 0

    def strike(self, now: float) -> bool:
        """Return whether the call at hand is hit, and count it."""
        if self._until is not None and now < self._until:
            return True
        if self.times == 0 or self._random.random() >= self.probability:
            return False
        if self.times is not None:
            self.times -= 1
        if self.lasts:
            self._until = now + self.seconds
        return True

    def spent(self, now: float) -> bool:
        """Return whether this fault will never strike again."""
        return self.times == 0 and (self._until is None or now >= self._until)


class FaultBox:
    """The faults in force, by API."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._by_api: dict[str, list[Fault]] = {}

    def add(self, fault: Fault) -> None:
        """Put ``fault`` in force."""
        self._by_api.setdefault(fault.api, []).append(fault)

    def clear(self) -> None:
        """End all faults."""
        self._by_api.clear()

    def strike(self, api: str) -> tuple[Fault, ...]:
        """Return the faults that hit this call of ``api``, and count them."""
        if not self._by_api:
            return ()
        now = self._now()
        hit = [f for name in (api, ANY_API) for f in self._by_api.get(name, ()) if f.strike(now)]
        for name in (api, ANY_API):
            self._forget_spent(name, now)
        return tuple(hit)

    def _forget_spent(self, name: str, now: float) -> None:
        left = [fault for fault in self._by_api.get(name, ()) if not fault.spent(now)]
        if left:
            self._by_api[name] = left
        else:
            self._by_api.pop(name, None)
