"""What an agent's word on a turn of the bot's comes to: a judgement, and a label to learn from."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from chatbot.store.gap_intake import look_again
from chatbot.store.judgements import (
    JudgedAs,
    JudgedTurn,
    Judgement,
    forget_judgement,
    lock_turn,
    save_judgement,
)
from chatbot.store.turn_labels import LabelSource, NewLabel, forget_judged, save_label


def judge_turn(
    connection: Connection,
    turn_id: int,
    conversation_id: int,
    judgement: Judgement | None,
    now: datetime,
    source: LabelSource = "judged",
) -> bool:
    """Keep what somebody says of a turn (None: nothing any more) in the place of what was said.

    ``source`` tells whether they came by it or chance had drawn it. Returns False if the
    conversation has no such turn.
    """
    turn = lock_turn(connection, turn_id)
    if turn is None or turn.conversation_id != conversation_id:
        return False
    forget_judged(connection, turn_id)
    look_again(connection, turn_id)
    if judgement is None:
        forget_judgement(connection, turn_id)
        return True
    save_judgement(connection, turn_id, judgement)
    label = label_of(turn, judgement.verdict, judgement.faq_id, source)
    if label is not None:
        save_label(connection, label, turn_id, now)
    return True


def label_of(
    turn: JudgedTurn, verdict: JudgedAs, faq_id: str | None, source: LabelSource = "judged"
) -> NewLabel | None:
    """Return what the judgement tells about the message, None where it tells nothing of an entry.

    Only an answer names an entry that was right or wrong. What several questions at once were
    about cannot be said by one entry.
    """
    decision = turn.decision
    answered = decision.get("faq_id")
    if not turn.text.strip() or decision.get("parts"):
        return None
    if verdict != "other" and (turn.action != "answer" or not answered):
        return None
    candidates = decision.get("candidates") or [{}]
    about = {"right": answered, "wrong": None, "other": faq_id}[verdict]
    return NewLabel(
        text=turn.text,
        faq_id=about,
        source=source,
        snapshot=turn.snapshot,
        ranked_first=candidates[0].get("faq_id"),
        confidence=float(decision.get("confidence", 0.0)),
        refused=(str(answered),) if verdict == "wrong" else (),
    )
