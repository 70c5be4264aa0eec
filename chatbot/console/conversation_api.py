"""One conversation as JSON: reading it, acting on it, judging what the bot said."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from chatbot.access.viewer import Viewer
from chatbot.api.requests import json_answer, read_body, read_query
from chatbot.console.acting import Conflict, Done, DraftOf, Outcome, Refused
from chatbot.console.bodies import Body, Nothing
from chatbot.console.colleagues import Colleagues
from chatbot.console.conversation_view import ConversationReader, Talk
from chatbot.console.finding import TalkOf
from chatbot.console.judging import judge_turn
from chatbot.console.problems import DeskProblem
from chatbot.console.quick_api import note_uses
from chatbot.console.tools import ConsoleTools
from chatbot.pipeline.payload_words import is_well_formed
from chatbot.pipeline.sending import MESSAGE_BUDGET
from chatbot.store.judgements import Judgement
from chatbot.wecom.splitting import split_text

#: What a reply may hold beside its text.
_EXTRAS = frozenset({"image", "link", "miniprogram", "msgmenu", "video", "file"})


class Seen(Body):
    """The version of the session that the page showed."""

    version: int = Field(ge=0, lt=2**31)


class Transfer(Seen):
    """To whom."""

    to: str = Field(min_length=1, max_length=64)


class Reply(Seen):
    """What to send; ``extras`` are messages of a draft beside its text.

    ``used`` are the suggestions that it was made from.
    """

    text: str = Field(max_length=10_000)
    extras: list[dict[str, Any]] = Field(default_factory=list, max_length=4)
    turn: int | None = None
    faq_id: str | None = Field(default=None, max_length=128)
    used: list[Annotated[str, Field(max_length=160)]] = Field(default_factory=list, max_length=10)


class Verdict(Body):
    """What is said of a turn; "none" takes it back."""

    verdict: Literal["right", "wrong", "other", "none"]
    faq_id: str | None = Field(default=None, max_length=128)


class Before(BaseModel):
    """The message that the page ends before."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    before: int = Field(ge=1, lt=2**63)


