"""Questions that never reach their entry, because something else takes the message first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chatbot.curation.linting.findings import Finding
from chatbot.curation.linting.material import Asked, Material, by_entry, called
from chatbot.understanding.intents import FoundIntent

_SHOWN = 3
#: What agents alone look up is never asked of the bot.
_AGENTS = "agents-only"


def lint_commands(material: Material) -> Iterator[Finding]:
    """Yield a finding for each entry and each thing that takes questions of it away."""
    for number, asked in by_entry(material.asked).items():
        if material.entries[number].auto != _AGENTS:
            yield from _wishes(material, asked)
            yield from _intents(material, asked)
        yield from _refusals(material, asked)


def _wishes(material: Material, asked: Sequence[Asked]) -> Iterator[Finding]:
    reader = material.reader
    calls = [each for each in asked if reader.wishes.find(each.plain)]
    menu = [each for each in asked if reader.menu_wish.is_menu(each.plain)]
    refused = [each for each in asked if _refuses(material, each)]
    if calls:
        yield _finding(
            material, "calls-person", calls, "这样问会直接转人工，这条答案永远不会给出",
            "换个说法；真不该转人工，就把它加进 intents/_texts.yaml 的 human_excluded。",
        )  # fmt: skip
    if menu:
        yield _finding(
            material, "opens-menu", menu, "整句话就是要看菜单的说法，得到的是服务菜单",
            "删掉这个问法，或从 intents/_texts.yaml 的 menu_phrases 里去掉这个说法。",
        )  # fmt: skip
    if refused:
        yield _finding(
            material, "refuses-answer", refused,
            "刚答完别的问题时，这样说会被当作没有答对，改为反问或转人工",
            "换个说法，或从 intents/_texts.yaml 的 dissatisfied_phrases 里去掉这个说法。",
        )  # fmt: skip


def _refuses(material: Material, asked: Asked) -> bool:
    refusal = material.reader.dissatisfaction.find(asked.plain)
    return refusal is not None and refusal.rest is None


def _intents(material: Material, asked: Sequence[Asked]) -> Iterator[Finding]:
    taken: dict[str, tuple[FoundIntent, list[Asked]]] = {}
    for each in asked:
        found = next(
            (hit for hit in material.reader.intents.find(each.plain) if hit.intent.acts), None
        )
        if found is not None:
            taken.setdefault(found.intent.name, (found, []))[1].append(each)
    for hit, wordings in taken.values():
        intent, by = hit.intent, "关键词" if hit.evidence == "keywords" else "例句"
        yield _finding(
            material, "intent-first", wordings,
            f"先命中意图“{intent.title}”（{intent.name}）的{by}“{hit.detail}”，由意图处理，轮不到这条答案",
            "该由意图处理就删掉这个问法；该由条目回答，就把它写进那个意图的 exclude。",
            (intent.name,),
        )  # fmt: skip


def _refusals(material: Material, asked: Sequence[Asked]) -> Iterator[Finding]:
    number = asked[0].number
    if not material.entries[number].excluded:
        return
    blocked = [each for each in asked if number in material.reader.wordings.refused(each.key)]
    if blocked:
        yield _finding(
            material, "refuses-itself", blocked,
            "和这一条 not 里的说法几乎一样，所以这样问永远不答这一条",
            "从 not 里去掉那个说法，或者换掉这个问法。",
        )  # fmt: skip


def _finding(
    material: Material,
    kind: str,
    wordings: Sequence[Asked],
    effect: str,
    cure: str,
    intents: tuple[str, ...] = (),
) -> Finding:
    entry = material.entries[wordings[0].number]
    shown = "、".join(f"“{each.written}”" for each in wordings[:_SHOWN])
    count = f"等 {len(wordings)} 个问法" if len(wordings) > _SHOWN else ""
    places = [place for each in wordings if (place := material.place(each))]
    return Finding(
        kind,
        "warning",
        f"{called(entry)}的{shown}{count}：{effect}。",
        cure,
        entries=(entry.id,),
        intents=intents,
        place=places[0] if places else None,
        others=tuple(places[1:]),
    )
