"""`chatbot knowledge import`: what a file would change, and the change itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from chatbot.errors import UserError

if TYPE_CHECKING:
    from chatbot.exchange.importing import Base, Folder, Trial
    from chatbot.exchange.incoming import Refused
    from chatbot.exchange.mark import Mark
    from chatbot.exchange.merging import Step
    from chatbot.settings import Settings

#: Exit code for having found something.
_FOUND = 1
_KINDS = {
    "new": "新增",
    "changed": "修改",
    "same": "相同",
    "conflict": "冲突",
    "missing": "文件里没有，保留",
    "retired": "收起",
    "gone": "文件夹里已经删掉，不加回来",
}
_LONGEST = 60


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--apply", "applies", is_flag=True, help="写进知识文件夹；不写则只试，什么也不改。")
@click.option("--refused", "refused_to", metavar="OUT", type=click.Path(path_type=Path),
              help="把被拒绝的行写成 OUT，最后一列是原因，改好可以再导入。")  # fmt: skip
@click.option("--extra-columns-as-similar", is_flag=True, help="认不出的列都当作相似问。")
@click.option(
    "--retire-missing", is_flag=True, help="导出以后在文件里删掉的条目，也从文件夹里收起。"
)
@click.option("--snapshot", "number", metavar="N", type=int,
              help="文件是从快照 N 导出的；不写则看文件里的编号。")  # fmt: skip
@click.option("--base", "base_file", metavar="OLD", help="文件是从 OLD 这个文件改来的。",
              type=click.Path(path_type=Path, dir_okay=False, exists=True))  # fmt: skip
@click.option("--prefer", type=click.Choice(["file", "folder"]),
              help="冲突的一律以文件（file）或文件夹（folder）为准。")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="输出 JSON，供脚本使用。")
def import_(
    file: Path,
    applies: bool,
    refused_to: Path | None,
    extra_columns_as_similar: bool,
    retire_missing: bool,
    number: int | None,
    base_file: Path | None,
    prefer: Literal["file", "folder"] | None,
    as_json: bool,
) -> None:
    """导入 FILE（.xlsx、.csv、.jsonl、.yaml、.md、.docx）：逐行列出会怎样；--apply 才写。

    修改写在条目原来的文件里，别的都不动。知道文件是从哪个快照导出的，就按三方合并：别人改的、您改的都在，
    两边都改了的列为冲突，不替您决定。有拒绝或冲突时退出码为 1。Word 文档（.docx）按标题认出问题，
    不写进文件夹，收进“没答上的”页面由人逐个采纳。
    """
    from chatbot.cli.documents import import_document
    from chatbot.cli.exporting import refuse_inside
    from chatbot.cli.opening import progress
    from chatbot.exchange.docx_blocks import DOCUMENT_SUFFIX
    from chatbot.exchange.importing import Wishes, try_import
    from chatbot.exchange.mark import read_mark
    from chatbot.exchange.refused import check_suffix
    from chatbot.knowledge.edit_files import editing
    from chatbot.settings import load_settings

    if file.suffix.lower() == DOCUMENT_SUFFIX:
        given = refused_to, number, base_file, prefer
        if any(each is not None for each in given) or extra_columns_as_similar or retire_missing:
            raise UserError("导入 Word 文档只能加 --apply 和 --json：它的问题由人逐个采纳。")
        import_document(load_settings(), file, applies=applies, as_json=as_json)
        return
    if refused_to is not None:
        check_suffix(file, refused_to)
        if refused_to.exists():
            raise UserError(f"{refused_to}：已经有这个文件，请换一个名字")
    settings = load_settings()
    if refused_to is not None:
        refuse_inside(settings, refused_to)
    mark = read_mark(file)
    base = _base(settings, mark, number, base_file)
    wishes = Wishes(extra_columns_as_similar, retire_missing, prefer or "neither")
    written: list[str] = []
    with editing(settings.knowledge_dir):
        folder = _folder(settings)
        with progress("读取", None) as advance:
            attempt = partial(try_import, file, folder, base, wishes, advance)
            trial = _tried(attempt, as_json=as_json)
        if applies:
            written = trial.drafts.write()
    refused = _all_refused(trial)
    if refused_to is not None and refused:
        _write_refused(file, refused_to, trial, refused, mark)
    _show(trial, refused, written, applies=applies, as_json=as_json, knows_base=base is not None)
    if refused or trial.plan.conflicts:
        raise SystemExit(_FOUND)


def _tried(attempt: Callable[[], Trial], *, as_json: bool) -> Trial:
    """Return the trial; list what is wrong with the file as a whole and leave with 1."""
    from chatbot.console.harmless import harmless
    from chatbot.knowledge.problems import ContentErrors

    try:
        return attempt()
    except ContentErrors as error:
        if as_json:
            problems = [problem.to_json() for problem in error.problems]
            click.echo(json.dumps({"problems": problems}, ensure_ascii=False, indent=2))
        else:
            for problem in error.problems:
                click.echo(harmless(str(problem)))
        raise SystemExit(_FOUND) from None


def _folder(settings: Settings) -> Folder:
    from chatbot.exchange.importing import Folder
    from chatbot.knowledge.content import read_content
    from chatbot.knowledge.problems import ContentErrors

    root = settings.knowledge_dir
    try:
        reading = read_content(root, settings.intents_dir, settings.outbound_hosts)
    except ContentErrors as error:
        first = error.problems[0]
        raise UserError(
            f"知识文件夹里有 {len(error.problems)} 个问题，先改好再导入"
            f"（chatbot knowledge check 逐条列出）：{first}"
        ) from None
    return Folder(root, reading.content)


def _base(
    settings: Settings, mark: Mark | None, number: int | None, base_file: Path | None
) -> Base | None:
    """Return what the file was made from: said, or written in it and known in the database."""
    from chatbot.cli.database import has_database, opened
    from chatbot.exchange.importing import Base
    from chatbot.exchange.incoming import read_base
    from chatbot.knowledge.content import Content
    from chatbot.store.imports import exported_content
    from chatbot.understanding.normalise import Normaliser

    category = mark.category if mark else ""
    if base_file is not None:
        if number is not None:
            raise UserError("--snapshot 和 --base 只写一个。")
        return Base(read_base(base_file, Normaliser()), category)
    wanted = number if number is not None else mark.snapshot if mark else None
    if wanted is None or (number is None and not has_database(settings)):
        return None
    with opened(settings) as database:
        content = database.run_sync(exported_content, wanted)
    if content is None:
        if number is None:
            return None
        raise UserError(f"没有快照 {number}；chatbot knowledge history 列出有哪些。")
    return Base(Content.from_json(content).entries, category)


def _all_refused(trial: Trial) -> list[Refused]:
    """Return the rows that are refused, by the reader or because no machine can write them."""
    from chatbot.exchange.incoming import Refused

    rows = {placed.line: placed.lines for placed in trial.incoming.placed}
    lines = {step.id: rows.get(step.line, (step.line,)) for step in trial.plan.steps}
    left = [Refused(lines[each], each, (why,)) for each, why in trial.left.items()]
    return sorted([*trial.incoming.refused, *left], key=lambda row: row.lines)


def _write_refused(
    file: Path, target: Path, trial: Trial, refused: list[Refused], mark: Mark | None
) -> None:
    from chatbot.exchange.refused import refused_bytes

    rows = [row for row in refused if row.lines[0]]
    try:
        target.write_bytes(refused_bytes(file, target, trial.incoming.table, rows, mark))
    except OSError as error:
        raise UserError(f"{target}：写不进去（{error.strerror}）") from None


def _show(
    trial: Trial,
    refused: list[Refused],
    written: list[str],
    *,
    applies: bool,
    as_json: bool,
    knows_base: bool,
) -> None:
    from chatbot.console.harmless import harmless

    if as_json:
        click.echo(_json(trial, refused, written, knows_base=knows_base))
        return
    for warning in trial.incoming.warnings:
        click.echo(harmless(f"提醒：{warning}"))
    lines = [(row.lines[0], f"{_place(row.lines[0])}拒绝 {row.id}：{'；'.join(row.reasons)}")
             for row in refused]  # fmt: skip
    lines += [(step.line, "\n".join(_step_lines(trial, step)))
              for step in trial.plan.steps if step.id not in trial.left]  # fmt: skip
    for _, line in sorted(lines, key=lambda each: (not each[0], each[0])):
        click.echo(harmless(line))
    if not knows_base:
        click.echo("不知道文件是从哪个快照导出的：与文件夹不同的都算文件改的。")
    click.echo(_summary(trial, refused, written, applies=applies))
    for path in written:
        click.echo(f"已写入 {path}")


def _place(line: int) -> str:
    return f"第 {line} 行 " if line else ""


def _step_lines(trial: Trial, step: Step) -> Iterator[str]:
    yield f"{_place(step.line)}{_KINDS[step.kind]} {step.id} {trial.questions.get(step.id, '')}"
    if step.kind != "new":
        for change in step.changes:
            yield f"    {change.key}：{_shown(change.before)} → {_shown(change.after)}"
    for conflict in step.conflicts:
        yield f"    冲突 {conflict.key}："
        yield f"        导出时  {_shown(conflict.base)}"
        yield f"        文件夹  {_shown(conflict.ours)}"
        yield f"        文件    {_shown(conflict.theirs)}"


def _shown(value: Any) -> str:
    from chatbot.exchange.records import json_ready

    if value is None:
        return "（空）"
    text = value if isinstance(value, str) else json.dumps(json_ready(value), ensure_ascii=False)
    text = text.replace("\n", "⏎")
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}……共 {len(text)} 字"


def _summary(trial: Trial, refused: list[Refused], written: list[str], *, applies: bool) -> str:
    counts = _counts(trial, refused)
    names = {"refused": "拒绝", **_KINDS, "conflict": "有冲突"}
    told = "，".join(f"{names[kind]} {count}" for kind, count in counts.items() if count)
    if applies and written:
        return f"已导入：{told}。检查后用 chatbot knowledge publish 发布。"
    if applies:
        return f"没有要写的，什么也没有改：{told or '文件里没有条目'}。"
    return f"试运行，什么也没有改：{told or '没有条目'}。加 --apply 写进知识文件夹。"


def _counts(trial: Trial, refused: list[Refused]) -> dict[str, int]:
    steps = [step for step in trial.plan.steps if step.id not in trial.left]
    counts = {kind: sum(step.kind == kind for step in steps) for kind in _KINDS}
    counts["conflict"] = sum(bool(step.conflicts) for step in steps)
    return {**counts, "refused": len(refused)}


def _json(trial: Trial, refused: list[Refused], written: list[str], *, knows_base: bool) -> str:
    from chatbot.exchange.records import json_ready

    steps = [step for step in trial.plan.steps if step.id not in trial.left]
    record = {
        "rows": [{**asdict(step), "question": trial.questions.get(step.id, "")} for step in steps],
        "refused": [asdict(row) for row in refused],
        "warnings": [warning.to_json() for warning in trial.incoming.warnings],
        "summary": _counts(trial, refused),
        "three_way": knows_base,
        "written": written,
    }
    text = json.dumps(json_ready(record), ensure_ascii=False, indent=2)
    return text.encode("utf-8", "replace").decode()
