"""Whether a text may become a similar question of an entry."""

from __future__ import annotations

import re
from collections.abc import Sequence

from chatbot.answers.entries import Entry
from chatbot.curation.personal import masked
from chatbot.errors import UserError
from chatbot.understanding.normalise import Normaliser

#: Nobody writes a longer text the same way again.
_LONGEST = 200
_SPACES = re.compile(r"\s+")


def entry_called(entries: Sequence[Entry], faq_id: str) -> Entry:
    """Return the entry with this id.

    Raises:
        UserError: there is none.
    """
    entry = next((each for each in entries if each.id == faq_id), None)
    if entry is None:
        raise UserError(
            f"没有条目“{faq_id}”；编号见知识文件，或 chatbot knowledge workshop 的列表。"
        )
    return entry


def new_wording(entries: Sequence[Entry], entry: Entry, text: str) -> str:
    """Return ``text`` as it may be added to ``entry``.

    Raises:
        UserError: it is no wording, has personal data, or is a wording already; says which.
    """
    wording = _SPACES.sub(" ", text).strip()
    normaliser = Normaliser()
    key = normaliser.key(wording)
    if not key:
        raise UserError(f"“{wording}”里没有文字或数字，不能当问法。")
    if len(wording) > _LONGEST:
        raise UserError(f"问法最多 {_LONGEST} 个字，这里有 {len(wording)} 个；请只留下问的那一句。")
    _, personal = masked(wording)
    if personal:
        raise UserError(f"里面有{'、'.join(personal)}，不能写进知识库；请先去掉。")
    _refuse_known(entries, entry, wording, key, normaliser)
    return wording


def _refuse_known(
    entries: Sequence[Entry], entry: Entry, wording: str, key: str, normaliser: Normaliser
) -> None:
    if key in map(normaliser.key, entry.wordings):
        raise UserError(f"“{wording}”已经是条目“{entry.id}”的问法。")
    if key in map(normaliser.key, entry.excluded):
        raise UserError(f"“{wording}”写在条目“{entry.id}”的 not 里，不能同时当它的问法。")
    for other in entries:
        if other is not entry and key in map(normaliser.key, other.wordings):
            raise UserError(
                f"“{wording}”已经是条目“{other.id}”（{other.question}）的问法；"
                "如果该归这一条，请先从那一条里删掉。"
            )
