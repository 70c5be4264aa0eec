"""What people do with suggested similar questions, and taking the last of it back."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection

from chatbot.access.viewer import Viewer
from chatbot.clock import Clock
from chatbot.store.audit import audit
from chatbot.store.database import Database
from chatbot.store.workshop import Verdict, forget_verdict, save_verdict
from chatbot.workshop import Accepted, Folders, accept_noted, rejected_text, unaccept

#: Acts that can be taken back, of everybody together; who wants more edits the files.
_REMEMBERED = 200


@dataclass(frozen=True, slots=True)
class _Act:
    """Something somebody did: of a suggestion's text, and what was written if it was accepted."""

    by: str
    faq_id: str
    texts: tuple[str, ...]
    done: Accepted | None


class WorkshopActs:
    """Accepts and rejects; what was done is remembered for as long as this process runs."""

    def __init__(self, database: Database, folders: Folders, clock: Clock) -> None:
        self._database = database
        self._folders = folders
        self._clock = clock
        self._acts: deque[_Act] = deque(maxlen=_REMEMBERED)
        # Files are changed one after the other.
        self._editing = asyncio.Lock()

    async def accept(self, faq_id: str, suggested: str, text: str, viewer: Viewer) -> Accepted:
        """Write ``text`` as a similar question; ``suggested`` is what it was made of.

        Raises:
            UserError: it cannot be written; says why.
        """
        now = self._clock.now()
        write = partial(
            accept_noted, self._folders, self._database, faq_id, text, viewer.userid, now
        )
        async with self._editing:
            done = await asyncio.to_thread(write)
        # Both: what was suggested does not come again, nor does what was written.
        texts = tuple(dict.fromkeys((suggested, done.text)))
        await self._keep(faq_id, texts, "accept", viewer)
        self._acts.append(_Act(viewer.userid, faq_id, texts, done))
        return done

    async def reject(self, faq_id: str, suggested: str, viewer: Viewer) -> None:
        """Keep that a message is not about the entry; raises UserError if there is none."""
        texts = (rejected_text(suggested),)
        await self._keep(faq_id, texts, "reject", viewer)
        self._acts.append(_Act(viewer.userid, faq_id, texts, None))

    async def undo(self, viewer: Viewer) -> bool:
        """Take back the viewer's last act; False if there is none that is remembered.

        Raises:
            ContentError: the file was saved by somebody since; nothing is taken back.
        """
        act = next((each for each in reversed(self._acts) if each.by == viewer.userid), None)
        if act is None:
            return False
        if act.done is not None:
            async with self._editing:
                await asyncio.to_thread(unaccept, self._folders, self._database, act.done)
        self._acts.remove(act)

        def forget(connection: Connection) -> None:
            for text in act.texts:
                forget_verdict(connection, act.faq_id, text)
            now = self._clock.now()
            audit(connection, viewer, "workshop_undo", act.faq_id, {}, now)

        await self._database.run(forget)
        return True

    async def _keep(
        self, faq_id: str, texts: tuple[str, ...], verdict: Verdict, viewer: Viewer
    ) -> None:
        now = self._clock.now()

        def keep(connection: Connection) -> None:
            for text in texts:
                save_verdict(connection, faq_id, text, verdict, viewer.userid, now)
            audit(connection, viewer, f"workshop_{verdict}", faq_id, {}, now)

        await self._database.run(keep)
