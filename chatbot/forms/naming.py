"""Which slots a message calls by name: 改日期, 手机号写错了."""

from __future__ import annotations

import re
from collections.abc import Mapping

from chatbot.forms.form import Flow, Slot, SlotType
from chatbot.forms.showing import title_of
from chatbot.texts import Texts

#: How customers call a slot of a type that the form has only one of.
_USUAL: Mapping[SlotType, re.Pattern[str]] = {
    "date": re.compile(r"日期|日子|哪天|几号"),
    "time": re.compile(r"时间|几点|钟点"),
    "number": re.compile(r"数量|个数"),
    "phone": re.compile(r"电话|手机|号码|联系方式"),
    "choice": re.compile(r"选项"),
    "text": re.compile(r"备注|姓名|名字|称呼"),
}


def named_slots(flow: Flow, text: str, texts: Texts) -> list[Slot]:
    """Return the slots that a normalised ``text`` names, in the form's order."""
    return [slot for slot in flow.slots if _is_named(flow, slot, text, texts)]


def _is_named(flow: Flow, slot: Slot, text: str, texts: Texts) -> bool:
    title = title_of(slot, texts).casefold()
    if title in text or any(f"{unit}数" in text for unit in slot.units):
        return True
    alone = sum(other.type == slot.type for other in flow.slots) == 1
    return alone and _USUAL[slot.type].search(text) is not None
