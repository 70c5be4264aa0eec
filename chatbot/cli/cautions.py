"""What is said where confidence cannot be computed well, and what to add."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from chatbot.answers.entries import ENOUGH_WORDINGS
from chatbot.curation.cautions import Caution, CautionKind

_SENTENCES: Mapping[CautionKind, str] = MappingProxyType(
    {
        "empty": "知识库是空的，什么都会转人工；先写顾客最常问的几条。",
        "one-entry": "只有“{entries}”一个条目，没有别的可比，置信度按一般情况估计；多写几条。",
        "no-similar": "{count} 个条目都没有相似问，置信度按一般情况估计；每条写 3 到 10 个相似问。",
        "few-similar": "能留出来试的问法只有 {count} 个（至少要 {few} 个），置信度按一般情况估计；"
        "多写几个相似问。",
        "crowded": "“{entries}”有 {count} 个问法，多半是重复的，别的条目的消息会被它吸走；"
        "留几十个最不一样的就够。",
        "same-wording": "“{wording}”同时写在 {entries} 里，这样问和差不多这样问，都由前一条回答，"
        "后一条只按它别的问法找到；合并成一条，或改掉一处。",
    }
)
#: Of a kind, so many are told one by one.
_TOLD = 10


def caution_lines(cautions: Sequence[Caution]) -> Iterator[str]:
    """Yield a sentence for each caution; of many duplicates the first, and how many there are."""
    same = [each for each in cautions if each.kind == "same-wording"]
    for each in (*(one for one in cautions if one.kind != "same-wording"), *same[:_TOLD]):
        yield _SENTENCES[each.kind].format(
            entries="、".join(each.entries), wording=each.wording, count=each.count,
            few=ENOUGH_WORDINGS,
        )  # fmt: skip
    if len(same) > _TOLD:
        yield f"还有 {len(same) - _TOLD} 个问法同时写在几个条目里。"
