"""What customers say of a person's service: stored with their turn, and supervisors told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from chatbot.customers.ratings import RatingGiven, is_rating_line, read_line
from chatbot.pipeline.staff_cards import StaffCards
from chatbot.store.agents import display_name
from chatbot.store.conversations import Conversation
from chatbot.store.ratings import Rating, open_ratings, save_rating
from chatbot.texts import Texts

#: Supervisors are told of a complaint when the customer has had the time to say why, or to
#: correct a slip of the finger.
TELL_AFTER = timedelta(minutes=2)
_LONGEST_NAME = 40

#: Records what a tapped line of a rating says where no turn will tell it.
RecordTap = Callable[[Connection, Conversation, dict[str, Any], datetime], None]


def records_nothing(
    _connection: Connection, _conversation: Conversation, _tap: dict[str, Any], _now: datetime
) -> None:
    """Leave taps to who reads them."""


class Ratings:
    """Records ratings, each in the transaction of what tells it."""

    def __init__(self, cards: StaffCards, texts: Callable[[], Texts]) -> None:
        self._cards = cards
        self._texts = texts

    def record(
        self,
        connection: Connection,
        conversation: Conversation,
        given: RatingGiven,
        turn_id: int | None,
        now: datetime,
    ) -> None:
        """Store what a customer says; who was not content is told to supervisors once."""
        rated = save_rating(connection, conversation.id, given, turn_id, now)
        if rated is None:
            return
        rating, key = rated.rating, f"rating:{rated.rating.key}"
        supervisors = self._cards.supervisors.userids
        if rating.score == "poor":
            words = self._words(connection, conversation, rating)
            url = self._cards.page_url(conversation)
            if given.score is None:
                self._cards.reword_notice(connection, supervisors, words, url, key)
            else:
                self._cards.notice(
                    connection, supervisors, words, url, key, now, due_at=now + TELL_AFTER
                )
        elif rated.former == "poor":
            self._cards.withdraw_notice(connection, supervisors, key, now)

    def record_tap(
        self,
        connection: Connection,
        conversation: Conversation,
        content: dict[str, Any],
        now: datetime,
    ) -> None:
        """Store what a tapped line says where no turn will tell it.

        A person has the session, or the message is too old for an answer.
        """
        menu_id = content.get("menu_id")
        asked = open_ratings(connection, [conversation.id], now).get(conversation.id)
        if asked is None or not is_rating_line(menu_id):
            return
        given = read_line(str(menu_id), asked, self._texts().rating_reasons)
        if given is not None:
            self.record(connection, conversation, given, None, now)

    def _words(self, connection: Connection, conversation: Conversation, rating: Rating) -> str:
        texts = self._texts()
        sentence = texts.rating_told_why if rating.reason else texts.rating_told
        return sentence.format(
            customer=one_line(conversation.nickname or texts.card_unnamed),
            agent=one_line(display_name(connection, rating.userid) or rating.userid),
            reason=rating.reason,
        )


def one_line(name: str) -> str:
    """Return a name that no message takes for a link, a new line or a change of direction."""
    shown = "".join(sign if sign.isprintable() else " " for sign in name[: 4 * _LONGEST_NAME])
    line = " ".join(shown.replace("<", "＜").split())
    return line if len(line) <= _LONGEST_NAME else f"{line[: _LONGEST_NAME - 1]}…"
