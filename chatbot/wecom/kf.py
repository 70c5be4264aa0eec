"""微信客服: pull and send messages, move sessions, read accounts, servicers and customers.

Source: WeCom developer documentation, 微信客服 (one page per method, named in each docstring).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any

from chatbot.wecom.answers import Answer
from chatbot.wecom.caller import ApiCaller
from chatbot.wecom.errors import Refused
from chatbot.wecom.fields import dicts, text, texts, whole

_PAGE = 100
_TOKEN_EXPIRED = 95007
_MESSAGE_ID = re.compile(r"[0-9a-zA-Z_-]{1,32}")


class SessionState(IntEnum):
    """Who serves a conversation (会话状态)."""

    NEW = 0
    BOT = 1
    POOL = 2
    SERVICER = 3
    ENDED = 4


class ServicerStatus(StrEnum):
    """Whether a member receives customers. Lists and events number this differently."""

    RECEIVING = "receiving"
    STOPPED = "stopped"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class SyncPage:
    """One page of a pull. Only ``has_more`` false ends it: a page may be empty before that."""

    next_cursor: str
    has_more: bool
    items: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class ServiceState:
    """The platform's view of a session; ``servicer_userid`` is empty unless one serves.

    ``state`` is a SessionState where the number is known.
    """

    state: int
    servicer_userid: str


@dataclass(frozen=True, slots=True)
class KfAccount:
    """A customer-service account; ``managed`` says whether this app may use it by API."""

    open_kfid: str
    name: str
    avatar: str
    managed: bool


@dataclass(frozen=True, slots=True)
class Servicer:
    """A member who serves an account; ``userid`` is lower case."""

    userid: str
    status: ServicerStatus


@dataclass(frozen=True, slots=True)
class ServicerDepartment:
    """A department whose members all serve an account."""

    department_id: int


@dataclass(frozen=True, slots=True)
class KfCustomer:
    """What a customer shows of themself; ``unionid`` is empty without a bound developer account."""

    external_userid: str
    nickname: str
    avatar: str
    gender: int
    unionid: str


@dataclass(frozen=True, slots=True)
class KfCustomers:
    """Customers found, and the ids the platform does not accept."""

    found: tuple[KfCustomer, ...]
    invalid: tuple[str, ...] = field(default=())


class KfApi:
    """Typed calls below ``kf/``. All raise ``errors.WeComError``."""

    def __init__(self, caller: ApiCaller) -> None:
        self._caller = caller

    async def sync_msg(
        self, open_kfid: str, cursor: str, token: str, limit: int = 1000
    ) -> SyncPage:
        """Pull messages and events after ``cursor`` (接收消息和事件).

        An empty ``cursor`` begins three days back. ``token`` is the doorbell's or empty, which
        the platform allows but limits strictly; an expired one is left away at once.
        """
        body = {"open_kfid": open_kfid, "cursor": cursor, "token": token, "limit": limit}
        sent = {name: value for name, value in body.items() if value != ""}
        try:
            answer = await self._caller.query("kf/sync_msg", sent)
        except Refused as error:
            if error.code != _TOKEN_EXPIRED or not sent.pop("token", None):
                raise
            answer = await self._caller.query("kf/sync_msg", sent)
        return _sync_page(answer, cursor)

    async def send_msg(
        self, open_kfid: str, external_userid: str, msgid: str, message: Mapping[str, object]
    ) -> str:
        """Send ``message`` (see ``messages``) in state 0 or 1; return its msgid (发送消息).

        ``msgid`` (at most 32 of ``0-9a-zA-Z_-``, or empty to let the platform choose) makes it
        safe to send again after OutcomeUnknown: the platform refuses a repeat. That refusal has
        no documented code, so ``documented`` is false on it.
        """
        target = {"touser": external_userid, "open_kfid": open_kfid}
        answer = await self._caller.send("kf/send_msg", {**target, **_with_id(msgid), **message})
        return text(answer, "msgid") or msgid

    async def send_msg_on_event(self, code: str, msgid: str, message: Mapping[str, object]) -> str:
        """Use a one-time ``code`` of an event or transition; return the msgid (发送事件响应消息).

        Text always; a menu only as welcome or at the end of a session.
        """
        body = {"code": code, **_with_id(msgid), **message}
        answer = await self._caller.send("kf/send_msg_on_event", body)
        return text(answer, "msgid") or msgid

    async def service_state(self, open_kfid: str, external_userid: str) -> ServiceState:
        """Return who serves the conversation (获取会话状态)."""
        body = {"open_kfid": open_kfid, "external_userid": external_userid}
        answer = await self._caller.query("kf/service_state/get", body)
        number = whole(answer, "service_state", SessionState.ENDED)
        known = number in set(SessionState)
        return ServiceState(
            SessionState(number) if known else number, text(answer, "servicer_userid").lower()
        )

    async def transition(
        self,
        open_kfid: str,
        external_userid: str,
        state: SessionState,
        servicer_userid: str | None = None,
    ) -> str | None:
        """Move the conversation to ``state`` (变更会话状态).

        ``servicer_userid`` is needed for SERVICER only. Returns the one-time code for
        ``send_msg_on_event`` where the platform gives one.
        """
        body: dict[str, object] = {
            "open_kfid": open_kfid,
            "external_userid": external_userid,
            "service_state": int(state),
        }
        if servicer_userid:
            body["servicer_userid"] = servicer_userid
        answer = await self._caller.send("kf/service_state/trans", body)
        return text(answer, "msg_code") or None

    async def accounts(self) -> tuple[KfAccount, ...]:
        """Return all accounts this app sees (获取客服账号列表)."""
        found: list[KfAccount] = []
        while True:
            body = {"offset": len(found), "limit": _PAGE}
            rows = dicts(await self._caller.query("kf/account/list", body), "account_list")
            found += map(_account, rows)
            if len(rows) < _PAGE:
                return tuple(found)

    async def servicers(self, open_kfid: str) -> tuple[Servicer | ServicerDepartment, ...]:
        """Return members and departments that serve the account (获取接待人员列表)."""
        answer = await self._caller.get("kf/servicer/list", open_kfid=open_kfid)
        return tuple(map(_servicer, dicts(answer, "servicer_list")))

    async def customers(self, external_userids: Sequence[str]) -> KfCustomers:
        """Return nickname and more of customers (获取客户基础信息), in calls of 100."""
        found: list[KfCustomer] = []
        invalid: list[str] = []
        for start in range(0, len(external_userids), _PAGE):
            ids = list(external_userids[start : start + _PAGE])
            answer = await self._caller.query("kf/customer/batchget", {"external_userid_list": ids})
            found += map(_customer, dicts(answer, "customer_list"))
            invalid += texts(answer, "invalid_external_userid")
        return KfCustomers(tuple(found), tuple(invalid))


def servicer_status(stopped: bool, stop_type: int) -> ServicerStatus:
    """Return the status that a list or an event gives as two numbers."""
    if not stopped:
        return ServicerStatus.RECEIVING
    return ServicerStatus.SUSPENDED if stop_type == 1 else ServicerStatus.STOPPED


def _with_id(msgid: str) -> dict[str, str]:
    """Return the msgid field, absent if empty: the platform refuses an empty one."""
    if not msgid:
        return {}
    if not _MESSAGE_ID.fullmatch(msgid):
        raise ValueError(f"msgid {msgid!r}: at most 32 of 0-9a-zA-Z_- are allowed")
    return {"msgid": msgid}


def _sync_page(answer: Answer, cursor: str) -> SyncPage:
    return SyncPage(
        next_cursor=text(answer, "next_cursor") or cursor,
        has_more=whole(answer, "has_more") == 1,
        items=dicts(answer, "msg_list"),
    )


def _account(row: Mapping[str, Any]) -> KfAccount:
    return KfAccount(
        open_kfid=text(row, "open_kfid"),
        name=text(row, "name"),
        avatar=text(row, "avatar"),
        managed=row.get("manage_privilege") is True,
    )


def _servicer(row: Mapping[str, Any]) -> Servicer | ServicerDepartment:
    userid = text(row, "userid")
    if not userid:
        return ServicerDepartment(whole(row, "department_id"))
    status = servicer_status(whole(row, "status") == 1, whole(row, "stop_type"))
    return Servicer(userid.lower(), status)


def _customer(row: Mapping[str, Any]) -> KfCustomer:
    return KfCustomer(
        external_userid=text(row, "external_userid"),
        nickname=text(row, "nickname"),
        avatar=text(row, "avatar"),
        gender=whole(row, "gender"),
        unionid=text(row, "unionid"),
    )
