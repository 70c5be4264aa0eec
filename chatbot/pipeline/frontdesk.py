"""What each account says by itself, and how far its bot may go, by the content in force."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from chatbot.accounts.account import Account
from chatbot.accounts.mode import ModeSetting, Standing
from chatbot.dialogue.snapshot import Snapshot
from chatbot.pipeline.notices import (
    KfPayload,
    Notices,
    closed_notice,
    handed_over_notice,
    held_notice,
    kept_notice,
    make_notices,
    queue_notice,
)
from chatbot.understanding.language import CHINESE
from chatbot.understanding.smalltalk import Kind

#: Small talk after which nobody waits for an answer.
_ENDINGS: frozenset[Kind] = frozenset({"thanks", "okay", "goodbye"})

#: From a customer, and what the account was switched to (None: never), to what the bot may do.
StandingOf = Callable[[str, ModeSetting | None], Standing]


class Frontdesk:
    """Answers for the snapshot that is live at the moment of asking."""

    def __init__(self, snapshot: Callable[[], Snapshot]) -> None:
        self._snapshot = snapshot

    def account(self, open_kfid: str) -> Account:
        """Return what is particular about an account."""
        return self._snapshot().accounts.of(open_kfid)

    def is_open(self, open_kfid: str, now: datetime) -> bool:
        """Return whether the account's staff are there."""
        snapshot = self._snapshot()
        return snapshot.accounts.is_open(open_kfid, now, snapshot.timezone)

    def next_opening(self, open_kfid: str, now: datetime) -> datetime | None:
        """Return when the account's staff are there next; None if they are, or nobody knows."""
        snapshot = self._snapshot()
        return snapshot.accounts.next_opening(open_kfid, now, snapshot.timezone)

    def ends_a_talk(self, words: str) -> bool:
        """Return whether a message only thanks, agrees or says goodbye: it wants no answer."""
        snapshot = self._snapshot()
        kind = snapshot.smalltalk.kind(snapshot.normaliser.normalise(words))
        return bool(words) and kind in _ENDINGS

    def closed(self, open_kfid: str, now: datetime) -> KfPayload:
        """Return what is said to who was not answered before the staff went home."""
        snapshot = self._snapshot()
        return closed_notice(snapshot, snapshot.accounts.of(open_kfid), now)

    def kept(self, open_kfid: str, now: datetime) -> KfPayload:
        """Return what is said instead where the session stays with a person."""
        snapshot = self._snapshot()
        return kept_notice(snapshot, snapshot.accounts.of(open_kfid), now)

    def notices(self, open_kfid: str, now: datetime) -> Notices:
        """Return the account's notices as they read at ``now``."""
        snapshot = self._snapshot()
        return make_notices(snapshot, snapshot.accounts.of(open_kfid), now)

    def handed_over(self, open_kfid: str, now: datetime, language: str = CHINESE) -> KfPayload:
        """Return what is said before a handover at ``now`` to who writes ``language``."""
        snapshot = self._snapshot()
        return handed_over_notice(snapshot, snapshot.accounts.of(open_kfid), now, language)

    def waiting_in_pool(self, open_kfid: str, now: datetime) -> KfPayload | None:
        """Return what is said to who still waits in the pool, None if nothing is."""
        snapshot = self._snapshot()
        return queue_notice(snapshot, snapshot.accounts.of(open_kfid), now)

    def held(self, open_kfid: str, now: datetime) -> KfPayload:
        """Return what is said to whom a person has and nobody answers."""
        snapshot = self._snapshot()
        return held_notice(snapshot, snapshot.accounts.of(open_kfid), now)

    def standing_of(self, open_kfid: str, now: datetime) -> StandingOf:
        """Return what tells how far the account's bot may go with a customer at ``now``."""
        in_file = self.account(open_kfid).mode
        staffed = self.is_open(open_kfid, now)

        def judge(external_userid: str, switched: ModeSetting | None) -> Standing:
            setting = switched or in_file
            return setting.standing(open_kfid, external_userid, staffed=staffed)

        return judge
