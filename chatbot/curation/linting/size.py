"""What keeps confidence from being computed well: too few wordings, or far too many."""

from __future__ import annotations

from collections.abc import Iterator

from chatbot.answers.entries import ENOUGH_WORDINGS
from chatbot.curation.cautions import Caution, size_cautions
from chatbot.curation.linting.findings import Finding
from chatbot.curation.linting.material import Material

_CURE = "每条写 3 到 10 个相似问，写客户真正会打的话。"


def lint_size(material: Material) -> Iterator[Finding]:
    """Yield a finding for each caution about how much there is to compare."""
    for caution in size_cautions(material.entries):
        yield _finding(material, caution)


def _finding(material: Material, caution: Caution) -> Finding:
    usual = "置信度按一般情况估计"
    match caution.kind:
        case "empty":
            return Finding(
                "few-similar", "note", "知识库是空的，什么都会转人工。", "先写顾客最常问的几条。"
            )
        case "one-entry":
            text = f"只有“{caution.entries[0]}”一个条目，没有别的可比，{usual}。"
            cure = "多写几条。"
        case "no-similar":
            text, cure = f"{caution.count} 个条目都没有相似问，{usual}。", _CURE
        case "few-similar":
            text = (
                f"能留出来试的问法只有 {caution.count} 个（至少要 {ENOUGH_WORDINGS} 个），{usual}。"
            )
            cure = _CURE
        case _:
            place = material.places.of_entry(caution.entries[0], "similar")
            text = (
                f"“{caution.entries[0]}”有 {caution.count} 个问法，多半是重复的，"
                "别的条目的消息会被它吸走。"
            )
            cure = "留几十个最不一样的就够。"
            return Finding("crowded", "warning", text, cure, caution.entries, place=place)
    return Finding("few-similar", "note", text, cure, caution.entries)
