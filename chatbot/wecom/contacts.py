"""客户联系: customers of members, their tags, remarks and the welcome message.

Source: WeCom developer documentation, 客户联系/客户管理, 客户标签管理, 消息推送/发送新客户欢迎语.
Changes made through these calls cause no callback: the caller updates its own records.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chatbot.wecom.caller import ApiCaller
from chatbot.wecom.errors import Refused
from chatbot.wecom.fields import dicts, instant, text, texts, whole

_NO_RELATION = 84061
_PARALLEL_MARKS = 5


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag of the enterprise (企业标签)."""

    tag_id: str
    name: str


@dataclass(frozen=True, slots=True)
class TagGroup:
    """A group of tags in the admins' order."""

    group_id: str
    name: str
    tags: tuple[Tag, ...]


@dataclass(frozen=True, slots=True)
class FollowerTag:
    """A tag of the enterprise on a member's customer. Personal tags have no id and are left out."""

    tag_id: str
    group_name: str
    name: str


@dataclass(frozen=True, slots=True)
class Follower:
    """A member's view of a customer; ``state`` is the channel the customer came through."""

    userid: str
    remark: str
    description: str
    created_at: datetime | None
    add_way: int
    state: str
    tags: tuple[FollowerTag, ...]


@dataclass(frozen=True, slots=True)
class Contact:
    """A customer with all members who follow them; ``is_wechat`` is false for WeCom users."""

    external_userid: str
    name: str
    avatar: str
    is_wechat: bool
    gender: int
    unionid: str
    followers: tuple[Follower, ...]


class ContactsApi:
    """Typed calls below ``externalcontact/``. All raise ``errors.WeComError``."""

    def __init__(self, caller: ApiCaller) -> None:
        self._caller = caller
        # The platform allows five at a time for the whole enterprise (error 45033).
        self._marking = asyncio.Semaphore(_PARALLEL_MARKS)

    async def members(self) -> tuple[str, ...]:
        """Return the userids of members who may have customers."""
        return texts(await self._get("get_follow_user_list"), "follow_user")

    async def customers_of(self, userid: str) -> tuple[str, ...]:
        """Return the external_userids of a member's customers; none is no error."""
        try:
            return texts(await self._get("list", userid=userid), "external_userid")
        except Refused as error:
            if error.code == _NO_RELATION:
                return ()
            raise

    async def contact(self, external_userid: str) -> Contact:
        """Return a customer and everybody who follows them, over all pages."""
        followers: list[Follower] = []
        cursor = ""
        while True:
            page = {"cursor": cursor} if cursor else {}
            answer = await self._get("get", external_userid=external_userid, **page)
            followers += map(_follower, dicts(answer, "follow_user"))
            cursor = text(answer, "next_cursor")
            if not cursor:
                return _contact(answer.get("external_contact"), external_userid, followers)

    async def tag_groups(self) -> tuple[TagGroup, ...]:
        """Return all tags of the enterprise."""
        answer = await self._caller.query("externalcontact/get_corp_tag_list", {})
        return tuple(map(_tag_group, dicts(answer, "tag_group")))

    async def add_tags(self, group_name: str, names: Sequence[str]) -> TagGroup:
        """Create tags in the group of that name, which is created too if need be."""
        body = {"group_name": group_name, "tag": [{"name": name} for name in names]}
        answer = await self._caller.send("externalcontact/add_corp_tag", body)
        group = answer.get("tag_group")
        return _tag_group(group if isinstance(group, dict) else {})

    async def mark_tags(
        self,
        userid: str,
        external_userid: str,
        *,
        add: Sequence[str] = (),
        remove: Sequence[str] = (),
    ) -> None:
        """Add and remove tags (by id) of a customer for one member who follows them."""
        body = {
            "userid": userid,
            "external_userid": external_userid,
            "add_tag": list(add),
            "remove_tag": list(remove),
        }
        async with self._marking:
            await self._caller.send("externalcontact/mark_tag", body)

    async def write_notes(
        self,
        userid: str,
        external_userid: str,
        *,
        remark: str | None = None,
        description: str | None = None,
    ) -> None:
        """Change what a member noted: remark (≤ 20 characters), description (≤ 150)."""
        notes = {"remark": remark, "description": description}
        given = {name: note for name, note in notes.items() if note is not None}
        body = {"userid": userid, "external_userid": external_userid, **given}
        await self._caller.send("externalcontact/remark", body)

    async def send_welcome(
        self, welcome_code: str, message: str, attachments: Sequence[Mapping[str, object]] = ()
    ) -> None:
        """Greet a new contact within 20 s of the event; only the first tool's code works."""
        body: dict[str, object] = {"welcome_code": welcome_code}
        if message:
            body["text"] = {"content": message}
        if attachments:
            body["attachments"] = list(attachments)
        await self._caller.send("externalcontact/send_welcome_msg", body)

    async def _get(self, api: str, **params: str) -> dict[str, Any]:
        return await self._caller.get(f"externalcontact/{api}", **params)


def _contact(row: object, external_userid: str, followers: list[Follower]) -> Contact:
    fields = row if isinstance(row, dict) else {}
    return Contact(
        external_userid=text(fields, "external_userid") or external_userid,
        name=text(fields, "name"),
        avatar=text(fields, "avatar"),
        is_wechat=whole(fields, "type", 1) == 1,
        gender=whole(fields, "gender"),
        unionid=text(fields, "unionid"),
        followers=tuple(followers),
    )


def _follower(row: Mapping[str, Any]) -> Follower:
    return Follower(
        userid=text(row, "userid").lower(),
        remark=text(row, "remark"),
        description=text(row, "description"),
        created_at=instant(row, "createtime"),
        add_way=whole(row, "add_way"),
        state=text(row, "state"),
        tags=tuple(
            FollowerTag(tag_id, text(tag, "group_name"), text(tag, "tag_name"))
            for tag in dicts(row, "tags")
            if (tag_id := text(tag, "tag_id"))
        ),
    )


def _tag_group(row: Mapping[str, Any]) -> TagGroup:
    tags = tuple(Tag(text(tag, "id"), text(tag, "name")) for tag in dicts(row, "tag"))
    return TagGroup(text(row, "group_id"), text(row, "group_name"), tags)
