"""`chatbot knowledge import` of a Word document: its questions as proposals on the gap page."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from chatbot.documents import Proposal
    from chatbot.exchange.docx_questions import DocumentText
    from chatbot.settings import Settings

#: Exit code for having found something.
_FOUND = 1
_LONGEST = 60
_WORDS = {"new": "新增", "changed": "答案改了", "same": "相同", "decided": "已经处理过"}


def import_document(settings: Settings, file: Path, *, applies: bool, as_json: bool) -> None:
    """Show what a document would propose, and propose it if it ``applies``; exit as ``import``."""
    from chatbot.exchange.docx_blocks import read_blocks
    from chatbot.exchange.docx_questions import questions_in

    document = questions_in(read_blocks(file))
    look = _proposed if applies else _tried
    found = look(settings, file.name, document)
    if as_json:
        click.echo(_json(document, found, applies=applies))
    else:
        _show(document, found, applies=applies)
    if document.notes or not document.questions:
        raise SystemExit(_FOUND)


def _tried(settings: Settings, name: str, document: DocumentText) -> list[Proposal]:
    from chatbot.cli.database import has_database, opened
    from chatbot.clock import make_clock
    from chatbot.documents import Proposal, compared, proposals
    from chatbot.understanding.normalise import Normaliser

    now = make_clock(settings.test_clock).now()
    found = proposals(name, document.questions, now, Normaliser())
    if not has_database(settings):
        return [Proposal(question, each, "new") for question, each in found]
    with opened(settings) as database:
        return database.run_sync(compared, found)


def _proposed(settings: Settings, name: str, document: DocumentText) -> list[Proposal]:
    from chatbot.bringing import Bringer
    from chatbot.cli.live import live_mind
    from chatbot.cli.opening import progress
    from chatbot.cli.publishing import at_desk
    from chatbot.documents import Proposing, compared, proposals

    with at_desk(settings) as desk:
        mind = live_mind(desk)
        now, normaliser = desk.clock.now(), mind.dialogue.snapshot.normaliser
        questions = proposals(name, document.questions, now, normaliser)
        found = desk.database.run_sync(compared, questions)
        bringer = Bringer(
            desk.database, mind, desk.bench.vectors, desk.clock, applies=True, apart=True
        )
        with progress("收进问题", len(found)) as advance:
            Proposing(desk.database, bringer, desk.clock).write(found, advance)
    return found


def _show(document: DocumentText, found: Sequence[Proposal], *, applies: bool) -> None:
    from chatbot.console.harmless import one_line
    from chatbot.exchange.docx_questions import path_of

    for each in found:
        click.echo(f"{_WORDS[each.outcome]} {one_line(path_of(each.question), 2 * _LONGEST)}")
        if each.outcome in {"new", "changed"}:
            click.echo(f"    草稿：{one_line(each.brought.reply, _LONGEST)}")
    for note in document.notes:
        click.echo(f"提醒 {note.heading or '文档开头'}：{note.text}")
    counts = Counter(_WORDS[each.outcome] for each in found)
    told = "，".join(f"{name} {count}" for name, count in counts.items()) or "没有问题"
    if not found:
        click.echo("没有找到问题：标题要用“标题 1”等样式（或“一、”“1.2”编号），或写成问：答：。")
    elif applies:
        click.echo(f"已收进没答上的问题：{told}。在网页 /console/gaps 里逐个采纳、修改或不要。")
    else:
        click.echo(f"试运行，什么也没有改：{told}。加 --apply 收进没答上的问题，由人逐个采纳。")


def _json(document: DocumentText, found: Sequence[Proposal], *, applies: bool) -> str:
    record: dict[str, Any] = {
        "questions": [
            {
                "category": list(each.question.category),
                "question": each.brought.text,
                "draft": each.brought.reply,
                "outcome": each.outcome,
            }
            for each in found
        ],
        "notes": [{"heading": note.heading, "text": note.text} for note in document.notes],
        "summary": dict(Counter(each.outcome for each in found)),
        "applied": applies,
    }
    return json.dumps(record, ensure_ascii=False, indent=2)
