"""How the workshop's suggestions are shown in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from chatbot.curation.workshop import EntryWork
from chatbot.curation.workshop_entry import Suggestion


def show_entries(works: Sequence[EntryWork], limit: int) -> None:
    """Print the entries whose messages wait, most gain first."""
    table = Table(title="补相似问最有用的条目")
    table.add_column("条目", overflow="fold")
    table.add_column("标准问", overflow="fold")
    for heading in ("等着的消息", "推荐", "预计多答对"):
        table.add_column(heading, justify="right", no_wrap=True)
    for work in works[:limit]:
        counts = (str(work.waiting), str(len(work.suggestions)), f"{work.gain:.1f}")
        table.add_row(*map(Text, (work.faq_id, work.question, *counts)))
    console = Console()
    console.print(table)
    if len(works) > limit:
        console.print(f"还有 {len(works) - limit} 个条目，--limit 可以多列一些。")
    console.print("看一个条目的推荐：chatbot knowledge workshop 条目")


def show_suggestions(work: EntryWork, limit: int) -> None:
    """Print the suggestions for one entry, best first."""
    console = Console()
    table = Table(title=Text(f"{work.faq_id} {work.question}"))
    table.add_column("消息", overflow="fold")
    for heading in ("次数", "现在把握", "预计多答对"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("注意", overflow="fold")
    for each in work.suggestions[:limit]:
        numbers = (str(each.times), f"{each.confidence:.2f}", f"{each.gain:.2f}")
        table.add_row(*map(Text, (each.text, *numbers, "；".join(_notes(each)))))
    console.print(table)
    if len(work.suggestions) > limit:
        console.print(f"还有 {len(work.suggestions) - limit} 条，--limit 可以多列一些。")
    console.print(Text(f'收下一条：chatbot knowledge workshop {work.faq_id} --accept "消息"'))


def _notes(each: Suggestion) -> Iterator[str]:
    """Yield what an admin should know before accepting."""
    if each.is_labelled:
        yield "客户选过这一条"
    if each.maybe_none:
        yield "多半哪条都不是"
    if each.thief_of:
        yield f"可能该归 {each.thief_of}"
    if each.like:
        yield f"和已有的问法差不多：{each.like}"
    if each.personal:
        yield f"遮住了{'、'.join(each.personal)}，收下前改写"
    if each.is_long:
        yield "太长，收下前改短"
    if each.is_part:
        yield "一句话里的一件事"
    if each.also:
        yield f"同样的还有：{'、'.join(each.also)}"
