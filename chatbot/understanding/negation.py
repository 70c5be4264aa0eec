"""Wishes that something shall not be done: 别帮我取消订单, 我不想取消, 不用加床了.

The words are nearly those of the wish itself, and so is the meaning an encoder finds in them.
"""

from __future__ import annotations

import re

#: Where one clause ends.
_ENDS = re.compile(r"[,.;!?。、~…\s]+")
#: A wish denied: 别 and not 别的, 不想 and not 想不想; or a verb denied, with 了: 不续住了.
_DENIED = re.compile(
    r"(?:^|(?<=[请先你们就都可万我那]))别(?![的人处家克墅致])|勿(?!扰)"
    r"|(?<![要想用好是能])(?:不(?:想|要(?!紧)|用|需要|必|打算|准备|愿意|希望)|没(?:想|打算)|无需|甭)"
    r"|^(?:我们?|咱们?|那|就|先|还是|这次|暂时|决定|已经)*不(?![了到见行对好能会够])"
    r"(?!记得|知道|懂|明白|清楚|认识|舒服|满意|允许|给|让|支持|显示|更新|动|出|太|是|在|方便|小心)[^不]{1,6}了$"
    r"|^(?:please |pls |i )*(?:do not|don ?'?t|no need|never) "
)
#: What makes the rest of a clause a wish of its own, in front of what is denied.
_WISHED = re.compile(r"想|要|帮|麻烦|申请|需要|给我|能|可以|怎|如何")
#: Asked by choice: neither half is denied.
_CHOICE = re.compile(r"(.)不\1|有没有")
_NOT = re.compile(r"[不没别勿莫无未甭]")


def denies_wish(text: str) -> bool:
    """Return whether a normalised message, which asks nothing, wishes that something is not done.

    Not if another clause of it wishes something: 我要退订，不想住了.
    """
    clauses = [clause for clause in _ENDS.split(text) if len(clause) > 1]
    denied = [clause for clause in clauses if _is_denied(clause)]
    others = (clause for clause in clauses if clause not in denied)
    return bool(denied) and not any(map(_WISHED.search, others))


def _is_denied(clause: str) -> bool:
    found = _DENIED.search(clause)
    return found is not None and _WISHED.search(clause[: found.start()]) is None


def has_negation(text: str) -> bool:
    """Return whether ``text`` has a negation, other than in a question by choice: 能不能."""
    return _NOT.search(_CHOICE.sub("", text)) is not None
