"""What people do with suggested similar questions, and taking the last of it back."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from sqlalchemy import Connection

from chatbot.accepting import EditedKnowledge, Taken
from chatbot.access.viewer import Viewer
from chatbot.clock import Clock
from chatbot.editing.desk import EditDesk
from chatbot.store.audit import audit
from chatbot.store.database import Database
from chatbot.store.workshop import Verdict, forget_verdict, save_verdict
from chatbot.workshop import rejected_text

#: Acts that can be taken back, of everybody together; older ones are undone on the entry's page.
_REMEMBERED = 200


@dataclass(frozen=True, slots=True)
class _Act:
    """Something somebody did: of a suggestion's texts, and the edit if it was accepted."""

    by: str
    faq_id: str
    texts: tuple[str, ...]
    edit: int | None


class WorkshopActs:
    """Accepts and rejects; what was done is remembered for as long as this process runs.

    What is accepted is an edit like any other: it waits for somebody to publish.
    """

    def __init__(self, database: Database, editing: EditDesk, clock: Clock) -> None:
        self._database = database
        self._editing = editing
        self._changes = EditedKnowledge(editing)
        self._clock = clock
        self._acts: deque[_Act] = deque(maxlen=_REMEMBERED)

    async def accept(self, faq_id: str, suggested: str, text: str, viewer: Viewer) -> Taken:
        """Take ``text`` as a similar question; ``suggested`` is what it was made of.

        Raises:
            UserError: it cannot be taken; says why.
        """
        taken = await self._changes.take(faq_id, [text], viewer.userid)
        # Both: what was suggested does not come again, nor does what was taken.
        texts = tuple(dict.fromkeys((suggested, *taken.texts)))
        await self._keep(faq_id, texts, "accept", viewer)
        self._acts.append(_Act(viewer.userid, faq_id, texts, taken.edit))
        return taken

    async def reject(self, faq_id: str, suggested: str, viewer: Viewer) -> None:
        """Keep that a message is not about the entry; raises UserError if there is none."""
        texts = (rejected_text(suggested),)
        await self._keep(faq_id, texts, "reject", viewer)
        self._acts.append(_Act(viewer.userid, faq_id, texts, None))

    async def undo(self, viewer: Viewer) -> bool:
        """Take back the viewer's last act; False if there is none that is remembered.

        Raises:
            Clash: somebody has taken the text away, or the entry, since.
            EditRefused: what was before does not fit any more.
        """
        act = next((each for each in reversed(self._acts) if each.by == viewer.userid), None)
        if act is None:
            return False
        if act.edit is not None:
            await self._editing.undo(act.edit, viewer.userid)
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
