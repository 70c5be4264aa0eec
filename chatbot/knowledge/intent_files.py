"""Intent files, one YAML file an intent, and the brand's own texts beside them."""

from __future__ import annotations

from collections.abc import Mapping as Dict
from pathlib import Path
from typing import get_args

from chatbot.knowledge.fields import Fields
from chatbot.knowledge.files import content_files, read_text
from chatbot.knowledge.problems import Problems
from chatbot.knowledge.tree import Mapping, Node, NotReadable, read_yaml
from chatbot.texts import TextValue, make_texts, placeholders, text_keys
from chatbot.understanding.intents import Intent, IntentHandoff, Priority
from chatbot.understanding.normalise import Normaliser
from chatbot.understanding.patterns import PatternError, check_pattern

TEXTS_FILE = "_texts.yaml"
_SUFFIXES = (".yaml", ".yml")
_KEYS = (
    "intent",
    "title",
    "examples",
    "keywords",
    "exclude",
    "tags",
    "stage",
    "reply",
    "handoff",
    "flow",
)
#: A menu of the platform has ten lines.
_WELCOME_ITEMS = 9
_PATTERN_TEXTS = frozenset({"human_phrases", "human_excluded"})


def read_intents(folder: Path, normaliser: Normaliser, problems: Problems) -> tuple[Intent, ...]:
    """Return the intents of ``folder`` in file order, none if there is no such folder."""
    if not folder.exists():
        return ()
    read: list[Intent] = []
    seen: dict[str, Path] = {}
    for path, _ in content_files(folder, _SUFFIXES, problems):
        root = _read_mapping(path, problems, "an intent")
        intent = root and _read_intent(path, root, normaliser, problems)
        if not intent:
            continue
        if intent.name in seen:
            text = f"{intent.name} is already defined in {seen[intent.name]}; names are unique"
            problems.add(path, 0, "intent", text)
        seen.setdefault(intent.name, path)
        read.append(intent)
    return tuple(read)


def read_texts(folder: Path, normaliser: Normaliser, problems: Problems) -> Dict[str, TextValue]:
    """Return the texts that the brand words itself, by key."""
    path = folder / TEXTS_FILE
    if not path.exists():
        return {}
    root = _read_mapping(path, problems, "keys with texts")
    if root is None:
        return {}
    kinds = text_keys()
    fields = Fields(path, root, problems, tuple(kinds))
    read: dict[str, TextValue] = {}
    for key in filter(fields.has, kinds):
        if kinds[key] is tuple:
            read[key] = fields.texts(key)
        else:
            read[key] = fields.text(key) or ""
        if key in _PATTERN_TEXTS:
            fields.check(key, read[key], lambda value: _objection(value, normaliser))
        if text := _text_objection(key, read[key]):
            fields.complain(fields.line_of(key), key, text)
    return read


def _text_objection(key: str, value: TextValue) -> str | None:
    """Return what is wrong with a text that could not be shown or sent, or None."""
    if key == "welcome_items" and len(value) > _WELCOME_ITEMS:
        return f"at most {_WELCOME_ITEMS} lines are possible beside the one that calls a person"
    known = placeholders(getattr(make_texts({}), key)) if isinstance(value, str) else None
    if known and isinstance(value, str) and placeholders(value) != known:
        allowed = " and ".join(sorted(f"{{{name}}}" for name in known))
        return f"{allowed} must stand there, and no other brace"
    return None


def _read_mapping(path: Path, problems: Problems, expected: str) -> Mapping | None:
    source = read_text(path, problems)
    if source is None:
        return None
    try:
        root: Node | None = read_yaml(source)
    except NotReadable as error:
        problems.add(path, error.line, "", error.text)
        return None
    if root is not None and not isinstance(root, Mapping):
        problems.add(path, root.line, "", f"{expected} is expected, as `key: value`")
        return None
    return root


def _read_intent(
    path: Path, root: Mapping, normaliser: Normaliser, problems: Problems
) -> Intent | None:
    before = len(problems.found)
    fields = Fields(path, root, problems, _KEYS, ("intent",))
    name = fields.name("intent") or ""
    intent = Intent(
        name=name,
        title=(fields.text("title") if fields.present("title") else None) or name,
        examples=fields.texts("examples"),
        keywords=fields.texts("keywords"),
        exclude=fields.texts("exclude"),
        tags=fields.tags("tags"),
        reply=fields.messages("reply") if fields.present("reply") else (),
        handoff=_read_handoff(fields),
    )
    _check_intent(fields, intent, normaliser)
    return intent if len(problems.found) == before else None


def _check_intent(fields: Fields, intent: Intent, normaliser: Normaliser) -> None:
    for key in ("stage", "flow"):
        if fields.present(key) is not None:
            text = "not available in this release; write null or leave the key out"
            fields.complain(fields.line_of(key), key, text)
    for key, patterns in (("keywords", intent.keywords), ("exclude", intent.exclude)):
        fields.check(key, patterns, lambda pattern: _objection(pattern, normaliser))
    if not intent.examples and not intent.keywords:
        text = "examples or keywords are expected; without them the intent is never found"
        fields.complain(fields.line, "examples", text)


def _objection(pattern: str, normaliser: Normaliser) -> str | None:
    try:
        check_pattern(pattern, normaliser)
    except PatternError as error:
        return str(error)
    return None


def _read_handoff(fields: Fields) -> IntentHandoff | None:
    inner = fields.inner("handoff", ("skill", "priority"))
    if inner is None:
        return None
    skill = inner.text("skill") if inner.present("skill") else None
    written = inner.text("priority") if inner.present("priority") else "normal"
    priorities: tuple[Priority, ...] = get_args(Priority)
    priority = next((known for known in priorities if known == written), None)
    if priority is None:
        text = f"one of {', '.join(priorities)} is expected, not {written!r}"
        inner.complain(inner.line_of("priority"), "priority", text)
    return IntentHandoff(skill, priority or "normal")
