"""What somebody who takes a conversation must know first: the card of the handoff, whole."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from chatbot.console.desk_rows import Json
from chatbot.console.harmless import harmless, one_line
from chatbot.dialogue.snapshot import Snapshot
from chatbot.store.conversations import Conversation
from chatbot.store.turns import Turn, latest_turns

_TURNS, _CANDIDATES, _LONGEST = 4, 3, 200
#: What is less likely than this tells nobody anything.
_LEAST_CONFIDENCE = 0.02


def brief(connection: Connection, conversation: Conversation, snapshot: Snapshot) -> Json | None:
    """Return what the customer wants, what was said before, and what the bot thought of it.

    ``candidates`` are entries with the probability that they answer; ``form`` is what a form knows,
    as titles with values in words; ``channel`` names the link by which the customer came. None
    without a turn in this session.
    """
    found = latest_turns(connection, conversation.id, _TURNS)
    turns = [each for each in found if each.session_version == found[-1].session_version]
    began = conversation.session_started_at
    if not turns or (began is not None and turns[-1].created_at < began):
        return None
    last = turns[-1]
    return {
        "asked": harmless(last.text),
        "before": [one_line(each.text, _LONGEST) for each in turns[:-1] if each.text],
        "candidates": _candidates(last, snapshot),
        "form": [[harmless(title), harmless(value)] for title, value in last.form],
        "channel": harmless(conversation.scene),
    }


def _candidates(turn: Turn, snapshot: Snapshot) -> list[dict[str, Any]]:
    told = turn.decision.get("candidates") or ()
    return [
        {"question": each["question"], "confidence": each["confidence"]}
        for each in told[:_CANDIDATES]
        if each["faq_id"] in snapshot.by_id and each["confidence"] >= _LEAST_CONFIDENCE
    ]
