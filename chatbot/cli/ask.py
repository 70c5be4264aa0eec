"""`chatbot ask`: one question against the knowledge files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

    from chatbot.dialogue.decision import Decision
    from chatbot.dialogue.turn import Outcome
    from chatbot.settings import Settings
    from chatbot.texts import Texts

_PRIORITIES = {"normal": "普通", "high": "高", "urgent": "紧急"}
#: The rules by the names that decisions record.
_RULES = {
    "wish": "客户要找人",
    "menu": "要看菜单",
    "intent": "命中意图",
    "exact": "与一个问法写法相同",
    "near-exact": "与一个问法写法几乎相同",
    "picked": "点选了菜单里的问题",
    "confidence": "意思相近，把握够大",
    "clarify": "有几分把握，先反问",
    "low-confidence": "没有把握",
    "several": "一句话问了几件事，一起回答",
    "follow-up": "接着上一个回答问的",
    "rephrased": "换了说法，问的是菜单里的一条",
    "dissatisfied": "客户说没有答对，或又问了一遍",
    "which-row": "要先知道问的是表格的哪一行",
    "missing-fact": "答案里的事实没有填",
    "agents-only": "答案只给客服看",
    "form": "填表单",
    "greeting": "只是问候",
    "thanks": "只是致谢",
    "goodbye": "只是告别",
    "okay": "只是应答",
    "remark": "只是感想",
    "undecided": "只是犹豫或作罢",
    "doubt": "只是质疑",
    "praise": "只是夸奖",
    "abuse": "只是骂人",
    "robot": "问是不是机器人",
    "name": "问是谁",
    "chatter": "只是闲聊",
    "language": "用其他语言提问，没有这种语言的答案",
    "emoji": "只有表情",
    "marks": "只有标点",
    "empty": "没有内容",
    "rating": "评价了人工服务",
}
_SIGNALS = {
    "score": "核回归",
    "margin": "领先第二名",
    "novelty": "陌生",
    "words": "词覆盖",
    "rivals": "其余得分",
    "dense": "语义",
    "everyday": "像闲话",
    "length": "字数",
    "wordings": "问法数",
}
#: What was read as something else than it was written.
_READ_AS = {"corrections": "改错字", "synonyms": "同义词"}
_EVIDENCE = {"examples": "例句", "keywords": "关键词"}
_TOLD_BY = {
    "message": "这句话里说了",
    "remembered": "这次对话里说过",
    "slot": "表单里填了",
    "tag": "客户的标签",
    "scene": "客户的链接",
    "only": "只有这一行",
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

    outcome, texts = _decide(text, load_settings())
    console = Console()
    _show_decision(console, outcome.decision, texts)
    if explain:
        _show_trace(console, outcome)


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


def _show_trace(console: Console, outcome: Outcome) -> None:
    from rich.text import Text

    for name, value in _explanation(outcome):
        console.print(Text(f"{name}：{value}"))
    _show_candidates(console, outcome)


def _explanation(outcome: Outcome) -> Iterator[tuple[str, str]]:
    trace, decision = outcome.trace, outcome.decision
    rule = trace["rule"]
    yield "规则", f"{_RULES.get(rule, rule)}（{rule}：{decision.reason}）"
    yield "归一化", trace["normalised"] or "无"
    for key, name in _READ_AS.items():
        if key in trace:
            yield name, "，".join(f"{written} → {meant}" for written, meant in trace[key])
    yield "分词", " / ".join(trace["tokens"]) or "无"
    hits = (f"{name}（{_EVIDENCE[by]}：{words}）" for name, by, words in trace["intents"])
    yield "意图", "；".join(hits) or "无"
    for number, part in enumerate(decision.parts, 1):
        yield f"问题 {number}", f"{part.text}（{part.faq_id or '没有把握'}，{part.confidence:.4f}）"
    if decision.tags:
        yield "标签", "，".join(decision.tags)
    if "phrase" in trace:
        yield "转人工用语", trace["phrase"]
    for table, (row, by) in trace.get("rows", {}).items():
        yield f"表格 {table}", f"{row}（{_TOLD_BY.get(by, by)}）"
    if "form" in trace:
        yield "表单", "，".join(f"{title} {value}" for title, value in trace["form"]) or "还没有填"
    if "signals" in trace:
        signals = trace["signals"].items()
        yield "信号", "，".join(f"{_SIGNALS.get(name, name)} {value}" for name, value in signals)


def _show_candidates(console: Console, outcome: Outcome) -> None:
    from rich.table import Table
    from rich.text import Text

    candidates = outcome.decision.candidates
    if not candidates:
        console.print(Text("候选：无"))
        return
    scores = {row["faq_id"]: row for row in outcome.trace.get("scores", ())}
    table = Table(title="候选")
    table.add_column("条目", overflow="fold")
    table.add_column("标准问", overflow="fold")
    for heading in ("置信度", *_SCORES.values()):
        table.add_column(heading, no_wrap=True)
    for candidate in candidates:
        row = scores.get(candidate.faq_id, {})
        values = (str(row.get(name, "")) for name in _SCORES)
        cells = (candidate.faq_id, candidate.question, f"{candidate.confidence:.4f}", *values)
        table.add_row(*map(Text, cells))
    console.print(table)