class ConversationApi:
    """Handlers of one conversation."""

    def __init__(
        self,
        tools: ConsoleTools,
        reader: ConversationReader,
        colleagues: Colleagues,
        talk_of: TalkOf,
    ) -> None:
        self._tools = tools
        self._reader = reader
        self._colleagues = colleagues
        self._talk_of = talk_of

    async def show(self, request: web.Request) -> web.Response:
        """Answer with how it stands and its newest lines."""
        talk, viewer = await self._talk_of(request)
        return json_answer(await self._reader.view(talk, viewer))

    async def older(self, request: web.Request) -> web.Response:
        """Answer with the lines before."""
        talk, _ = await self._talk_of(request)
        return json_answer(await self._reader.lines(talk, read_query(request, Before).before))

    async def colleagues(self, request: web.Request) -> web.Response:
        """Answer with whom it can be given to."""
        talk, _ = await self._talk_of(request)
        found = await self._colleagues.of(talk.conversation.open_kfid)
        return json_answer({"colleagues": [each.to_json() for each in found]})

    # Acting

    async def take(self, request: web.Request) -> web.Response:
        """Take it."""
        talk, viewer = await self._talk_of(request)
        version = (await read_body(request, Seen)).version
        outcome = await self._tools.actions.take(viewer, talk.conversation.id, version)
        return await self._told(outcome, request)

    async def transfer(self, request: web.Request) -> web.Response:
        """Give it to a colleague."""
        talk, viewer = await self._talk_of(request)
        body = await read_body(request, Transfer)
        outcome = await self._tools.actions.transfer(
            viewer, talk.conversation.id, body.version, body.to
        )
        return await self._told(outcome, request)

    async def end(self, request: web.Request) -> web.Response:
        """End the session."""
        talk, viewer = await self._talk_of(request)
        version = (await read_body(request, Seen)).version
        outcome = await self._tools.actions.end(viewer, talk.conversation.id, version)
        return await self._told(outcome, request)

    async def answer(self, request: web.Request) -> web.Response:
        """Send a reply through the bot's channel."""
        talk, viewer = await self._talk_of(request)
        body = await read_body(request, Reply)
        draft = DraftOf(body.turn, body.faq_id) if body.turn or body.faq_id else None
        outcome = await self._tools.actions.answer(
            viewer, talk.conversation.id, body.version, _messages(body), draft
        )
        if isinstance(outcome, Done):
            await note_uses(self._tools.assist, viewer.userid, body.used)
        return await self._told(outcome, request)

    async def pause(self, request: web.Request) -> web.Response:
        """Let the bot be silent for a minute."""
        talk, viewer = await self._talk_of(request)
        await read_body(request, Nothing)
        outcome = await self._tools.actions.pause(viewer, talk.conversation.id)
        return await self._told(outcome, request)

    async def resume(self, request: web.Request) -> web.Response:
        """End one's own pause."""
        talk, viewer = await self._talk_of(request)
        await read_body(request, Nothing)
        outcome = await self._tools.actions.resume(viewer, talk.conversation.id)
        return await self._told(outcome, request)

    async def _told(self, outcome: Outcome, request: web.Request) -> web.Response:
        """Answer with how the conversation stands now, and why nothing was done if so."""
        if isinstance(outcome, Refused):
            problem = {"code": "refused", "message": outcome.reason}
            return json_answer({"error": problem}, 422)
        self._tools.news.ring()
        talk, viewer = await self._talk_of(request)
        now = await self._reader.view(talk, viewer)
        if isinstance(outcome, Done):
            return json_answer(now)
        return json_answer({"error": self._conflict(outcome, talk), **now}, 409)

    def _conflict(self, conflict: Conflict, talk: Talk) -> dict[str, str]:
        texts = self._tools.snapshot().texts
        words = texts.desk_words
        sentence = words.get(f"conflict_{conflict.reason}", words["conflict_moved"])
        who = "paused_name" if conflict.reason == "paused" else "servicer_name"
        name = talk.entry.shown[who] or conflict.servicer or words["somebody"]
        message = sentence.format(name=name, state=texts.page_sessions[conflict.state])
        return {"code": "conflict", "message": message}

    # Judging

    async def judge(self, request: web.Request) -> web.Response:
        """Keep what the viewer says of a turn."""
        talk, viewer = await self._talk_of(request)
        body = await read_body(request, Verdict)
        judgement, now = self._judgement(body, viewer), self._tools.clock.now()
        turn_id, number = int(request.match_info["turn"]), talk.conversation.id

        def work(connection: Connection) -> bool:
            known = judge_turn(connection, turn_id, number, judgement, now)
            if known:
                detail = {"turn": turn_id, "verdict": body.verdict, "faq_id": body.faq_id}
                public_id = talk.conversation.public_id
                self._tools.audit(connection, viewer, "turn_judge", public_id, detail, now)
            return known

        if not await self._tools.database.run(work):
            raise DeskProblem(404, "no_turn")
        return json_answer({"judged": judgement and _judged(judgement, viewer)})

    def _judgement(self, body: Verdict, viewer: Viewer) -> Judgement | None:
        if body.verdict == "none":
            return None
        snapshot, faq_id = self._tools.snapshot(), None
        question = ""
        if body.verdict == "other":
            faq_id = body.faq_id
            if faq_id is None or faq_id not in snapshot.by_id:
                raise DeskProblem(422, "no_entry")
            question = snapshot.entries[snapshot.by_id[faq_id]].question
        now = self._tools.clock.now()
        return Judgement(body.verdict, faq_id, question, viewer.userid, now)


def _judged(judgement: Judgement, viewer: Viewer) -> dict[str, str]:
    return {
        "verdict": judgement.verdict, "faq_id": judgement.faq_id or "",
        "question": judgement.question, "by": viewer.name,
    }  # fmt: skip


def _messages(reply: Reply) -> list[dict[str, Any]]:
    """Return what is sent; raise DeskProblem for nothing, too much, or what cannot be sent."""
    text = reply.text.strip()
    for extra in reply.extras:
        kind = extra.get("msgtype")
        if kind not in _EXTRAS or not is_well_formed(extra):
            raise DeskProblem(422, "reply_unknown")
    texts = split_text(text) if text else []
    messages = [{"msgtype": "text", "text": {"content": each}} for each in texts] + reply.extras
    if not messages:
        raise DeskProblem(422, "reply_empty")
    if len(messages) > MESSAGE_BUDGET:
        raise DeskProblem(422, "reply_too_long", most=MESSAGE_BUDGET)
    return messages
