"""The customer beside a conversation as JSON: tags and notes, read and changed."""

from __future__ import annotations

from aiohttp import web
from pydantic import Field
from sqlalchemy import Connection

from chatbot.api.requests import json_answer, read_body
from chatbot.console.bodies import Body, Nothing
from chatbot.console.customer_view import CustomerReader
from chatbot.console.finding import Subject, SubjectOf
from chatbot.console.problems import DeskProblem
from chatbot.console.tools import ConsoleTools
from chatbot.customers.records import give_tags, remove_tag
from chatbot.customers.tags import Cause, Gift, Tag
from chatbot.store.notes import add_note, remove_note

#: As long as WeCom takes (developer documentation, 客户标签管理/添加企业客户标签).
_LONGEST_TAG = 30
_LONGEST_NOTE = 2000


class TagBody(Body):
    """A tag, ``group:name``."""

    tag: str = Field(max_length=100)


class NoteBody(Body):
    """A note."""

    text: str = Field(max_length=_LONGEST_NOTE)


class CustomerApi:
    """Handlers of the customer."""

    def __init__(self, tools: ConsoleTools, reader: CustomerReader, subject_of: SubjectOf) -> None:
        self._tools = tools
        self._reader = reader
        self._subject_of = subject_of

    async def show(self, request: web.Request) -> web.Response:
        """Answer with what is known of the customer."""
        subject, _ = await self._subject_of(request)
        return await self._now(subject)

    async def add_tag(self, request: web.Request) -> web.Response:
        """Give a tag: the bot will not take it for its own, and it is written to WeCom."""
        subject, viewer = await self._subject_of(request)
        tag = _tag((await read_body(request, TagBody)).tag)
        groups = self._tools.snapshot().tag_groups
        gift = Gift(tag, Cause("admin", viewer.userid))

        def work(connection: Connection) -> None:
            now, customer = self._tools.clock.now(), subject.external_userid
            give_tags(connection, customer, [gift], groups, now)
            self._tools.audit(connection, viewer, "tag_add", customer, {"tag": str(tag)}, now)

        await self._tools.database.run(work)
        return await self._changed(subject)

    async def remove_tag(self, request: web.Request) -> web.Response:
        """Take a tag away; the bot respects it."""
        subject, viewer = await self._subject_of(request)
        tag = Tag.parse((await read_body(request, TagBody)).tag)
        groups = self._tools.snapshot().tag_groups

        def work(connection: Connection) -> bool:
            now, customer = self._tools.clock.now(), subject.external_userid
            cause = Cause("admin", viewer.userid)
            if not remove_tag(connection, customer, tag, cause, groups, now):
                return False
            self._tools.audit(connection, viewer, "tag_remove", customer, {"tag": str(tag)}, now)
            return True

        if not await self._tools.database.run(work):
            raise DeskProblem(404, "no_tag")
        return await self._changed(subject)

    async def add_note(self, request: web.Request) -> web.Response:
        """Write a note."""
        subject, viewer = await self._subject_of(request)
        text = (await read_body(request, NoteBody)).text.strip()
        if not text:
            raise DeskProblem(422, "note_empty")

        def work(connection: Connection) -> None:
            now, customer = self._tools.clock.now(), subject.external_userid
            note_id = add_note(connection, customer, text, viewer.userid, now)
            self._tools.audit(connection, viewer, "note_add", customer, {"note": note_id}, now)

        await self._tools.database.run(work)
        return await self._now(subject)

    async def remove_note(self, request: web.Request) -> web.Response:
        """Remove a note; it stays on record."""
        subject, viewer = await self._subject_of(request)
        await read_body(request, Nothing)
        note_id = int(request.match_info["note"])

        def work(connection: Connection) -> bool:
            now, customer = self._tools.clock.now(), subject.external_userid
            if not remove_note(connection, customer, note_id, viewer.userid, now):
                return False
            self._tools.audit(connection, viewer, "note_remove", customer, {"note": note_id}, now)
            return True

        if not await self._tools.database.run(work):
            raise DeskProblem(404, "no_note")
        return await self._now(subject)

    async def _changed(self, subject: Subject) -> web.Response:
        self._tools.news.ring()  # tags stand in the list
        return await self._now(subject)

    async def _now(self, subject: Subject) -> web.Response:
        return json_answer(
            await self._reader.view(subject.external_userid, subject.conversation_id)
        )


def _tag(written: str) -> Tag:
    tag = Tag.parse(written.replace("：", ":"))
    for part in (tag.group, tag.name):
        if not part or len(part) > _LONGEST_TAG or any(ord(each) < 32 for each in part):
            raise DeskProblem(422, "tag_wrong", longest=_LONGEST_TAG)
    return tag
