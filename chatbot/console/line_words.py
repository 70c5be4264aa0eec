"""The captions that drawing the lines of a conversation needs, for any page."""

from __future__ import annotations

from chatbot.cases.case import KINDS
from chatbot.texts import Texts


def line_words(texts: Texts) -> dict[str, str]:
    """Return the captions by name, as the scripts know them."""
    return {
        "who_customer": texts.page_customer,
        "who_bot": texts.page_bot,
        "who_staff": texts.page_agent,
        "who_note": texts.page_system,
        "empty": texts.page_empty,
        **{key: texts.desk_words[key] for key in _OF_DESK},
    }


def case_words(texts: Texts) -> dict[str, str]:
    """Return the captions that drawing cases needs, for any page."""
    shared = ("today", "tomorrow", "day", "state_done", "state_dropped")
    kinds = (f"kind_{kind}" for kind in KINDS)
    return {
        **texts.case_page_words,
        **{key: texts.case_words[key] for key in (*shared, *kinds)},
    }


_OF_DESK = ("expand", "fold", "image_alt", "media_broken", "voice_download", "file_download")
