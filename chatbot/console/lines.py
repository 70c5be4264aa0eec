"""A conversation as lines to read: what was said, by whom, why, and what became of it.

The console and the read-only page of a conversation show the same lines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from chatbot.console.harmless import harmless
from chatbot.pipeline.payload_words import message_words, payload_words
from chatbot.pipeline.pictures import picture_of
from chatbot.store.desk_lines import DeskPage, HeardLine, SentLine
from chatbot.store.judgements import Judgement
from chatbot.store.ratings import Rating
from chatbot.store.turns import Turn
from chatbot.texts import Texts

_CUSTOMER = 3
#: What is played or downloaded rather than read.
MEDIA_TYPES = ("image", "voice", "video", "file")
_TROUBLE = frozenset({"refused", "unknown", "expired", "stale"})
_MOST_QUOTED = 20


@dataclass(frozen=True, slots=True)
class Line:
    """One line. ``kind`` is a message's type, or "note" for what happened in between.

    ``media`` is the address of a file below the console. Of what the bot said, ``turn`` can be
    judged, on its last line; ``candidates`` are the entries that came into question.
    """

    id: str
    who: Literal["customer", "bot", "staff", "note"]
    at: datetime
    kind: str
    text: str
    detail: str = ""
    name: str = ""
    state: str = ""
    trouble: bool = False
    reason: str = ""
    media: str = ""
    turn: int | None = None
    judged: Mapping[str, str] | None = None
    candidates: Sequence[Mapping[str, Any]] = ()

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {**asdict(self), "at": self.at.isoformat()}


@dataclass(frozen=True, slots=True)
class Wording:
    """How lines are worded: the texts in force, and what members are called by userid."""

    texts: Texts
    names: Mapping[str, str]

    def member(self, userid: str | None) -> str:
        """Return what a member is called; nothing for nobody."""
        return self.names.get(userid.lower(), userid) if userid else ""


def lines_of(page: DeskPage, wording: Wording) -> list[Line]:
    """Return a page of a conversation as lines, in order of time."""
    turns = {turn.id: turn for turn in page.turns}
    last_of = {part.turn_id: part.id for part in page.sent if part.kind == "kf_message"}
    lines = [_heard(each, wording) for each in page.heard]
    for part in page.sent:
        turn = turns.get(part.turn_id or 0)
        judged = turn is not None and last_of.get(turn.id) == part.id
        lines.append(_sent(part, turn, page.judgements if judged else None, wording))
    for turn in page.turns:
        if turn.mode == "assist":
            lines += _drafted(turn, page.judgements, wording)
    lines += [_rated(each, wording) for each in page.ratings]
    return sorted(lines, key=lambda line: line.at)


def _heard(message: HeardLine, wording: Wording) -> Line:
    if message.msgtype == "event":
        return _moved(message, wording)
    recalled = "recalled" in message.content or message.fate == "recalled"
    return Line(
        id=f"m{message.id}",
        who="customer" if message.origin == _CUSTOMER else "staff",
        at=message.sent_at,
        kind=message.msgtype,
        text=harmless(message_words(message.msgtype, message.content, wording.texts)),
        detail=harmless(_detail(message.msgtype, message.content)),
        name=wording.member(message.servicer_userid),
        state=_heard_state(message, recalled, wording.texts),
        trouble=message.fate in _TROUBLE,
        media=f"media/{message.id}"
        if message.msgtype in MEDIA_TYPES and not recalled and message.content.get("media_id")
        else "",
    )


def _heard_state(message: HeardLine, recalled: bool, texts: Texts) -> str:
    if recalled:
        return texts.page_recalled
    return texts.page_stale if message.fate == "stale" else ""


def _detail(msgtype: str, content: Mapping[str, Any]) -> str:
    """Return what else a message says, as plain lines: an address, where a link leads."""
    if msgtype == "merged_msg":
        quoted = [each for each in content.get("item") or () if isinstance(each, dict)]
        return "\n".join(
            f"{each.get('sender_name', '')}：{each.get('msg_content', '')}"
            for each in quoted[:_MOST_QUOTED]
        )
    shown = ("address",) if msgtype == "location" else ("desc", "url", "pagepath")
    found = [str(content[field]) for field in shown if content.get(field)]
    return "\n".join(found) if msgtype != "text" else ""


#: What staff did in their client (WeCom developer documentation, 微信客服/接收消息和事件).
_CHANGES = {1: "note_taken", 2: "note_transferred", 3: "note_ended", 4: "note_reopened"}


def _moved(event: HeardLine, wording: Wording) -> Line:
    words = wording.texts.desk_words
    change = _CHANGES.get(event.content.get("change_type", 0), "note_moved")
    name = wording.member(
        event.content.get("new_servicer_userid") or event.content.get("old_servicer_userid")
    )
    text = words[change].format(name=name or words["somebody"])
    return Line(f"m{event.id}", "note", event.sent_at, "note", text)


def _rated(rating: Rating, wording: Wording) -> Line:
    texts = wording.texts
    agent = wording.member(rating.userid)
    text = texts.page_rating.format(agent=agent, score=texts.score_caption(rating.score))
    reason = harmless(rating.reason or "")
    return Line(f"r{rating.key}", "note", rating.rated_at, "note", text, reason)


def _sent(
    part: SentLine,
    turn: Turn | None,
    judgements: Mapping[int, Judgement] | None,
    wording: Wording,
) -> Line:
    texts = wording.texts
    state = getattr(texts, f"page_{part.state}", texts.page_pending)
    if part.error_text:
        state = f"{state}: {harmless(part.error_text)}"
    trouble = part.state in _TROUBLE
    if part.kind in {"transition", "webhook"}:
        text = _moved_by_us(part, wording) if part.kind == "transition" else texts.page_webhook
        return Line(f"p{part.id}", "note", part.at, "note", text, state=state, trouble=trouble)
    message = part.payload.get("message", part.payload)
    sha256 = picture_of(message)
    return Line(
        id=f"p{part.id}",
        who="staff" if part.author else "bot",
        at=part.at,
        kind=str(message.get("msgtype", "text")),
        text=harmless(payload_words(message, texts)),
        name=wording.member(part.author),
        state=state,
        trouble=trouble,
        reason=why(turn, texts) if turn else "",
        media=f"pictures/{sha256}" if sha256 else "",
        **_judging(turn if judgements is not None else None, judgements or {}, wording),
    )


def _moved_by_us(part: SentLine, wording: Wording) -> str:
    words = wording.texts.desk_words
    name = wording.member(part.result.get("servicer_userid"))
    move = str(part.payload.get("move") or "")
    if move in {"end", "close"}:
        return words[f"note_move_{move}"]
    return words["note_given"].format(name=name) if name else wording.texts.page_transition


def _drafted(turn: Turn, judgements: Mapping[int, Judgement], wording: Wording) -> list[Line]:
    """Return what the bot would have said, where it could only draft."""
    texts = wording.texts
    last = len(turn.drafts) - 1
    return [
        Line(
            id=f"d{turn.id}-{number}",
            who="bot",
            at=turn.created_at,
            kind="draft",
            text=harmless(payload_words(draft, texts)),
            state=texts.page_draft,
            reason=why(turn, texts),
            **_judging(turn if number == last else None, judgements, wording),
        )
        for number, draft in enumerate(turn.drafts)
    ]


def _judging(
    turn: Turn | None, judgements: Mapping[int, Judgement], wording: Wording
) -> dict[str, Any]:
    if turn is None:
        return {}
    found = judgements.get(turn.id)
    judged = found and {
        "verdict": found.verdict, "question": found.question, "faq_id": found.faq_id or "",
        "by": wording.member(found.judged_by),
    }  # fmt: skip
    return {
        "turn": turn.id, "judged": judged, "candidates": turn.decision.get("candidates", ()),
    }  # fmt: skip


def why(turn: Turn, texts: Texts) -> str:
    """Return why the bot said it."""
    decision = turn.decision
    if turn.action == "answer":
        best = decision["candidates"][0]
        return texts.page_why_answer.format(
            question=best["question"], percent=round(100 * decision["confidence"])
        )
    if turn.action == "handoff":
        return texts.handoff_reason(decision["handoff"]["reason"])
    words = {
        "smalltalk": texts.page_why_smalltalk,
        "clarify": texts.page_why_clarify,
        "flow": texts.page_why_flow,
    }
    return words.get(turn.action, texts.page_why_reply)
