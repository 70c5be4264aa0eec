"""Intent files, one YAML file an intent, and the brand's own texts beside them."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping as Names
from pathlib import Path
from typing import get_args

from chatbot.knowledge.fields import NO_BRACES, Fields, caption_objection, has_brace, shown
from chatbot.knowledge.files import content_files, is_folder, is_there, read_text
from chatbot.knowledge.flow_files import read_flow
from chatbot.knowledge.media_files import MediaFolder
from chatbot.knowledge.message_fields import MessageReader, brace_objection
from chatbot.knowledge.places import Place, Places
from chatbot.knowledge.problems import Problems
from chatbot.knowledge.references import References, read_tags
from chatbot.knowledge.tag_files import LONGEST_NAME
from chatbot.knowledge.tree import Mapping, Node, NotReadable, read_yaml
from chatbot.texts import (
    OTHER_LANGUAGE,
    TextValue,
    is_by_language,
    make_texts,
    placeholders,
    text_keys,
)
from chatbot.understanding.intents import Intent, IntentHandoff, Priority
from chatbot.understanding.language import CHINESE, LANGUAGES
from chatbot.understanding.normalise import Normaliser
from chatbot.understanding.patterns import PatternError, check_pattern, is_expression
from chatbot.understanding.smalltalk import Kind

TEXTS_FILE = "_texts.yaml"
INTENT_SUFFIXES = (".yaml", ".yml")
#: The keys of an intent, in the order in which they are written.
INTENT_KEYS = (
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
    "drafts",
)
#: A menu of the platform has ten lines.
_WELCOME_ITEMS = 9
#: One of them says that there is no reason.
_RATING_REASONS = 9
#: Lists whose members are shown, and those with one member a day or state.
_SHOWN_LISTS = frozenset(
    {"welcome_items", "form_weekdays", "page_sessions", "assist_stages", "rating_reasons"}
)
_ROWS_OF_TEXTS = frozenset({"form_weekdays", "page_sessions"})
#: Small talk; each kind's answer is a key, and what counts as it another.
_SMALLTALK: tuple[Kind, ...] = get_args(Kind)
_PATTERN_TEXTS = frozenset(
    {
        "human_phrases",
        "human_excluded",
        "menu_phrases",
        "dissatisfied_phrases",
        "none_phrases",
        "case_reply_phrases",
        "case_call_phrases",
        "case_handle_phrases",
        "case_later_phrases",
        "case_excluded_phrases",
        "left_message_phrases",
        *(f"{kind}_phrases" for kind in _SMALLTALK),
    }
)
#: What the sentences for messages in other languages are called by.
_LANGUAGE_KEYS = (*(code for code in LANGUAGES if code != CHINESE), OTHER_LANGUAGE)


#: Texts in which the variables of customer and assistant are filled.
_FILLED_TEXTS = frozenset(
    {
        "welcome_head",
        "welcome_tail",
        *_SMALLTALK,
        "emoji_only",
        "marks_only",
        "empty",
        "menu_head",
        "clarify_head",
        "row_head",
        "clarify_part_head",
        "unsure_part",
        "dissatisfied_head",
        "ask_to_type",
        "ask_about_attachment",
        "unsupported_message",
    }
)


def read_intents(
    folder: Path,
    normaliser: Normaliser,
    problems: Problems,
    references: References | None = None,
    media: MediaFolder | None = None,
    hosts: Collection[str] | None = None,
    places: Places | None = None,
) -> tuple[Intent, ...]:
    """Return the intents of ``folder`` in file order, none if there is no such folder.

    ``references`` collects what is to be found in other files; ``media`` is the folder with the
    pictures of replies, the knowledge folder's; ``hosts`` are those that webhooks may reach, None
    if that is not known here; ``places`` collects where each is written.
    """
    if not is_there(folder):
        return ()
    messages = MessageReader(media or MediaFolder(folder), references or References())
    read: list[Intent] = []
    seen: dict[str, Path] = {}
    for path, _ in content_files(folder, INTENT_SUFFIXES, problems):
        root = _read_mapping(path, problems, "应为一个意图")
        intent = root and read_intent(path, root, normaliser, problems, messages, hosts)
        if not root or not intent:
            continue
        if places is not None:
            places.add_intent(intent.name, path, root)
        if intent.name in seen:
            text = f"“{intent.name}”已经写在 {seen[intent.name]} 里，意图名不能重复"
            problems.add(path, 0, "intent", text)
        seen.setdefault(intent.name, path)
        read.append(intent)
    return tuple(read)


def read_texts(
    folder: Path,
    normaliser: Normaliser,
    problems: Problems,
    references: References | None = None,
    places: Places | None = None,
) -> Names[str, TextValue]:
    """Return the texts that the brand words itself, by key."""
    path = folder / TEXTS_FILE
    if not is_there(path) or not is_folder(folder):
        return {}
    root = _read_mapping(path, problems, "应为话术的键和文字")
    if root is None:
        return {}
    if places is not None:
        places.add_texts(path, root)
    kinds = text_keys()
    fields = Fields(path, root, problems, tuple(kinds))
    read: dict[str, TextValue] = {}
    for key in filter(fields.has, kinds):
        read[key] = value = _read_text(fields, key, kinds[key])
        if key in _PATTERN_TEXTS:
            fields.check(key, value, lambda each: _objection(each, normaliser))
        if text := _text_objection(key, value):
            fields.complain(fields.line_of(key), key, text)
        if isinstance(value, str) and references is not None:
            references.add_text(Place(path, fields.line_of(key), key), value, always=True)
    return read


def _read_text(fields: Fields, key: str, kind: type) -> TextValue:
    if kind is dict:
        lines = _shipped_lines(key)
        return fields.texts_by_name(key, _LANGUAGE_KEYS if is_by_language(lines) else lines)
    return fields.texts(key) if kind is tuple else fields.text(key) or ""


def _shipped_lines(key: str) -> Names[str, str]:
    lines: Names[str, str] = getattr(make_texts({}), key)
    return lines


def _lines_objection(key: str, lines: Names[str, str]) -> str | None:
    """Return what is wrong with sentences by name; those by language have nothing to fill in."""
    shipped = _shipped_lines(key)
    if is_by_language(shipped):
        return NO_BRACES if any(map(has_brace, lines.values())) else None
    for name, line in lines.items():
        known = placeholders(shipped[name]) or frozenset()
        rest = line.replace("{{", "").replace("}}", "")
        for each in known:
            rest = rest.replace(f"{{{each}}}", "")
        if placeholders(line) != known or has_brace(rest):
            needed = f"必须写有 {_braced(known)}，而且" if known else ""
            return f"{name} 里{needed}不能有别的花括号"
    return None


def _text_objection(key: str, value: TextValue) -> str | None:
    """Return what is wrong with a text that could not be shown or sent, or None."""
    shipped = getattr(make_texts({}), key)
    if isinstance(value, Names):
        return _lines_objection(key, value)
    if not isinstance(value, str):
        return _list_objection(key, value, len(shipped))
    if key.endswith("_caption") or key == "row_more":
        return caption_objection(value)
    known = placeholders(shipped) or frozenset()
    rest = value
    for name in known:
        rest = rest.replace(f"{{{name}}}", "")
    written = placeholders(value) or frozenset()
    if known and not (known <= written and (key in _FILLED_TEXTS or known == written)):
        return f"必须写有 {_braced(known)}，而且不能有别的花括号"
    if key in _FILLED_TEXTS:
        return brace_objection(rest)
    return "这句话里不能用花括号" if {"{", "}"} & set(rest) else None


def _list_objection(key: str, value: Collection[str], shipped: int) -> str | None:
    if key == "welcome_items" and len(value) > _WELCOME_ITEMS:
        return f"最多 {_WELCOME_ITEMS} 个（转人工另占一行），这里有 {len(value)} 个"
    if key == "rating_reasons" and len(value) > _RATING_REASONS:
        return f"最多 {_RATING_REASONS} 个（不说原因另占一行），这里有 {len(value)} 个"
    if key in _ROWS_OF_TEXTS and len(value) != shipped:
        return f"要写 {shipped} 个不同的，这里有 {len(value)} 个"
    shown_lines = value if key in _SHOWN_LISTS else ()
    return next(filter(None, map(caption_objection, shown_lines)), None)


def _braced(names: frozenset[str]) -> str:
    return "、".join(f"{{{name}}}" for name in sorted(names))


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
        problems.add(path, root.line, "", f"{expected}，每行写“键: 值”，{shown(root)}")
        return None
    return root


def read_intent(
    path: Path,
    root: Node,
    normaliser: Normaliser,
    problems: Problems,
    messages: MessageReader,
    hosts: Collection[str] | None,
) -> Intent | None:
    """Return the intent that a mapping writes, as if it stood in a file; None if it is wrong."""
    if not isinstance(root, Mapping):
        problems.add(path, root.line, "", f"应为一个意图，每行写“键: 值”，{shown(root)}")
        return None
    before = len(problems.found)
    fields = Fields(path, root, problems, INTENT_KEYS, ("intent",))
    name = fields.name("intent") or ""
    intent = Intent(
        name=name,
        title=_optional_text(fields, "title") or name,
        examples=fields.texts("examples"),
        keywords=fields.texts("keywords"),
        exclude=fields.texts("exclude"),
        tags=read_tags(fields, messages.references),
        stage=_read_stage(fields),
        reply=messages.messages(fields, "reply") if fields.present("reply") else (),
        handoff=_read_handoff(fields),
        flow=read_flow(fields, name, normaliser, hosts),
        drafts=_read_drafts(fields, messages.references),
    )
    _check_intent(fields, intent, normaliser)
    return intent if len(problems.found) == before else None


def _optional_text(fields: Fields, key: str) -> str:
    return (fields.text(key) or "") if fields.present(key) else ""


def _check_intent(fields: Fields, intent: Intent, normaliser: Normaliser) -> None:
    for key, patterns in (("keywords", intent.keywords), ("exclude", intent.exclude)):
        fields.check(key, patterns, lambda pattern: _objection(pattern, normaliser))
    if not intent.examples and not intent.keywords:
        text = "examples 和 keywords 至少写一个，否则这个意图永远不会出现"
        fields.complain(fields.line, "examples", text)


def _objection(pattern: str, normaliser: Normaliser) -> str | None:
    try:
        check_pattern(pattern, normaliser)
    except PatternError as error:
        if not is_expression(pattern):
            return "里没有文字或数字"
        reason = str(error).partition(": ")[2]
        return f"不是正确的 RE2 正则表达式：{reason}" if reason else "会匹配所有消息，空的也算"
    return None


def _read_stage(fields: Fields) -> str:
    """Return the lifecycle stage; it becomes the name of a tag."""
    stage = _optional_text(fields, "stage")
    if len(stage) > LONGEST_NAME or ":" in stage or "：" in stage:
        text = f"阶段名称最多 {LONGEST_NAME} 个字，不能含冒号，这里写的是“{stage}”"
        fields.complain(fields.line_of("stage"), "stage", text)
    return stage


def _read_drafts(fields: Fields, references: References) -> tuple[str, ...]:
    """Return the ids of the entries that help agents, noted for the check that there are such."""
    faq_ids = fields.texts("drafts")
    for faq_id in faq_ids:
        references.add_entry(Place(fields.path, fields.line_of("drafts"), "drafts"), faq_id)
    return faq_ids


def _read_handoff(fields: Fields) -> IntentHandoff | None:
    inner = fields.inner("handoff", ("skill", "priority"))
    if inner is None:
        return None
    skill = inner.text("skill") if inner.present("skill") else None
    written = inner.text("priority") if inner.present("priority") else "normal"
    priorities: tuple[Priority, ...] = get_args(Priority)
    priority = next((known for known in priorities if known == written), None)
    if priority is None:
        text = f"应为 {'、'.join(priorities)} 之一，这里写的是“{written}”"
        inner.complain(inner.line_of("priority"), "priority", text)
    return IntentHandoff(skill, priority or "normal")
