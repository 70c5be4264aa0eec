"""Named instants between two steps, where tests may stop the process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

Step = Literal[
    "page-fetched",  # sync_msg answered, nothing is stored
    "page-stored",  # messages and cursor are committed
    "claimed",  # a conversation is leased
    "decided",  # the turn is decided, nothing is stored
    "turn-committed",  # turn and parts are committed, the first part is marked as being sent
    "part-sent",  # the platform answered, its answer is not stored
    "part-settled",  # the part has its fate
    "handed-over",  # the platform moved the session, that is not stored
    "reminders-claimed",  # cases are locked, nothing is told
    "insight-taken",  # notes of changes are taken away, nothing is counted
    "insight-counted",  # the sums are changed, that is not committed
]

#: Called with the name of each step as it is reached.
Checkpoint = Callable[[Step], None]


def pass_by(step: Step) -> None:
    """Do nothing: the checkpoint of production."""
