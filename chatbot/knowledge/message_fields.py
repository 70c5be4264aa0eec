"""Messages as content files hold them: an answer with its variants, a fixed reply."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from chatbot.answers.entries import Condition, Variant
from chatbot.answers.messages import (
    ImageMessage,
    LinkMessage,
    MenuMessage,
    Message,
    MiniprogramMessage,
    TextMessage,
)
from chatbot.facts.variables import stray_brace
from chatbot.knowledge.fields import Fields, shown
from chatbot.knowledge.media_files import MediaFolder
from chatbot.knowledge.places import Place
from chatbot.knowledge.references import References
from chatbot.knowledge.tree import Listing, Mapping, Node

#: WeCom developer documentation, 微信客服/发送消息: five messages for each of a customer's.
_MOST_MESSAGES = 5
#: A text is split at 2048 bytes, each part counts as a message, and one of five is kept back.
_LONGEST_TEXT = 4 * 2048
#: A menu has ten lines, and the last one calls a person.
_MENU_LINES = 9
_LONGEST_CHARACTER = 4
_BRACE = re.compile("[{}｛｝]")
_APP_ID = re.compile(r"wx[0-9A-Za-z]{1,30}")
_CONDITIONS = ("tags", "accounts", "language")
_KEYS: dict[str, tuple[str, ...]] = {
    "text": ("type", "text"),
    "image": ("type", "file"),
    "link": ("type", "title", "desc", "url", "image"),
    "miniprogram": ("type", "appid", "page", "title", "image"),
    "menu": ("type", "head", "items", "tail"),
}
_ALL_KEYS = tuple(dict.fromkeys(key for keys in _KEYS.values() for key in keys))


@dataclass(frozen=True, slots=True)
class MessageReader:
    """Reads messages, and notes what they need from elsewhere."""

    media: MediaFolder
    references: References

    def answer(self, fields: Fields, key: str) -> tuple[Variant, ...]:
        """Return the variants of a text, of a list of messages, or of a list of variants."""
        node = fields.present(key)
        if isinstance(node, Listing) and any(map(_is_variant, node.items)):
            return self._variants(fields, key, node)
        messages = self.messages(fields, key)
        return (Variant(messages),) if messages else ()

    def messages(self, fields: Fields, key: str) -> tuple[Message, ...]:
        """Return a text, a message, or a list of texts and messages."""
        node = fields.present(key)
        if node is None:
            if fields.has(key):
                fields.complain(fields.line_of(key), key, "应为文字或消息，这里是空的")
            return ()
        items = node.items if isinstance(node, Listing) else (node,)
        if not 0 < len(items) <= _MOST_MESSAGES:
            fields.complain(
                node.line, key, f"应有 1 到 {_MOST_MESSAGES} 条消息，这里有 {len(items)} 条"
            )
        read = (self._message(fields, key, item) for item in items)
        return tuple(message for message in read if message is not None)

    def text(self, fields: Fields, key: str, limit: int, node: Node | None = None) -> str:
        """Return a text of at most ``limit`` bytes that may hold variables."""
        value = fields.text(key) if node is None else fields.item(key, node)
        if value is None:
            return ""
        line = node.line if node else fields.line_of(key)
        size = len(value.encode()) if len(value) * _LONGEST_CHARACTER > limit else 0
        if size > limit:
            fields.complain(line, key, f"最多 {limit} 字节（一个汉字 3 字节），这里有 {size} 字节")
        if _BRACE.search(value):
            if objection := brace_objection(value):
                fields.complain(line, key, objection)
            self.references.add_text(Place(fields.path, line, fields.full_key(key)), value)
        return value

    def _variants(self, fields: Fields, key: str, node: Listing) -> tuple[Variant, ...]:
        read: list[Variant] = []
        for number, item in enumerate(node.items, start=1):
            if not isinstance(item, Mapping) or not _is_variant(item):
                text = f"有 when 或 messages 的列表里，每一项都要写 messages，{shown(item)}"
                fields.complain(item.line, key, text)
                continue
            part = fields.part(key, item, ("when", "messages"))
            self._check_last(part, is_last=number == len(node.items))
            if not part.has("messages"):
                part.complain(part.line, "messages", "缺少这一项")
            read.append(Variant(self.messages(part, "messages"), self._condition(part)))
        return tuple(read)

    def _check_last(self, part: Fields, *, is_last: bool) -> None:
        if is_last and part.has("when"):
            text = "最后一项不能有条件（when）：条件都不符合的客户由它回答"
            part.complain(part.line_of("when"), "when", text)
        elif not is_last and part.present("when") is None:
            text = "缺少这一项；只有最后一项可以没有 when，后面的永远轮不到"
            part.complain(part.line_of("when"), "when", text)

    def _condition(self, part: Fields) -> Condition | None:
        inner = part.inner("when", _CONDITIONS)
        if inner is None:
            return None
        condition = Condition(
            inner.tags("tags"), inner.texts("accounts"), inner.language("language")
        )
        if condition == Condition() and inner.present("language") is None:
            text = "至少要写 tags、accounts 或 language 里的一个条件"
            inner.complain(inner.line, "tags", text)
        for name in condition.accounts:
            place = Place(part.path, inner.line_of("accounts"), inner.full_key("accounts"))
            self.references.add_account(place, name)
        return condition

    def _message(self, fields: Fields, key: str, node: Node) -> Message | None:
        if not isinstance(node, Mapping):
            text = self.text(fields, key, _LONGEST_TEXT, node)
            return TextMessage(text) if text else None
        part = fields.part(key, node, _ALL_KEYS)
        kind = part.text("type") if part.has("type") else None
        if kind not in _KEYS:
            what = "缺少这一项" if kind is None else f"没有“{kind}”这种消息"
            part.complain(part.line_of("type"), "type", f"{what}；应为 {'、'.join(_KEYS)} 之一")
            return None
        for other in _ALL_KEYS:
            if part.has(other) and other not in _KEYS[kind]:
                text = f"{kind} 消息没有这一项；可以写的有：{'、'.join(_KEYS[kind])}"
                part.complain(part.line_of(other), other, text)
        return self._of_kind(part, kind)

    def _of_kind(self, part: Fields, kind: str) -> Message:
        match kind:
            case "text":
                return TextMessage(self._required(part, "text", _LONGEST_TEXT))
            case "image":
                return ImageMessage(self._picture(part, "file"))
            case "link":
                return self._link(part)
            case "miniprogram":
                return self._miniprogram(part)
            case _:
                return self._menu(part)

    def _link(self, part: Fields) -> LinkMessage:
        url = self._required(part, "url", 2048)
        if url and not _is_web_address(url):
            text = f"应为 http:// 或 https:// 开头的网址，这里写的是“{url}”"
            part.complain(part.line_of("url"), "url", text)
        return LinkMessage(
            title=self._required(part, "title", 128),
            url=url,
            image=self._picture(part, "image"),
            desc=self._optional(part, "desc", 512),
        )

    def _miniprogram(self, part: Fields) -> MiniprogramMessage:
        appid = self._required(part, "appid", 32)
        if appid and not _APP_ID.fullmatch(appid):
            text = f"应为 wx 开头的小程序 AppID，这里写的是“{appid}”"
            part.complain(part.line_of("appid"), "appid", text)
        return MiniprogramMessage(
            appid=appid,
            page=self._required(part, "page", 1024),
            title=self._required(part, "title", 64),
            image=self._picture(part, "image"),
        )

    def _menu(self, part: Fields) -> MenuMessage:
        node = part.present("items")
        listed = node.items if isinstance(node, Listing) else ()
        if not 0 < len(listed) <= _MENU_LINES:
            text = f"应为 1 到 {_MENU_LINES} 个问题的列表（转人工另占一行）"
            part.complain(part.line_of("items"), "items", text)
        items = (self.text(part, "items", 128, item) for item in listed)
        return MenuMessage(
            head=self._required(part, "head", 1024),
            items=tuple(dict.fromkeys(filter(None, items))),
            tail=self._optional(part, "tail", 1024),
        )

    def _required(self, part: Fields, key: str, limit: int) -> str:
        if not part.has(key):
            part.complain(part.line, key, "缺少这一项")
            return ""
        return self.text(part, key, limit)

    def _optional(self, part: Fields, key: str, limit: int) -> str:
        return "" if part.present(key) is None else self.text(part, key, limit)

    def _picture(self, part: Fields, key: str) -> str:
        if not part.has(key):
            part.complain(part.line, key, "缺少这一项：图片在 _media 里的路径")
            return ""
        file = part.text(key) or ""
        if file and (objection := self.media.objection(file)):
            part.complain(part.line_of(key), key, objection)
        return file


def brace_objection(text: str) -> str | None:
    """Return what is wrong with the braces of a text, None if all are variables."""
    piece = stray_brace(text)
    if piece is None:
        return None
    return f"“{piece}”不是变量：花括号只能用来写 {{组.名称}}，如 {{门店.早餐时间}}、{{助手.名字}}"


def _is_variant(node: Node) -> bool:
    return isinstance(node, Mapping) and any(
        key in {"when", "messages"} for key, _, _ in node.pairs
    )


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    host = parts.netloc and not re.search(r"\s", url)
    return parts.scheme in {"http", "https"} and bool(host)
