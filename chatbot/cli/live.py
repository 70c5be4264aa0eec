"""What the live knowledge decides by, for commands that ask it."""

from __future__ import annotations

from chatbot.cli.opening import progress
from chatbot.cli.publishing import Desk
from chatbot.dialogue.service import Mind
from chatbot.errors import UserError
from chatbot.replay import mind_of_then
from chatbot.store.snapshots import live_snapshot


def live_mind(desk: Desk) -> Mind:
    """Return what decides by the snapshot that is live.

    Raises:
        UserError: nothing was published yet, or it is decided with another encoder.
    """
    snapshot = desk.database.run_sync(live_snapshot)
    if snapshot is None:
        raise UserError(
            "还没有发布过知识，不知道哪些问题已经能答；请先 chatbot knowledge publish。"
        )
    with progress("准备线上的知识", None) as advance:
        return mind_of_then(desk.bench, snapshot, advance)
