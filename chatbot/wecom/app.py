"""The self-built app: messages to members, its own card, members, callback addresses.

Source: WeCom developer documentation, 消息推送/发送应用消息, 更新模板卡片消息, 应用管理,
通讯录管理/成员管理/读取成员, 获取企业微信回调IP段.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chatbot.wecom.answers import Answer
from chatbot.wecom.caller import ApiCaller
from chatbot.wecom.fields import dicts, joined, text, texts, whole

_LONGEST_DUPLICATE_CHECK_SECONDS = 14_400


@dataclass(frozen=True, slots=True)
class SendResult:
    """An accepted message. ``invalid_*`` are the receivers it does not reach, in lower case.

    ``response_code`` (72 hours, one use) updates an interactive card; ``msgid`` recalls.
    """

    msgid: str
    invalid_users: tuple[str, ...]
    invalid_parties: tuple[str, ...]
    invalid_tags: tuple[str, ...]
    unlicensed_users: tuple[str, ...]
    response_code: str


@dataclass(frozen=True, slots=True)
class AgentInfo:
    """The app as the admins set it up; the visible range by members, departments and tags."""

    name: str
    enabled: bool
    userids: tuple[str, ...]
    party_ids: tuple[int, ...]
    tag_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Member:
    """A member; ``active`` is false for disabled, not activated and left ones."""

    userid: str
    name: str
    active: bool
    department_ids: tuple[int, ...]


class AppApi:
    """Typed calls in the name of the app ``agent_id``. All raise ``errors.WeComError``."""

    def __init__(self, caller: ApiCaller, agent_id: int) -> None:
        self._caller = caller
        self._agent_id = agent_id

    async def send_message(
        self, payload: Mapping[str, object], duplicate_check_interval: int | None = None
    ) -> SendResult:
        """Send ``payload`` (touser, msgtype and its object; agentid is added).

        With ``duplicate_check_interval`` (seconds, at most 14400) the platform drops the same
        content sent again within it, which makes a repeat after OutcomeUnknown safe.
        """
        body = {**payload, "agentid": self._agent_id, **_duplicates(duplicate_check_interval)}
        return _send_result(await self._caller.send("message/send", body))

    async def replace_button(
        self, response_code: str, userids: Sequence[str], caption: str
    ) -> tuple[str, ...]:
        """Grey out the buttons of a card and show ``caption``; return userids not reached."""
        return await self._update_card(
            response_code, userids, {"button": {"replace_name": caption}}
        )

    async def replace_card(
        self, response_code: str, userids: Sequence[str], card: Mapping[str, object]
    ) -> tuple[str, ...]:
        """Put ``card`` (see ``cards``) in the place of a card; return userids not reached."""
        return await self._update_card(response_code, userids, {"template_card": card})

    async def agent_info(self) -> AgentInfo:
        """Return the app's name and visible range."""
        return _agent_info(await self._caller.get("agent/get", agentid=str(self._agent_id)))

    async def user(self, userid: str) -> Member:
        """Return a member inside the app's visible range."""
        answer = await self._caller.get("user/get", userid=userid)
        return Member(
            userid=text(answer, "userid").lower() or userid.lower(),
            name=text(answer, "name"),
            active=whole(answer, "status", 1) == 1,
            department_ids=_numbers(answer.get("department")),
        )

    async def callback_ips(self) -> tuple[str, ...]:
        """Return the address ranges that callbacks come from; for firewalls, no proof."""
        return texts(await self._caller.get("getcallbackip"), "ip_list")

    async def _update_card(
        self, response_code: str, userids: Sequence[str], change: Mapping[str, object]
    ) -> tuple[str, ...]:
        body = {
            "userids": list(userids),
            "agentid": self._agent_id,
            "response_code": response_code,
            **change,
        }
        answer = await self._caller.send("message/update_template_card", body)
        return texts(answer, "invaliduser")


def _duplicates(interval: int | None) -> dict[str, int]:
    if interval is None:
        return {}
    if not 0 < interval <= _LONGEST_DUPLICATE_CHECK_SECONDS:
        raise ValueError(f"duplicate_check_interval {interval}: 1 to 14400 seconds are allowed")
    return {"enable_duplicate_check": 1, "duplicate_check_interval": interval}


def _send_result(answer: Answer) -> SendResult:
    return SendResult(
        msgid=text(answer, "msgid"),
        invalid_users=joined(answer, "invaliduser"),
        invalid_parties=joined(answer, "invalidparty"),
        invalid_tags=joined(answer, "invalidtag"),
        unlicensed_users=joined(answer, "unlicenseduser"),
        response_code=text(answer, "response_code"),
    )


def _agent_info(answer: Answer) -> AgentInfo:
    users = answer.get("allow_userinfos")
    members = dicts(users, "user") if isinstance(users, dict) else ()
    parties, tags = answer.get("allow_partys"), answer.get("allow_tags")
    return AgentInfo(
        name=text(answer, "name"),
        enabled=whole(answer, "close") == 0,
        userids=tuple(text(member, "userid").lower() for member in members),
        party_ids=_numbers(parties.get("partyid") if isinstance(parties, dict) else None),
        tag_ids=_numbers(tags.get("tagid") if isinstance(tags, dict) else None),
    )


def _numbers(value: object) -> tuple[int, ...]:
    return tuple(n for n in value if type(n) is int) if isinstance(value, list) else ()
