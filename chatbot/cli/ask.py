"""`chatbot ask`: one question against the knowledge files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

    from chatbot.dialogue.decision import Decision
    from chatbot.dialogue.turn import Outcome
    from chatbot.settings import Settings

_ACTIONS = {
    "answer": "直接回答",
    "clarify": "反问确认",
    "handoff": "转人工",
    "reply": "固定回复",
    "flow": "表单",
    "smalltalk": "寒暄",
}
_SCORES = {
    "kernel": "核回归",
    "dense": "语义",
    "lexical": "字面",
    "fuzzy": "编辑",
    "words": "词覆盖",
}


@click.command()
@click.argument("text")
@click.option("--explain", is_flag=True, help="显示分词、意图、每个分数和作出决定的规则")
def ask(text: str, explain: bool) -> None:
    """像机器人那样回答一句话 TEXT；不需要数据库。"""
    from rich.console import Console

    from chatbot.settings import load_settings

    outcome = _decide(text, load_settings())
    console = Console()
    _show_decision(console, outcome.decision)
    if explain:
        _show_trace(console, outcome)


def _decide(text: str, settings: Settings) -> Outcome:
    from chatbot.cli.opening import open_service
    from chatbot.clock import make_clock
    from chatbot.dialogue.turn import Context, Situation, Utterance
    from chatbot.knowledge.content import load_content

    content = load_content(settings.knowledge_dir, settings.intents_dir)
    with open_service(content, settings, threads=1) as service:
        situation = Situation(make_clock(settings.test_clock).now())
        return service.decide_sync(Utterance((text,)), Context(), situation)


def _show_decision(console: Console, decision: Decision) -> None:
    from rich.text import Text

    for part in decision.reply:
        console.print(Text(_words(part.to_json())))
    if decision.handoff is not None:
        handoff = decision.handoff
        skill = handoff.skill or "任意"
        line = f"转人工：技能组 {skill}，优先级 {handoff.priority}，原因 {handoff.reason}"
        console.print(Text(line, style="yellow"))
    action = _ACTIONS[decision.action]
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


def _show_trace(console: Console, outcome: Outcome) -> None:
    from rich.text import Text

    trace = outcome.trace
    lines = {
        "规则": f"{trace['rule']}（{outcome.decision.reason}）",
        "归一化": trace["normalised"],
        "分词": " / ".join(trace["tokens"]),
        "意图": "；".join(" ".join(hit) for hit in trace["intents"]) or "无",
    }
    if "phrase" in trace:
        lines["转人工用语"] = trace["phrase"]
    if "signals" in trace:
        lines["信号"] = "，".join(f"{name} {value}" for name, value in trace["signals"].items())
    for name, value in lines.items():
        console.print(Text(f"{name}：{value}"))
    _show_candidates(console, outcome)


def _show_candidates(console: Console, outcome: Outcome) -> None:
    from rich.table import Table
    from rich.text import Text

    candidates = outcome.decision.candidates
    if not candidates:
        console.print(Text("候选：无"))
        return
    scores = outcome.trace.get("scores") or [{} for _ in candidates]
    table = Table("条目", "标准问", "置信度", *_SCORES.values(), title="候选")
    for candidate, row in zip(candidates, scores, strict=True):
        values = (str(row.get(name, "")) for name in _SCORES)
        cells = (candidate.faq_id, candidate.question, f"{candidate.confidence:.4f}", *values)
        table.add_row(*map(Text, cells))
    console.print(table)
