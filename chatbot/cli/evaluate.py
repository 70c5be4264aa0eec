"""`chatbot evaluate`: how good the answers to labelled questions are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chatbot.errors import UserError

if TYPE_CHECKING:
    from chatbot.evaluation.labels import Question
    from chatbot.evaluation.report import Comparison, Report
    from chatbot.knowledge.content import Content
    from chatbot.matching.encoder import LoadedEncoder
    from chatbot.settings import Settings


@click.command()
@click.option(
    "--knowledge", type=click.Path(path_type=Path), required=True, help="知识文件夹或文件"
)
@click.option(
    "--queries",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help='每行一个 JSON："text" 和正确的 "faq_id"（没有则为 null），或 "intent"',
)
@click.option("--intents", type=click.Path(path_type=Path), help="意图和用语的文件夹")
@click.option(
    "--compare",
    type=click.Path(path_type=Path),
    help="改动之后的知识文件夹或文件：与 --knowledge 比较前后",
)
@click.option(
    "--encoder",
    "encoders",
    multiple=True,
    help="用这个编码器而不是设置里的；可以写多次，一个一列",
)
@click.option("--json", "as_json", is_flag=True, help="输出 JSON，供脚本使用")
def evaluate(
    knowledge: Path,
    queries: Path,
    intents: Path | None,
    compare: Path | None,
    encoders: tuple[str, ...],
    as_json: bool,
) -> None:
    """用带标准答案的问题检验回答得怎样；不需要数据库和网络。

    指标的含义见 docs/evaluate.md。
    """
    from chatbot.cli.opening import check_intents
    from chatbot.knowledge.content import load_content
    from chatbot.matching.encoder import make_encoder
    from chatbot.settings import load_settings

    settings = load_settings()
    names = list(dict.fromkeys(encoders)) or [settings.encoder]
    if compare is not None and len(names) > 1:
        raise UserError("--compare takes one --encoder: compare either two versions or encoders")
    check_intents(intents)
    questions = _read_questions(queries)
    paths = [knowledge] if compare is None else [knowledge, compare]
    # Every mistake in a file or a name shows before the first minute of work.
    contents = {path: load_content(path, intents) for path in paths}
    makers = {name: make_encoder(name) for name in names}
    reports = [
        _evaluate(path, contents[path], name, encoder, questions, settings)
        for path in paths
        for name, encoder in makers.items()
    ]
    _show(reports, compared=compare is not None, as_json=as_json)


def _read_questions(queries: Path) -> list[Question]:
    from chatbot.cli.jsonl import read_lines
    from chatbot.evaluation.labels import LabelError, read_question

    questions = []
    for line in read_lines(queries, "--queries"):
        try:
            questions.append(read_question(line.text, line.record))
        except LabelError as error:
            raise UserError(f"{line.place}: {error}") from None
    if not questions:
        raise UserError(f"--queries {queries}: the file has no questions")
    return questions


def _evaluate(
    path: Path,
    content: Content,
    encoder_name: str,
    encoder: LoadedEncoder,
    questions: Sequence[Question],
    settings: Settings,
) -> Report:
    from chatbot.cli.opening import open_service, progress
    from chatbot.clock import make_clock
    from chatbot.dialogue.turn import Situation
    from chatbot.evaluation.encoders import measure_cost
    from chatbot.evaluation.report import Report
    from chatbot.evaluation.verdicts import ask_all

    _tell_unknown(path, content, questions)
    with open_service(content, settings, encoder=encoder, threads=1) as service:
        situation = Situation(make_clock(settings.test_clock).now())
        with progress(f"提问（{encoder_name}）", len(questions)) as advance:
            verdicts = ask_all(service, questions, situation, advance)
    cost = measure_cost(encoder, [question.text for question in questions])
    return Report(str(path), encoder_name, verdicts, cost)


def _tell_unknown(path: Path, content: Content, questions: Sequence[Question]) -> None:
    from chatbot.cli.unknown import tell_unknown

    right = {each for question in questions for each in question.right}
    tell_unknown(str(path), "条目", right, {entry.id for entry in content.entries})
    intents = {question.intent for question in questions if question.intent}
    tell_unknown(str(path), "意图", intents, {intent.name for intent in content.intents})


def _show(reports: Sequence[Report], *, compared: bool, as_json: bool) -> None:
    from rich.console import Console

    from chatbot.evaluation.report import Comparison
    from chatbot.evaluation.tables import show_comparison, show_reports

    comparison = Comparison(*reports) if compared else None
    if as_json:
        click.echo(_to_json(reports, comparison))
    elif comparison is not None:
        show_comparison(Console(), comparison)
    else:
        show_reports(Console(), reports)


def _to_json(reports: Sequence[Report], comparison: Comparison | None) -> str:
    if comparison is not None:
        record = comparison.to_json()
    elif len(reports) == 1:
        record = reports[0].to_json()
    else:
        record = {"encoders": [report.to_json() for report in reports]}
    # A lone surrogate of a question is no UTF-8; escaped it is JSON, and the same text again.
    text = json.dumps(record, ensure_ascii=False, indent=2)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
