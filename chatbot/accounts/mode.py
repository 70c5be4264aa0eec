"""How far an account's bot may go, and what that means for one customer at one moment. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal, get_args

#: From nothing to everything; ``after-hours`` answers only while no staff are there.
Mode = Literal["off", "assist", "after-hours", "full"]
MODES: tuple[Mode, ...] = get_args(Mode)

#: What the bot does with a message: answer it, record what it would have answered, or nothing.
Standing = Literal["answer", "record", "nothing"]


@dataclass(frozen=True, slots=True)
class ModeSetting:
    """A mode, and the percentage (0 to 100) of customers that the bot answers in it."""

    mode: Mode = "full"
    percent: int = 100

    def standing(self, open_kfid: str, external_userid: str, *, staffed: bool) -> Standing:
        """Return how far the bot may go with this customer.

        ``staffed``: it is within the account's hours now. Customers beyond the percentage are
        treated as in ``assist``.
        """
        if self.mode == "off":
            return "nothing"
        if self.mode == "assist" or (self.mode == "after-hours" and staffed):
            return "record"
        return "answer" if customer_share(open_kfid, external_userid) < self.percent else "record"


def customer_share(open_kfid: str, external_userid: str) -> int:
    """Return the customer's fixed place from 0 to 99 among an account's customers.

    It depends on nothing but the two ids, so a raised percentage keeps everybody who was in it.
    """
    digest = hashlib.sha256(f"{open_kfid}\n{external_userid}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % 100
