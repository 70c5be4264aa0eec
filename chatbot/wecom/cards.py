"""Builds template cards (模板卡片) for members.

Words are clipped to the platform's limits, which count characters here; ids and addresses that
are too long are refused with ValueError. Source: WeCom developer documentation,
消息推送/发送应用消息/模板卡片消息.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from chatbot.wecom.splitting import byte_length, clip_characters

Card: TypeAlias = dict[str, Any]

CARD_LINES = 6
#: Characters of a line's value.
CARD_VALUE = 30
CARD_LINKS = 3
CARD_BUTTONS = 6
CARD_OPTIONS = 10
#: The documentation names no limit for a quote; more than this is cut off on a phone.
_QUOTE_TITLE, _QUOTE_TEXT = 36, 160
_KEY_BYTES = 1024
_TASK_ID = re.compile(r"[0-9A-Za-z_@-]{1,128}")


@dataclass(frozen=True, slots=True)
class CardLine:
    """A line of a card: a name of five characters and a value of thirty; may link."""

    name: str
    value: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class CardLink:
    """A link below a card (eighteen characters)."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class CardButton:
    """A button of ten characters; ``key`` comes back in template_card_event. Style 1 to 4."""

    text: str
    key: str
    style: Literal[1, 2, 3, 4] = 1


@dataclass(frozen=True, slots=True)
class CardQuote:
    """A quoted text with a title, which opens ``url`` when touched."""

    title: str
    text: str
    url: str


@dataclass(frozen=True, slots=True)
class CardChoice:
    """A list to choose from, above the buttons: up to ten ids, each with what is shown (16)."""

    key: str
    title: str
    options: Sequence[tuple[str, str]]


def text_notice(
    title: str,
    description: str,
    *,
    url: str,
    lines: Sequence[CardLine] = (),
    links: Sequence[CardLink] = (),
    subtitle: str = "",
    source: str = "",
) -> Card:
    """Return a text_notice card, which opens ``url`` when touched.

    Raises ValueError for more than six lines or three links: what to leave out is the caller's
    choice.
    """
    common = _common(title, description, lines, links, subtitle, source)
    return {"card_type": "text_notice", **common, "card_action": {"type": 1, "url": _url(url)}}


def button_card(
    title: str,
    description: str,
    *,
    task_id: str,
    buttons: Sequence[CardButton],
    url: str = "",
    lines: Sequence[CardLine] = (),
    links: Sequence[CardLink] = (),
    subtitle: str = "",
    source: str = "",
    quote: CardQuote | None = None,
    choice: CardChoice | None = None,
) -> Card:
    """Return a button_interaction card with 1 to 6 buttons; ``task_id`` is unique in the app.

    What is chosen from ``choice`` comes with the button that is touched.
    """
    if not _TASK_ID.fullmatch(task_id):
        raise ValueError(f"task_id {task_id!r}: 1 to 128 of 0-9A-Za-z_@- are allowed")
    _check_count("buttons", len(buttons), 1, CARD_BUTTONS)
    card = {
        "card_type": "button_interaction",
        **_common(title, description, lines, links, subtitle, source),
        **({"quote_area": _quote(quote)} if quote else {}),
        **({"button_selection": _choice(choice)} if choice else {}),
        "button_list": [_button(button) for button in buttons],
        "task_id": task_id,
    }
    return {**card, "card_action": {"type": 1, "url": _url(url)}} if url else card


def card_message(userids: Sequence[str], card: Card) -> dict[str, Any]:
    """Return the payload that sends ``card`` to up to 1000 members."""
    _check_count("receivers", len(userids), 1, 1000)
    return {"touser": "|".join(userids), "msgtype": "template_card", "template_card": card}


def _common(
    title: str,
    description: str,
    lines: Sequence[CardLine],
    links: Sequence[CardLink],
    subtitle: str,
    source: str,
) -> Card:
    _check_count("lines", len(lines), 0, CARD_LINES)
    _check_count("links", len(links), 0, CARD_LINKS)
    parts: Card = {
        "source": {"desc": clip_characters(source, 20)} if source else None,
        "main_title": {
            "title": clip_characters(title, 36),
            "desc": clip_characters(description, 44),
        },
        "sub_title_text": clip_characters(subtitle, 160),
        "horizontal_content_list": [_line(line) for line in lines],
        "jump_list": [_link(link) for link in links],
    }
    return {name: part for name, part in parts.items() if part}


def _line(line: CardLine) -> Card:
    content = {
        "keyname": clip_characters(line.name, 5),
        "value": clip_characters(line.value, CARD_VALUE),
    }
    return {**content, "type": 1, "url": _url(line.url)} if line.url else content


def _link(link: CardLink) -> Card:
    return {"type": 1, "title": clip_characters(link.title, 18), "url": _url(link.url)}


def _quote(quote: CardQuote) -> Card:
    return {
        "type": 1,
        "url": _url(quote.url),
        "title": clip_characters(quote.title, _QUOTE_TITLE),
        "quote_text": clip_characters(quote.text, _QUOTE_TEXT),
    }


def _choice(choice: CardChoice) -> Card:
    _check_count("options", len(choice.options), 1, CARD_OPTIONS)
    options = [{"id": id_, "text": clip_characters(text, 16)} for id_, text in choice.options]
    return {
        "question_key": choice.key,
        "title": clip_characters(choice.title, 13),
        "option_list": options,
        "selected_id": options[0]["id"],
    }


def _button(button: CardButton) -> Card:
    if not 1 <= byte_length(button.key) <= _KEY_BYTES:
        raise ValueError(f"button key: 1 to {_KEY_BYTES} bytes are allowed")
    return {"text": clip_characters(button.text, 10), "style": button.style, "key": button.key}


def _url(url: str) -> str:
    if not 1 <= byte_length(url) <= 2048:
        raise ValueError(f"url: 1 to 2048 bytes are allowed, not {byte_length(url)}")
    return url


def _check_count(what: str, count: int, least: int, most: int) -> None:
    if not least <= count <= most:
        raise ValueError(f"a card message has {least} to {most} {what}, not {count}")
