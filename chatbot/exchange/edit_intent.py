"""Changes the YAML file of an intent where it stands, or writes one anew."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from chatbot.exchange.edit_yaml import edited_mapping
from chatbot.exchange.edits import NotEditableError, text_like
from chatbot.exchange.export import AnyMedia
from chatbot.exchange.records import Record
from chatbot.exchange.yaml_text import mapping_lines
from chatbot.knowledge.files import content_files, decoded, is_content_name
from chatbot.knowledge.intent_files import INTENT_SUFFIXES, read_intents
from chatbot.knowledge.problems import Problems
from chatbot.understanding.intents import Intent
from chatbot.understanding.normalise import Normaliser

#: Intents that were taken out are kept here; what is in it is not read.
RETIRED_FOLDER = "_retired"
_UNUSABLE = re.compile(r"[\\/:*?\"<>|\x00-\x1f]")
_NUMBERED = re.compile(r"(\d+)(.*)")


def intent_source(name: str, record: Mapping[str, Any]) -> str:
    """Return the file of an intent, written anew; None in ``record`` says nothing."""
    said = {key: value for key, value in record.items() if value is not None}
    return "".join(f"{line}\n" for line in mapping_lines({"intent": name, **said}, 0))


def read_intent(data: bytes) -> Intent | None:
    """Return the intent that a file of these bytes would have; None if it would be refused."""
    problems = Problems()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "intent.yaml").write_bytes(data)
        media = AnyMedia(Path(folder))
        read = read_intents(Path(folder), Normaliser(), problems, media=media)
    return None if problems.found or len(read) != 1 else read[0]


def edited_intent(former: bytes, path: Path, changes: Mapping[str, Any], after: Intent) -> bytes:
    """Return the file with other values at some keys; it must come out as ``after``.

    Raises:
        NotEditableError: only a person can change it; says why.
    """
    source = decoded(former, path, Problems())
    if source is None:
        raise NotEditableError("文件不是 UTF-8 编码")
    data = text_like(former, edited_mapping(source, changes))
    if read_intent(data) != after:
        raise NotEditableError("它的写法不能自动改，请自己改")
    return data


def intent_paths(folder: Path) -> dict[str, Path]:
    """Return the file of every intent of a folder, by name and in the order in which they count."""
    paths: dict[str, Path] = {}
    if folder.is_dir():
        for path, _ in content_files(folder, INTENT_SUFFIXES, Problems()):
            intent = read_intent(path.read_bytes())
            if intent is not None:
                paths.setdefault(intent.name, path)
    return paths


def path_for_new(folder: Path, name: str, paths: Sequence[Path]) -> Path:
    """Return where a new intent is written: behind all others, for their order decides ties."""
    last = paths[-1] if paths else None
    within = last.parent if last else folder
    plain = _UNUSABLE.sub("-", name).strip(" .") or "intent"
    for stem in _stems(plain, last):
        path = within / f"{stem}.yaml"
        is_last = last is None or path.name > last.name
        if is_last and is_content_name(path.name) and not path.exists():
            return path
    raise NotEditableError(f"意图文件夹里没有可用的文件名：{plain}")


def _stems(plain: str, last: Path | None) -> list[str]:
    stems = [plain]
    if last is not None:
        numbered = _NUMBERED.fullmatch(last.stem)
        if numbered:
            digits = numbered[1]
            stems.insert(0, f"{int(digits) + 1:0{len(digits)}}-{plain}")
        stems.append(f"{last.stem}_{plain}")
    return stems + [f"{stem}_{number}" for stem in stems for number in range(2, 10)]


def retired_path(path: Path, root: Path, taken: Collection[Path] = ()) -> Path:
    """Return where a file that is taken out of ``root`` is kept; ``taken`` will be there, too."""
    folder = root / RETIRED_FOLDER
    names = (
        f"{path.stem}{number}{path.suffix}" for number in ("", *map("-{}".format, range(2, 999)))
    )
    paths = (folder / name for name in names)
    return next(each for each in paths if each not in taken and not each.exists())


def changes_of(before: Record, after: Record) -> Record:
    """Return the keys whose values differ, with those of ``after``."""
    keys = dict.fromkeys((*before, *after))
    return {key: after.get(key) for key in keys if before.get(key) != after.get(key)}
