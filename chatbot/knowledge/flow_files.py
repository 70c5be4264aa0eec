"""The ``flow`` of an intent file: a form with its slots, its confirmation and its action."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import get_args

from chatbot.forms.form import (
    HAND_OVER,
    Action,
    Choice,
    Flow,
    HandoffAction,
    Slot,
    SlotType,
    Value,
    WebhookAction,
)
from chatbot.forms.hosts import AddressRefused, check_address, host_of
from chatbot.forms.showing import LONGEST_MENU, names_in, without_names
from chatbot.knowledge.fields import Fields, caption_objection, has_brace, shown
from chatbot.knowledge.tree import Listing, Mapping, Scalar
from chatbot.understanding.normalise import Normaliser

_FLOW_KEYS = ("slots", "confirm", "action", "done")
_SLOT_KEYS = (
    "name", "type", "ask", "title", "choices", "optional", "default", "min", "max", "units",
)  # fmt: skip
_ACTION_KEYS = ("handoff", "webhook", "timeout", "on_error")
_TYPES: tuple[SlotType, ...] = get_args(SlotType)
_TYPE_NAMES = "date、time、number、phone、choice、text"
_MOST_SLOTS = 20
#: The left column of a template card has room for five characters.
_LONGEST_TITLE = 5
#: Days from today, either way; a form asks for no day beyond.
_MOST_DAYS = 3660
_TIMEOUT = 3.0
_LONGEST_TIMEOUT = 30.0
_NAME = re.compile(r"[^\W\d]\w*")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_ASKED_UNIT = re.compile(r"(?:几|多少)(?!点|号|时)(个?[\u4e00-\u9fff])")
_TRUE, _FALSE = {"true", "yes", "on"}, {"false", "no", "off"}


def read_flow(
    fields: Fields, name: str, normaliser: Normaliser, hosts: Collection[str] | None = None
) -> Flow | None:
    """Return the form at the key ``flow`` of the intent called ``name``; None without one.

    Problems are noted with ``fields``; what is returned then is not to be used. ``hosts`` are
    those that webhooks may reach, None if that is not known here.
    """
    inner = fields.inner("flow", _FLOW_KEYS)
    if inner is None:
        return None
    _require(inner, ("slots", "action"))
    confirm = _optional_text(inner, "confirm")
    slots = _read_slots(inner, confirm, normaliser)
    action = _read_action(inner, hosts)
    done = _optional_text(inner, "done")
    if action is None or not slots:
        return None
    _check_names(inner, slots, action, confirm, done)
    return Flow(name, slots, action, confirm, done)


def _require(fields: Fields, keys: Collection[str]) -> None:
    for key in keys:
        if not fields.has(key):
            fields.complain(fields.line, key, "缺少这一项")


def _optional_text(fields: Fields, key: str) -> str:
    return (fields.text(key) if fields.present(key) else None) or ""


def _check_names(
    fields: Fields, slots: Sequence[Slot], action: Action, confirm: str, done: str
) -> None:
    names = [slot.name for slot in slots]
    for key, template in (("confirm", confirm), ("done", done)):
        if has_brace(without_names(template)):
            fields.complain(fields.line_of(key), key, "花括号没有成对，或者里面是空的")
        for name in names_in(template):
            of_result = name.startswith("result.") and key == "done"
            if of_result and isinstance(action, WebhookAction):
                continue
            if name not in names:
                text = f"花括号里的 {name} 不是表单的项目；可以写的有：{'、'.join(names)}"
                fields.complain(fields.line_of(key), key, text)
    if isinstance(action, WebhookAction) and not done:
        text = "缺少这一项；办好之后要告诉客户什么？"
        fields.complain(fields.line_of("action"), "done", text)


# Slots


def _read_slots(fields: Fields, confirm: str, normaliser: Normaliser) -> tuple[Slot, ...]:
    node = fields.present("slots")
    if node is None:
        return ()
    if not isinstance(node, Listing) or not 0 < len(node.items) <= _MOST_SLOTS:
        text = f"应为 1 到 {_MOST_SLOTS} 项的列表，{shown(node)}"
        fields.complain(node.line, "slots", text)
        return ()
    slots: list[Slot] = []
    for item in node.items:
        if not isinstance(item, Mapping):
            text = f"每一项应为含 name、type、ask 的一组键和值，{shown(item)}"
            fields.complain(item.line, "slots", text)
            continue
        inner = fields.part("slots", item, _SLOT_KEYS)
        slot = _read_slot(inner, confirm, normaliser)
        if slot and any(slot.name == other.name for other in slots):
            inner.complain(inner.line_of("name"), "name", f"“{slot.name}”已经用过，名称不能重复")
        elif slot:
            slots.append(slot)
    return tuple(slots)


def _read_slot(fields: Fields, confirm: str, normaliser: Normaliser) -> Slot | None:
    _require(fields, ("name", "type", "ask"))
    name, ask = fields.name("name"), fields.plain("ask")
    kind = _read_type(fields)
    if name is None or kind is None or ask is None:
        return None
    if not _NAME.fullmatch(name) or name == "result":
        text = "应为字母或汉字开头、只含字母、数字、汉字和下划线的名称，且不是 result"
        fields.complain(fields.line_of("name"), "name", text)
    slot = Slot(
        name=name,
        type=kind,
        ask=ask,
        title=_read_title(fields),
        choices=_read_choices(fields, kind, normaliser),
        optional=_read_flag(fields, "optional"),
        minimum=_read_limit(fields, "min", kind),
        maximum=_read_limit(fields, "max", kind),
        units=_read_units(fields, name, kind, ask, confirm),
    )
    _check_slot(fields, slot)
    default = _read_default(fields, slot)
    return replace(slot, default=default)


def _read_type(fields: Fields) -> SlotType | None:
    written = fields.text("type")
    kind = next((known for known in _TYPES if known == written), None)
    if kind is None and written is not None:
        fields.complain(fields.line_of("type"), "type", f"应为 {_TYPE_NAMES} 之一，不是“{written}”")
    return kind


def _read_title(fields: Fields) -> str:
    title = _optional_text(fields, "title")
    if len(title) > _LONGEST_TITLE:
        fields.complain(
            fields.line_of("title"), "title", f"最多 {_LONGEST_TITLE} 个字，卡片上才放得下"
        )
    return title


def _read_flag(fields: Fields, key: str) -> bool:
    node = fields.present(key)
    if node is None:
        return False
    written = node.value.lower() if isinstance(node, Scalar) else ""
    if written not in _TRUE | _FALSE:
        fields.complain(node.line, key, f"应为 true 或 false，{shown(node)}")
    return written in _TRUE


def _read_limit(fields: Fields, key: str, kind: SlotType) -> float | None:
    """Return a limit; a date without an earliest day begins today."""
    node = fields.present(key)
    if node is None:
        return 0.0 if kind == "date" and key == "min" else None
    if kind in {"phone", "choice"}:
        fields.complain(node.line, key, f"类型 {kind} 没有上下限，请删掉这一行")
        return None
    if kind != "time":
        number = fields.number(key)
        if kind == "date" and number is not None and abs(number) > _MOST_DAYS:
            fields.complain(node.line, key, f"应为离今天的天数，最多 {_MOST_DAYS}")
        return number
    match = _CLOCK.fullmatch(node.value) if isinstance(node, Scalar) else None
    if match is None:
        fields.complain(node.line, key, f'应为 "09:30" 这样的时间，{shown(node)}')
        return None
    return float(int(match[1]) * 60 + int(match[2]))


def units_said(name: str, ask: str, confirm: str) -> tuple[str, ...]:
    """Return the measure words of a number that its question and the confirmation use."""
    after = re.search(rf"\{{{re.escape(name)}\}}\s*(个?[\u4e00-\u9fff])", confirm)
    found = [*_ASKED_UNIT.findall(ask), *([after[1]] if after else [])]
    units = (unit.removeprefix("个") for unit in found)
    return tuple(dict.fromkeys(filter(None, units)))


def _read_units(
    fields: Fields, name: str, kind: SlotType, ask: str, confirm: str
) -> tuple[str, ...]:
    """Return the measure words, as written or as the question and the confirmation use them."""
    written = fields.texts("units")
    if written or kind != "number":
        if written and kind != "number":
            fields.complain(fields.line_of("units"), "units", "只有 number 类型有量词")
        return written
    return units_said(name, ask, confirm)


def _check_slot(fields: Fields, slot: Slot) -> None:
    if slot.minimum is not None and slot.maximum is not None and slot.maximum < slot.minimum:
        fields.complain(fields.line_of("max"), "max", "max 比 min 小")
    if slot.type == "text" and (slot.minimum or 0) < 0:
        fields.complain(fields.line_of("min"), "min", "字数不能是负数")


# Choices


def _read_choices(fields: Fields, kind: SlotType, normaliser: Normaliser) -> tuple[Choice, ...]:
    node = fields.present("choices")
    if kind != "choice":
        if node is not None:
            fields.complain(node.line, "choices", "只有 choice 类型有选项")
        return ()
    if isinstance(node, Mapping) and node.pairs:
        choices = tuple(Choice(key, _synonyms(fields, key, value)) for key, _, value in node.pairs)
        _check_choices(fields, choices, normaliser)
        return choices
    if isinstance(node, Listing) and node.items:
        names = [fields.item("choices", item) for item in node.items]
        choices = tuple(Choice(name) for name in names if name)
        _check_choices(fields, choices, normaliser)
        return choices
    fields.complain(
        fields.line_of("choices"), "choices", "应为选项，如 {大床房: [大床], 双床房: [双床, 标间]}"
    )
    return ()


def _synonyms(fields: Fields, key: str, node: object) -> tuple[str, ...]:
    if isinstance(node, Listing):
        read = (fields.item(f"choices.{key}", item) for item in node.items)
        return tuple(word for word in read if word)
    if isinstance(node, Scalar) and node.kind == "null":
        return ()
    fields.complain(
        fields.line_of("choices"), "choices", f"“{key}”后面应为别的说法的列表，如 [大床]"
    )
    return ()


def _check_choices(fields: Fields, choices: Sequence[Choice], normaliser: Normaliser) -> None:
    line = fields.line_of("choices")
    most = LONGEST_MENU - (1 if _is_true(fields, "optional") else 0)
    if len(choices) > most:
        fields.complain(line, "choices", f"最多 {most} 个选项，菜单才放得下")
    owner: dict[str, str] = {}
    for choice in choices:
        if objection := caption_objection(choice.name):
            fields.complain(line, "choices", f"“{choice.name[:10]}”：{objection}")
        for word in choice.words:
            key = normaliser.key(word)
            if not key:
                fields.complain(line, "choices", f"“{word}”里没有字母、数字或汉字")
            elif owner.setdefault(key, choice.name) != choice.name:
                text = f"“{word}”同时属于“{owner[key]}”和“{choice.name}”，分不清是哪个"
                fields.complain(line, "choices", text)


def _is_true(fields: Fields, key: str) -> bool:
    node = fields.present(key)
    return isinstance(node, Scalar) and node.value.lower() in _TRUE


# Defaults


def _read_default(fields: Fields, slot: Slot) -> Value | None:
    node = fields.present("default")
    if node is None:
        return None
    if slot.type in {"date", "phone"}:
        fields.complain(node.line, "default", f"类型 {slot.type} 没有默认值，请删掉这一行")
        return None
    if slot.type == "number":
        return _default_number(fields, slot)
    written = node.value if isinstance(node, Scalar) else ""
    if slot.type == "time" and not _CLOCK.fullmatch(written):
        fields.complain(node.line, "default", f'应为 "09:30" 这样的时间，{shown(node)}')
        return None
    if slot.type == "choice" and all(choice.name != written for choice in slot.choices):
        fields.complain(node.line, "default", f"应为选项之一，{shown(node)}")
        return None
    return written.zfill(5) if slot.type == "time" else fields.text("default")


def _default_number(fields: Fields, slot: Slot) -> Value | None:
    number = fields.number("default")
    if number is None:
        return None
    too_small = slot.minimum is not None and number < slot.minimum
    if too_small or (slot.maximum is not None and number > slot.maximum):
        fields.complain(fields.line_of("default"), "default", "默认值不在 min 和 max 之间")
    return int(number) if number.is_integer() else number


# Actions


def _read_action(fields: Fields, hosts: Collection[str] | None) -> Action | None:
    inner = fields.inner("action", _ACTION_KEYS)
    if inner is None:
        return None
    if inner.has("handoff") == inner.has("webhook"):
        inner.complain(inner.line, "", "应写 handoff（转给哪个技能组）或 webhook（地址），只写一个")
        return None
    if inner.has("webhook"):
        return _read_webhook(inner, hosts)
    for key in ("timeout", "on_error"):
        if inner.has(key):
            inner.complain(inner.line_of(key), key, "只有 webhook 有这一项")
    skill = inner.text("handoff")
    return None if skill is None else HandoffAction(skill)


def _read_webhook(fields: Fields, hosts: Collection[str] | None) -> Action | None:
    url = fields.text("webhook")
    if url is None:
        return None
    try:
        host_of(url)
        if hosts is not None:
            check_address(url, hosts)
    except AddressRefused as error:
        fields.complain(fields.line_of("webhook"), "webhook", str(error))
    timeout = fields.number("timeout") if fields.present("timeout") else _TIMEOUT
    if timeout is not None and not 0 < timeout <= _LONGEST_TIMEOUT:
        text = f"应为大于 0、不超过 {_LONGEST_TIMEOUT:g} 的秒数"
        fields.complain(fields.line_of("timeout"), "timeout", text)
    on_error = fields.plain("on_error") if fields.present("on_error") else None
    return WebhookAction(url, timeout or _TIMEOUT, on_error or HAND_OVER)
