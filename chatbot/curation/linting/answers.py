"""Answers that are not written yet, or that the platform takes apart or does not take at all."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from chatbot.answers.entries import Entry, Variant
from chatbot.answers.messages import Message, TextMessage
from chatbot.curation.linting.findings import Finding
from chatbot.curation.linting.material import Material, called
from chatbot.facts.variables import CUSTOMER, Variable, variables_in
from chatbot.knowledge.places import Place

#: Of the platform's five messages for each of a customer's, the bot keeps one to hand over with.
_MOST_SENT = 4
#: About what a customer's name has at most.
_NAME = "某" * 8
_STANDS_FOR_TEXT = re.compile(
    r"[\s\W_]*(?:todo|tbd|fixme|n/?a|null|none|x{2,}|[?？]{2,}|[-—_]{2,}|[.。…]{2,}|…|略|同上|测试|test|待定"
    r"|(?:答案|内容|此处|这里)?(?:暂时)?(?:待|未|需)(?:补充|完善|填写|编写|更新|确认|定|补|写)(?:中|内容|答案)?)[\s\W_]*",
    re.IGNORECASE,
)
#: In front of these a number belongs, or a name.
_MEASURED = "元|块钱|折|%|小时|分钟|米|公里"
_COUNTED = "元|块|折|%|点|号|楼|层|路|店|天|日|月|年|岁|小时|分钟|米|公里"
#: What is left in the middle of a text that is otherwise written.
_LEFT_IN_TEXT = re.compile(
    r"(?<![A-Za-z])(?:TODO|TBD|FIXME|N/A)(?![A-Za-z])|(?<![A-Za-z])[xX]{3,}(?![A-Za-z])"
    rf"|(?<![A-Za-z0-9])[xXＸｘ×＊*_＿]{{2,}}\s*(?={_COUNTED})|[?？]{{2,}}\s*(?={_MEASURED})|[（(]\s*[）)]\s*(?={_COUNTED})"
    r"|[（(【\[《<]\s*(?:此处|这里)?待(?:补充|填写|完善|确认)[^）)】\]》>]{0,12}[）)】\]》>]"
    r"|(?:^|[：:，,])\s*待(?:补充|完善|填写)(?=$|[。，,；;\s])",
    re.MULTILINE,
)
_AGENTS = "agents-only"
#: Replaces each variable of a text by the longest text that may stand there.
_Fill = Callable[[str], str]


def lint_answers(material: Material) -> Iterator[Finding]:
    """Yield what is wrong with the words and the size of answers, and of what intents reply."""
    longest = _Longest(material)
    for entry in material.entries:
        places = material.places
        for text in _texts(entry):
            yield from _placeholder(entry, text, places.of_entry(entry.id, "answer", text))
        for variant in entry.answer:
            yield from _size(material, entry, variant, longest.fill)
    for intent in material.content.intents:
        if _sent(material, intent.reply, longest.fill) > _MOST_SENT:
            yield _over_budget(
                f"意图“{intent.title}”（{intent.name}）的回复", (), (intent.name,),
                material.places.of_intent(intent.name, "reply"),
            )  # fmt: skip


def _texts(entry: Entry) -> Iterator[str]:
    for message in entry.messages:
        if isinstance(message, TextMessage):
            yield message.text


def _placeholder(entry: Entry, text: str, place: Place | None) -> Iterator[Finding]:
    nothing = _STANDS_FOR_TEXT.fullmatch(text)
    left = None if nothing else _LEFT_IN_TEXT.search(text)
    if not nothing and not left:
        return
    written = text.strip() if nothing else left[0].strip() if left else ""
    yield Finding(
        "placeholder",
        "error" if nothing and entry.auto != _AGENTS else "warning",
        f"{called(entry)}的答案{'只写了' if nothing else '里还留着'}“{written[:20]}”，"
        "客户会原样看到。",
        "写上真正的答案；还不知道怎么答，就先删掉这一条，问到时转人工。",
        entries=(entry.id,),
        place=place,
    )


def _size(material: Material, entry: Entry, variant: Variant, fill: _Fill) -> Iterator[Finding]:
    first = next((m.text for m in variant.messages if isinstance(m, TextMessage)), "")
    place = material.places.of_entry(entry.id, "answer", first)
    if entry.auto != _AGENTS and _sent(material, variant.messages, fill) > _MOST_SENT:
        yield _over_budget(f"{called(entry)}的答案", (entry.id,), (), place)
        return
    for message in variant.messages:
        parts = material.split(fill(message.text)) if isinstance(message, TextMessage) else ()
        if len(parts) > 1 and isinstance(message, TextMessage):
            yield Finding(
                "long-text",
                "note",
                f"{called(entry)}的一段文字有 {len(fill(message.text).encode())} 字节，"
                f"超过 2048，会拆成 {len(parts)} 条发出。",
                "在想断开的地方自己分成几段文字，或写短些。",
                entries=(entry.id,),
                place=material.places.of_entry(entry.id, "answer", message.text),
            )


def _over_budget(
    whose: str, entries: tuple[str, ...], intents: tuple[str, ...], place: Place | None
) -> Finding:
    return Finding(
        "over-budget",
        "error",
        f"{whose}要发超过 {_MOST_SENT} 条：客户每写一句最多回 5 条，机器人留 1 条转人工，"
        "所以它一条也不会发，每次都转人工。",
        f"缩短或合并，连拆开的文字算在内最多 {_MOST_SENT} 条。",
        entries,
        intents,
        place,
    )


def _sent(material: Material, messages: Sequence[Message], fill: _Fill) -> int:
    """Return how many messages it takes; neighbouring texts are joined if there are too many."""
    count = 0
    for is_text, group in groupby(messages, lambda each: isinstance(each, TextMessage)):
        texts = [fill(each.text) for each in group if isinstance(each, TextMessage)]
        count += len(material.split("\n".join(texts))) if is_text else 0
    return count + sum(not isinstance(each, TextMessage) for each in messages)


class _Longest:
    """The longest text that each variable may stand for."""

    def __init__(self, material: Material) -> None:
        self._tables = {table.name: table for table in material.content.tables}
        accounts = material.content.accounts
        self._accounts = (accounts.default, *accounts.accounts)
        self._values: dict[Variable, str] = {}

    def fill(self, text: str) -> str:
        """Return ``text`` as long as it can get."""
        for variable in variables_in(text):
            if variable not in self._values:
                self._values[variable] = max(self._possible(variable), key=_bytes, default="")
            text = text.replace(str(variable), self._values[variable])
        return text

    def _possible(self, variable: Variable) -> Iterator[str]:
        if variable.group == CUSTOMER:
            yield _NAME
        elif table := self._tables.get(variable.group):
            yield from (table.value(key, variable.name) or "" for key in table.rows)
        else:
            for account in self._accounts:
                yield account.variables.get(variable.name, account.assistant)


def _bytes(text: str) -> int:
    return len(text.encode())
