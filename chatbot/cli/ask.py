"""`chatbot ask`: one question against the knowledge files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

    from chatbot.dialogue.decision import Decision
    from chatbot.dialogue.explanation import Explanation
    from chatbot.dialogue.turn import Outcome
    from chatbot.settings import Settings
    from chatbot.texts import Texts

_PRIORITIES = {"normal": "普通", "high": "高", "urgent": "紧急"}


@click.command()
@click.argument("text")
@click.option("--explain", is_flag=True, help="显示分词、意图、每个分数和作出决定的规则")
def ask(text: str, explain: bool) -> None:
    """像机器人那样回答一句话 TEXT；不需要数据库。"""
    from rich.console import Console

    from chatbot.settings import load_settings

    outcome, texts = _decide(text, load_settings())
    console = Console()
    _show_decision(console, outcome.decision, texts)
    if explain:
        _show_trace(console, outcome, texts.explain_words)


def _decide(text: str, settings: Settings) -> tuple[Outcome, Texts]:
    from chatbot.cli.opening import open_service
    from chatbot.clock import make_clock
    from chatbot.dialogue.turn import Context, Situation, Utterance
    from chatbot.knowledge.content import load_content

    content = load_content(settings.knowledge_dir, settings.intents_dir)
    with open_service(content, settings, threads=1) as service:
        situation = Situation(make_clock(settings.test_clock).now())
        return service.decide_sync(Utterance((text,)), Context(), situation), service.texts


def _show_decision(console: Console, decision: Decision, texts: Texts) -> None:
    from rich.text import Text

    from chatbot.evaluation.tables import ACTION_NAMES

    for part in decision.reply:
        console.print(Text(_words(part.to_json())))
    if decision.handoff is not None:
        handoff = decision.handoff
        skill = handoff.skill or "任意"
        why = texts.handoff_reason(handoff.reason)
        line = f"转人工：技能组 {skill}，优先级 {_PRIORITIES[handoff.priority]}，原因 {why}"
        console.print(Text(line, style="yellow"))
    action = ACTION_NAMES[decision.action]
    entry = f"，条目 {decision.faq_id}" if decision.faq_id else ""
    line = f"{action}{entry}，置信度 {decision.confidence:.4f}，阈值 {decision.threshold:.4f}"
    console.print(Text(line, style="dim"))


def _words(part: dict[str, Any]) -> str:
    match part["type"]:
        case "text":
            return str(part["text"])
        case "image":
            return f"[图片 {part['file']}]"
        case "link":
            return f"[链接 {part['title']} {part['url']}]"
        case "miniprogram":
            return f"[小程序 {part['title']}]"
        case _:
            lines = [part["head"], *(f"  [{item['text']}]" for item in part["items"]), part["tail"]]
            return "\n".join(filter(None, lines))


def _show_trace(console: Console, outcome: Outcome, words: Mapping[str, str]) -> None:
    from rich.text import Text

    from chatbot.dialogue.explanation import explain

    explanation = explain(outcome.decision.to_json(), outcome.trace, words)
    for name, value in explanation.lines:
        console.print(Text(f"{name}：{value}"))
    _show_candidates(console, explanation, words)


def _show_candidates(console: Console, explanation: Explanation, words: Mapping[str, str]) -> None:
    from rich.table import Table
    from rich.text import Text

    from chatbot.dialogue.explanation import score_names

    if not explanation.candidates:
        console.print(Text(words["candidates_none"]))
        return
    table = Table(title=words["candidates"])
    table.add_column(words["entry"], overflow="fold")
    table.add_column(words["question"], overflow="fold")
    for heading in (words["confidence"], *score_names(words)):
        table.add_column(heading, no_wrap=True)
    for each in explanation.candidates:
        table.add_row(*map(Text, (each.faq_id, each.question, each.confidence, *each.scores)))
    console.print(table)
