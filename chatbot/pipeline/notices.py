"""Fixed messages of the desk itself, ready to be sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chatbot.dialogue.turn import HUMAN_MENU_ID
from chatbot.store.handoffs import Occasion
from chatbot.texts import Texts
from chatbot.wecom.messages import ClickItem, menu_message, text_message

KfPayload = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Notices:
    """What customers are told around a session; each is a customer-service message body."""

    welcome: KfPayload
    handed_over: KfPayload
    waiting_in_pool: KfPayload
    session_ended: KfPayload

    def for_occasion(self, occasion: Occasion) -> KfPayload | None:
        """Return what is sent at once through the code of an event, or None if nothing is."""
        if occasion == "welcome":
            return self.welcome
        if occasion == "ended":
            return self.session_ended
        return None


def make_notices(texts: Texts) -> Notices:
    """Return the notices in a brand's wording."""
    items = [ClickItem(f"q{n}", caption) for n, caption in enumerate(texts.welcome_items, 1)]
    items.append(ClickItem(HUMAN_MENU_ID, texts.human_caption))
    return Notices(
        welcome=menu_message(texts.welcome_head, items, texts.welcome_tail),
        handed_over=text_message(texts.handed_over),
        waiting_in_pool=text_message(texts.queue_notice),
        session_ended=text_message(texts.session_ended),
    )
