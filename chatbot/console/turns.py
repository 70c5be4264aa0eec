"""The read-only page of one conversation: where links in cards lead.

Its address is a random number of 128 bits that only staff who got a card have seen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
from aiohttp import web
from sqlalchemy import Connection

from chatbot.console.security import page_security
from chatbot.pipeline.payload_words import payload_words
from chatbot.store.accounts import account_name
from chatbot.store.conversations import Conversation, find_conversation
from chatbot.store.database import Database
from chatbot.store.messages import Message, message_history
from chatbot.store.outbox import SettledPart, parts_of
from chatbot.store.turns import Turn, latest_turns
from chatbot.texts import Texts

_FOLDER = Path(__file__).parent
_SHOWN = 200
_CUSTOMER, _STAFF = 3, 5


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the page. ``who``: customer, bot, staff or note."""

    who: str
    at: datetime
    text: str
    state: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """What the page shows."""

    conversation: Conversation
    account: str
    lines: Sequence[Line]


def conversation_pages(
    database: Database, texts: Callable[[], Texts], timezone: str
) -> web.Application:
    """Return the application that serves ``/turns/{public id}``."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        auto_reload=False,
    )
    zone = ZoneInfo(timezone)
    # Read and compiled now: a request may not wait for files.
    environment.get_template("base.html")
    conversation, missing = map(environment.get_template, ("conversation.html", "missing.html"))

    def render(template: jinja2.Template, status: int, **values: Any) -> web.Response:
        body = template.render(texts=texts(), zone=zone, **values)
        return web.Response(text=body, status=status, content_type="text/html")

    async def show(request: web.Request) -> web.Response:
        page = await database.run(_load_page, request.match_info["public_id"], texts())
        if page is None:
            return render(missing, 404)
        return render(conversation, 200, page=page)

    app = web.Application(middlewares=[page_security])
    app.router.add_static("/static", _FOLDER / "static")
    app.router.add_get("/{public_id:[A-Za-z0-9_-]{16,64}}", show)
    return app


def _load_page(connection: Connection, public_id: str, texts: Texts) -> Page | None:
    conversation = find_conversation(connection, public_id)
    if conversation is None:
        return None
    messages = message_history(connection, conversation.id, _SHOWN)
    parts = parts_of(connection, conversation.id, _SHOWN)
    turns = {turn.id: turn for turn in latest_turns(connection, conversation.id, _SHOWN)}
    lines = [_message_line(message, texts) for message in messages]
    lines += [_part_line(part, turns, texts) for part in parts if part.kind != "staff_message"]
    for turn in turns.values():
        lines += _draft_lines(turn, texts)
    lines.sort(key=lambda line: line.at)
    return Page(conversation, account_name(connection, conversation.open_kfid), lines)


def _message_line(message: Message, texts: Texts) -> Line:
    who = "customer" if message.origin == _CUSTOMER else "staff"
    state = {"stale": texts.page_stale, "recalled": texts.page_recalled}.get(message.fate, "")
    return Line(who, message.sent_at, message_text(message, texts), state)


def message_text(message: Message, texts: Texts) -> str:
    """Return a message as one line of words, whatever its type."""
    content = message.content
    if message.msgtype == "text":
        return str(content.get("content", ""))
    for field in ("title", "name", "address", "head_content"):
        if content.get(field):
            return str(content[field])
    return str(getattr(texts, f"page_{message.msgtype}", texts.page_other))


def _part_line(part: SettledPart, turns: dict[int, Turn], texts: Texts) -> Line:
    turn = turns.get(part.turn_id or 0)
    at = part.settled_at or part.created_at
    state = getattr(texts, f"page_{part.state}", texts.page_pending)
    if part.error_text:
        state = f"{state}: {part.error_text}"
    if part.kind == "transition":
        return Line("note", at, texts.page_transition, state)
    if part.kind == "webhook":
        return Line("note", at, texts.page_webhook, state)
    message = part.payload.get("message", part.payload)
    return Line("bot", at, payload_words(message, texts), state, _why(turn, texts) if turn else "")


def _draft_lines(turn: Turn, texts: Texts) -> list[Line]:
    """Return what the bot would have said, where it could only draft."""
    why = _why(turn, texts)
    return [
        Line("bot", turn.created_at, payload_words(draft, texts), texts.page_draft, why)
        for draft in turn.drafts
    ]


def _why(turn: Turn, texts: Texts) -> str:
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
