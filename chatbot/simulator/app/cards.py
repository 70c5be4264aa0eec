"""Checks template cards (WeCom developer documentation, 发送应用消息/模板卡片消息).

Lengths are in characters unless a name says bytes. A fault in the structure is told as 40058,
one of the task_id as 42014.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from chatbot.simulator import params
from chatbot.simulator.errors import PlatformError
from chatbot.simulator.params import Json

INTERACTIVE: Final = frozenset({"button_interaction", "vote_interaction", "multiple_interaction"})

TASK_ID_FAULT = 42014
_TASK_ID = re.compile(r"[0-9A-Za-z_@-]{1,128}")
_KEY_BYTES = 1024
_URL, _MINIPROGRAM = 1, 2


def check_card(card: Json, *, update: bool = False) -> None:
    """Raise unless ``card`` is a template card that the platform would accept.

    An ``update`` replaces a card that has its task_id already.
    """
    card_type = params.text(card, "card_type")
    if card_type not in _REQUIRED:
        raise PlatformError(params.INVALID, f"card_type {card_type!r} is unknown")
    for name, check in _PARTS.items():
        if card.get(name) is not None:
            check(card)
    _REQUIRED[card_type](card)
    needs_task_id = card_type in INTERACTIVE or "action_menu" in card
    _check_task_id(card, required=needs_task_id and not update)


def _check_task_id(card: Json, *, required: bool) -> None:
    task_id = card.get("task_id")
    if task_id is None and not required:
        return
    if not isinstance(task_id, str) or not _TASK_ID.fullmatch(task_id):
        raise PlatformError(TASK_ID_FAULT, "task_id must be 1 to 128 of 0-9 a-z A-Z _ - @")


def _source(card: Json) -> None:
    source = params.mapping(card, "source")
    params.text(source, "icon_url", required=False)
    params.text(source, "desc", required=False, max_chars=20)
    params.integer(source, "desc_color", default=0, low=0, high=3)


def _action_menu(card: Json) -> None:
    menu = params.mapping(card, "action_menu")
    params.text(menu, "desc", required=False)
    for action in params.items(menu, "action_list", low=1, high=3):
        params.text(action, "text")
        params.text(action, "key", max_bytes=_KEY_BYTES)


def _main_title(card: Json) -> None:
    _title_and_desc(card, "main_title", 36, 44)


def _emphasis(card: Json) -> None:
    _title_and_desc(card, "emphasis_content", 14, 22)


def _title_and_desc(card: Json, name: str, title: int, desc: int) -> None:
    part = params.mapping(card, name)
    params.text(part, "title", required=False, max_chars=title)
    params.text(part, "desc", required=False, max_chars=desc)


def _quote_area(card: Json) -> None:
    quote = params.mapping(card, "quote_area")
    _target(quote, default=0)
    params.text(quote, "title", required=False)
    params.text(quote, "quote_text", required=False)


def _sub_title(card: Json) -> None:
    params.text(card, "sub_title_text", required=False, max_chars=160)


def _horizontal(card: Json) -> None:
    needs = {1: "url", 2: "media_id", 3: "userid"}
    for line in params.items(card, "horizontal_content_list", high=6):
        params.text(line, "keyname", max_chars=5)
        params.text(line, "value", required=False, max_chars=30)
        kind = params.integer(line, "type", default=0, low=0, high=3)
        if kind in needs:
            params.text(line, needs[kind])


def _jump_list(card: Json) -> None:
    for jump in params.items(card, "jump_list", high=3):
        params.text(jump, "title", max_chars=18)
        _target(jump, default=0)


def _card_action(card: Json) -> None:
    _target(params.mapping(card, "card_action"), default=None)


def _target(part: Json, *, default: int | None) -> None:
    """Check where a tap leads: type 1 needs a url, type 2 an appid."""
    kind = params.integer(part, "type", default=default, low=0, high=2)
    if kind == _URL:
        params.text(part, "url", max_bytes=2048)
    if kind == _MINIPROGRAM:
        params.text(part, "appid")


def _card_image(card: Json) -> None:
    image = params.mapping(card, "card_image")
    params.text(image, "url")
    ratio = image.get("aspect_ratio", 1.3)
    if isinstance(ratio, bool) or not isinstance(ratio, int | float) or not 1.3 <= ratio <= 2.25:
        raise PlatformError(params.INVALID, "aspect_ratio must lie between 1.3 and 2.25")


def _vertical(card: Json) -> None:
    for line in params.items(card, "vertical_content_list", high=4):
        params.text(line, "title", max_chars=38)
        params.text(line, "desc", required=False, max_chars=160)


def _button_selection(card: Json) -> None:
    selection = params.mapping(card, "button_selection")
    params.text(selection, "question_key", max_bytes=_KEY_BYTES)
    params.text(selection, "title", required=False)
    _options(selection, 10)


def _options(part: Json, high: int) -> None:
    for option in params.items(part, "option_list", low=1, high=high):
        params.text(option, "id", max_bytes=128)
        params.text(option, "text", max_chars=16)


def _button_list(card: Json) -> None:
    for button in params.items(card, "button_list", high=6):
        params.text(button, "text", max_chars=10)
        params.integer(button, "style", default=1, low=1, high=4)
        if params.integer(button, "type", default=0, low=0, high=1) == _URL:
            params.text(button, "url", max_bytes=2048)
        else:
            params.text(button, "key", max_bytes=_KEY_BYTES)


def _checkbox(card: Json) -> None:
    box = params.mapping(card, "checkbox")
    params.text(box, "question_key", max_bytes=_KEY_BYTES)
    params.integer(box, "mode", default=0, low=0, high=1)
    _options(box, 20)


def _select_list(card: Json) -> None:
    for question in params.items(card, "select_list", high=3):
        params.text(question, "question_key", max_bytes=_KEY_BYTES)
        params.text(question, "title", required=False)
        _options(question, 10)


def _submit_button(card: Json) -> None:
    button = params.mapping(card, "submit_button")
    params.text(button, "text", max_chars=10)
    params.text(button, "key", max_bytes=_KEY_BYTES)


def _need_title(card: Json) -> None:
    params.text(params.mapping(card, "main_title"), "title")


def _text_notice(card: Json) -> None:
    title = params.mapping(card, "main_title", required=False).get("title")
    if not title and not card.get("sub_title_text"):
        raise PlatformError(params.EMPTY, "main_title.title or sub_title_text is required")
    params.mapping(card, "card_action")


def _news_notice(card: Json) -> None:
    _need_title(card)
    params.mapping(card, "card_action")
    if not card.get("card_image") and not card.get("image_text_area"):
        raise PlatformError(params.EMPTY, "card_image or image_text_area is required")


def _button_interaction(card: Json) -> None:
    _need_title(card)
    params.items(card, "button_list", low=1, high=6)


def _vote_interaction(card: Json) -> None:
    _need_title(card)
    params.mapping(card, "checkbox")
    params.mapping(card, "submit_button")


def _multiple_interaction(card: Json) -> None:
    _need_title(card)
    params.items(card, "select_list", low=1, high=3)
    params.mapping(card, "submit_button")


_PARTS: Final[dict[str, Callable[[Json], None]]] = {
    "source": _source,
    "action_menu": _action_menu,
    "main_title": _main_title,
    "emphasis_content": _emphasis,
    "quote_area": _quote_area,
    "sub_title_text": _sub_title,
    "horizontal_content_list": _horizontal,
    "jump_list": _jump_list,
    "card_action": _card_action,
    "card_image": _card_image,
    "vertical_content_list": _vertical,
    "button_selection": _button_selection,
    "button_list": _button_list,
    "checkbox": _checkbox,
    "select_list": _select_list,
    "submit_button": _submit_button,
}

_REQUIRED: Final[dict[str, Callable[[Json], None]]] = {
    "text_notice": _text_notice,
    "news_notice": _news_notice,
    "button_interaction": _button_interaction,
    "vote_interaction": _vote_interaction,
    "multiple_interaction": _multiple_interaction,
}
