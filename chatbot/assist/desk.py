"""The service that card, console and sidebar ask for drafts, quick replies and search."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial

from sqlalchemy import Connection

from chatbot.assist import drafts as drafting
from chatbot.assist.drafts import Draft
from chatbot.assist.replies import (
    MOST_OWN,
    Folder,
    Reply,
    clean_reply,
    faq_id_in,
    known_variables,
    own_id_in,
)
from chatbot.assist.search import SearchIndex
from chatbot.assist.shelf import Found, Shelf
from chatbot.assist.talk import Talk, read_talk
from chatbot.assist.warm import Indexes, OwnVectors
from chatbot.clock import Clock
from chatbot.dialogue.service import DialogueService, Mind
from chatbot.dialogue.snapshot import Snapshot
from chatbot.dialogue.turn import Utterance
from chatbot.errors import UserError
from chatbot.matching.encoder import Vectors
from chatbot.matching.vector_cache import VectorStore
from chatbot.store import quick_replies as store
from chatbot.store.database import Database
from chatbot.store.quick_replies import OwnReply, Uses

_LONGEST_QUERY = 100


class AssistDesk:
    """Helps agents to answer; nothing it does is recorded but own quick replies and their use.

    ``conversation_id`` says whom a reply is for; without it ``external_userid`` may, as in a
    member's own chat with a contact. Methods raise UserError if there is no such conversation, and
    StoreUnavailable if the database cannot be reached.
    """

    def __init__(
        self, database: Database, dialogue: DialogueService, vectors: VectorStore, clock: Clock
    ) -> None:
        self._database = database
        self._dialogue = dialogue
        self._clock = clock
        self._indexes = Indexes()
        self._own_vectors = OwnVectors(vectors)

    async def drafts(self, conversation_id: int) -> tuple[Draft, ...]:
        """Return up to three drafts for what the customer wrote last.

        Of what a turn was made of they are that turn's; what was written to a person since is
        asked anew. Where a rule decided, the meaning of the words leads to them.
        """
        talk = await self._talk(conversation_id, "")
        if talk.unheard:
            return await self._asked(talk, talk.unheard)
        if not talk.turns:
            return ()
        told = drafting.drafts_of_turns(
            self._snapshot, talk.turns, talk.context, talk.situation, talk.unsent
        )
        return told or await self._meant(talk, drafting.question_of(talk.turns))

    async def drafts_for_text(
        self, text: str, conversation_id: int | None = None, *, external_userid: str = ""
    ) -> tuple[Draft, ...]:
        """Return up to three drafts for any text, asked as if the customer had just written it."""
        talk = await self._talk(conversation_id, external_userid)
        return await self._asked(talk, text) if text.strip() else ()

    async def quick_replies(
        self, userid: str, conversation_id: int | None = None, *, external_userid: str = ""
    ) -> tuple[Folder, ...]:
        """Return the folders of quick replies: the brand's by stage, then the agent's own."""
        shelf = await self._shelf(userid, self._snapshot, conversation_id, external_userid)
        return await asyncio.to_thread(shelf.folders)

    async def often_used(
        self,
        userid: str,
        conversation_id: int | None = None,
        limit: int = 5,
        *,
        external_userid: str = "",
    ) -> Folder:
        """Return what the agent uses most, best first, as a folder; empty before the first use."""
        shelf = await self._shelf(userid, self._snapshot, conversation_id, external_userid)
        return await asyncio.to_thread(shelf.often_used, limit)

    async def search(
        self,
        userid: str,
        query: str,
        conversation_id: int | None = None,
        limit: int = 20,
        *,
        external_userid: str = "",
    ) -> tuple[Found, ...]:
        """Return what ``query`` finds, best first; an empty one, what is used most.

        In one order: by score, then quick replies before other entries, then those used more.
        """
        mind, query = self._dialogue.mind, query.strip()[:_LONGEST_QUERY]
        snapshot = mind.dialogue.snapshot
        shelf = await self._shelf(userid, snapshot, conversation_id, external_userid)
        if not query:
            return await asyncio.to_thread(shelf.most_used, limit)
        index = await asyncio.to_thread(self._indexes.of, snapshot)
        vectors = await asyncio.to_thread(self._own_vectors.of, mind, userid, shelf.own)
        find = partial(_find, index, mind, query, shelf, vectors, limit)
        return await self._dialogue.compute(find)

    async def find_entries(self, userid: str, query: str, limit: int = 20) -> list[str]:
        """Return the ids of entries that ``query`` finds, best first."""
        found = await self.search(userid, query, limit=limit)
        ids = (faq_id_in(each.reply.id) for each in found)
        return [each for each in ids if each is not None]

    async def reply(
        self,
        userid: str,
        item: str,
        conversation_id: int | None = None,
        rows: Mapping[str, str] | None = None,
        *,
        external_userid: str = "",
    ) -> Reply:
        """Return one reply by its id, with the facts of the rows that the agent chose, by table.

        Raises:
            UserError: there is no such reply.
        """
        shelf = await self._shelf(userid, self._snapshot, conversation_id, external_userid)
        found = await asyncio.to_thread(shelf.reply, item, rows or {})
        if found is None:
            raise UserError(self._words["gone"])
        return found

    async def own_quick_replies(self, userid: str) -> list[OwnReply]:
        """Return an agent's own quick replies as they are written, in their order."""
        return await self._database.run(store.own_replies, userid)

    @property
    def folder_names(self) -> tuple[str, ...]:
        """Return the stages that quick replies are usually put under."""
        return self._dialogue.texts.assist_stages

    @property
    def variables(self) -> tuple[str, ...]:
        """Return the variables that a quick reply may hold, as they are written."""
        return known_variables(self._snapshot)

    async def save_quick_reply(
        self, userid: str, title: str, text: str, folder: str = "", reply_id: int | None = None
    ) -> OwnReply:
        """Keep an own quick reply, a new one without ``reply_id``; return it as it is kept.

        Raises:
            UserError: it cannot be kept; says in Chinese what is to be changed.
        """
        reply = clean_reply(self._snapshot, title, text, folder, reply_id or 0)
        now = self._clock.now()
        if reply_id is not None:
            if not await self._database.run(store.change_reply, userid, reply, now):
                raise UserError(self._words["gone"])
            return reply
        new = await self._database.run(store.add_reply, userid, reply, MOST_OWN, now)
        if new is None:
            raise UserError(self._words["too_many"].format(limit=MOST_OWN))
        return OwnReply(new, reply.folder, reply.title, reply.text)

    async def delete_quick_reply(self, userid: str, reply_id: int) -> None:
        """Delete an own quick reply.

        Raises:
            UserError: the agent has no such one.
        """
        if not await self._database.run(store.delete_reply, userid, reply_id):
            raise UserError(self._words["gone"])

    async def order_quick_replies(self, userid: str, ids: Sequence[int]) -> None:
        """Put all own quick replies into an order.

        Raises:
            UserError: ``ids`` are not all that the agent has.
        """
        if not await self._database.run(store.order_replies, userid, ids):
            raise UserError(self._words["order_changed"])

    async def note_use(self, userid: str, item: str) -> None:
        """Count that an agent used the reply with the id ``item``.

        Raises:
            UserError: there is no such reply.
        """
        faq_id, now = faq_id_in(item), self._clock.now()
        if faq_id is None:
            own = await self._database.run(store.own_replies, userid)
            known = own_id_in(item) in {each.id for each in own}
        else:
            known = faq_id in self._snapshot.by_id
        if not known:
            raise UserError(self._words["gone"])
        await self._database.run(store.note_use, userid, item, now)

    @property
    def _snapshot(self) -> Snapshot:
        return self._dialogue.dialogue.snapshot

    @property
    def _words(self) -> Mapping[str, str]:
        return self._dialogue.texts.assist_words

    async def _asked(self, talk: Talk, text: str) -> tuple[Draft, ...]:
        """Decide ``text`` by the way of every turn, and record nothing."""
        outcome = await self._dialogue.decide(Utterance((text,)), talk.context, talk.situation)
        told = drafting.drafts_of_decision(
            self._snapshot, outcome.decision, talk.context, talk.situation
        )
        return told or await self._meant(talk, text)

    async def _meant(self, talk: Talk, text: str) -> tuple[Draft, ...]:
        said = {faq_id for turn in talk.turns for faq_id in drafting.answered(turn)}
        mind = self._dialogue.mind
        return await self._dialogue.compute(
            partial(drafting.drafts_by_meaning, mind, text, talk.context, talk.situation, said)
        )

    async def _talk(self, conversation_id: int | None, external_userid: str) -> Talk:
        now = self._clock.now()
        talk = await self._database.run(read_talk, conversation_id, external_userid, now)
        if talk is None:
            raise UserError(self._words["no_conversation"])
        return talk

    async def _shelf(
        self, userid: str, snapshot: Snapshot, conversation_id: int | None, external_userid: str
    ) -> Shelf:
        talk = await self._talk(conversation_id, external_userid)
        own, uses = await self._database.run(_read_own, userid)
        return Shelf(snapshot, talk, own, uses)


def _read_own(connection: Connection, userid: str) -> tuple[list[OwnReply], dict[str, Uses]]:
    return store.own_replies(connection, userid), store.uses_of(connection, userid)


def _find(
    index: SearchIndex, mind: Mind, query: str, shelf: Shelf, vectors: Vectors, limit: int
) -> tuple[Found, ...]:
    return shelf.ranked(index.find(mind, query, shelf.own, vectors), limit)
