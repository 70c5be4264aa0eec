"""What goes in and out, as pydantic models: they check requests and make the OpenAPI document.

Descriptions are read by the developers of other systems, so they are Chinese.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

_LONGEST_TEXT = 10_000
#: No control characters: the database refuses some, and nobody means them.
_NAME = r"^[^\x00-\x1f\x7f]*$"


def _check_tag(value: str) -> str:
    group, colon, name = value.partition(":")
    if not (colon and group.strip() and name.strip()):
        raise PydanticCustomError("tag", "group:name is expected")
    return f"{group.strip()}:{name.strip()}"


def _check_time(value: str) -> str:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        moment = None
    # Far from our time an instant may not exist in another zone.
    if moment is None or not 2000 <= moment.year < 2100:
        raise PydanticCustomError("time", "an ISO time is expected")
    return value


Name = Annotated[str, Field(min_length=1, max_length=128, pattern=_NAME)]
TagName = Annotated[
    str, Field(min_length=1, max_length=128, pattern=_NAME), AfterValidator(_check_tag)
]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Out(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AnswerRequest(_In):
    """一句话，和回答时要考虑的情况。"""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    text: str = Field(max_length=_LONGEST_TEXT, description="顾客说的话，可以是几行")
    account: Name | None = Field(
        default=None, description="客服账号：open_kfid、accounts.toml 里的简称或名称"
    )
    conversation: Name | None = Field(
        default=None, description="会话的键，自己取；同一个键的几次调用前后相接，48 小时不用就忘掉"
    )
    customer_tags: list[TagName] = Field(
        default_factory=list, max_length=200, description="顾客已有的标签，写成“标签组:标签”"
    )
    at: Annotated[str, AfterValidator(_check_time)] | None = Field(
        default=None, description="当作此刻来回答，ISO 时间；不带时区的按品牌所在时区"
    )


class TurnsQuery(_In):
    """哪位顾客的哪些轮次。"""

    customer: Name = Field(description="顾客的 external_userid")
    account: Name | None = Field(default=None, description="只要这个客服账号的，写法同 answer")
    limit: int = Field(default=50, ge=1, le=200, description="最多几轮")
    before: int | None = Field(
        default=None, ge=1, le=2**63 - 1, description="只要这一轮之前的；填上一页的 next"
    )


class NoQuery(_In):
    """没有参数。"""


class CandidateBody(_Out):
    """可能的条目。"""

    faq_id: str
    question: str
    confidence: float


class IntentBody(_Out):
    """消息里的意图，和凭什么。"""

    name: str
    confidence: float
    evidence: Literal["examples", "keywords"]


class QuestionBody(_Out):
    """一句话里的一个问题；没有回答的 faq_id 为 null。"""

    text: str
    faq_id: str | None
    confidence: float


class MenuItemBody(_Out):
    """菜单的一行。"""

    id: str
    text: str


class TextReplyBody(_Out):
    """文字。"""

    type: Literal["text"]
    text: str


class ImageReplyBody(_Out):
    """图片；file 是知识文件夹里的路径。"""

    type: Literal["image"]
    file: str


class LinkReplyBody(_Out):
    """图文链接。"""

    type: Literal["link"]
    title: str
    desc: str
    url: str
    image: str


class MiniprogramReplyBody(_Out):
    """小程序卡片。"""

    type: Literal["miniprogram"]
    appid: str
    page: str
    title: str
    image: str


class MenuReplyBody(_Out):
    """可以点的菜单。"""

    type: Literal["menu"]
    head: str
    items: list[MenuItemBody]
    tail: str


ReplyBody = Annotated[
    TextReplyBody | ImageReplyBody | LinkReplyBody | MiniprogramReplyBody | MenuReplyBody,
    Field(discriminator="type"),
]


class HandoffBody(_Out):
    """转给什么样的人，多急，为什么。"""

    skill: str | None
    priority: Literal["normal", "high", "urgent"]
    reason: str


class NoticeBody(_Out):
    """答复里的一条通知：写在前面的，或代替了答案的。"""

    id: int
    mode: Literal["prefix", "replace"]


class DecisionBody(_Out):
    """一个决定，和 chatbot answer 的一行、每一轮的记录相同。"""

    text: str
    action: Literal["answer", "clarify", "handoff", "reply", "flow", "smalltalk"]
    faq_id: str | None = Field(description="action 是 answer 时所答的条目，否则 null")
    confidence: float = Field(description="最佳候选正确的概率，四位小数")
    candidates: list[CandidateBody] = Field(description="至多五个，最好的在前")
    intent: str | None = Field(description="intents 里最强的")
    intents: list[IntentBody]
    tags: list[str]
    reply: list[ReplyBody]
    threshold: float
    reason: str
    snapshot: int = Field(description="所用知识的编号")
    handoff: HandoffBody | None = Field(default=None, description="action 是 handoff 时才有")
    menu: list[MenuItemBody] | None = Field(default=None, description="action 是 clarify 时才有")
    slots: dict[str, Any] | None = Field(default=None, description="表单进行中才有")
    parts: list[QuestionBody] | None = Field(
        default=None,
        description="一句话问了几件事、一起回答时才有；faq_id 是先答的那条，confidence 取最低的",
    )
    notices: list[NoticeBody] | None = Field(
        default=None, description="reply 里有通知时才有；同一个 conversation 每天只在前面说一次"
    )


class MessageBody(_Out):
    """顾客的一条消息。"""

    msgid: str
    type: str
    content: dict[str, Any]
    at: datetime


class PartErrorBody(_Out):
    """为什么没送到，或上一次尝试为什么没成。"""

    code: int | None
    message: str


class PartBody(_Out):
    """这一轮引出的一件事：一条消息、一次转接、一次 webhook。"""

    id: int
    kind: str
    state: Literal[
        "pending",
        "sending",
        "delivered",
        "refused",
        "superseded",
        "held",
        "expired",
        "unknown",
    ]
    msgtype: str | None = Field(description="消息的类型；不是消息的为 null")
    content: dict[str, Any] | None = Field(description="消息的内容；不是消息的为 null")
    error: PartErrorBody | None
    at: datetime = Field(description="有结局的时间，还没有的为创建时间")


class DraftBody(_Out):
    """只出草稿的账号本来会发的消息。"""

    msgtype: str
    content: dict[str, Any]


class TurnBody(_Out):
    """一轮：顾客的消息、决定、引出的事和它们的结局。"""

    id: int
    account: str = Field(description="open_kfid")
    mode: Literal["full", "assist"]
    at: datetime
    decision: dict[str, Any] = Field(description="当时的决定，形状见 DecisionBody")
    messages: list[MessageBody]
    parts: list[PartBody]
    drafts: list[DraftBody]


class TurnsBody(_Out):
    """一页轮次，新的在前。"""

    customer: str
    turns: list[TurnBody]
    next: int | None = Field(description="下一页的 before；没有更早的为 null")


class ErrorDetail(_Out):
    """错误代码不变，说明是给人看的。"""

    code: str
    message: str


class ErrorBody(_Out):
    """所有错误的形状。"""

    error: ErrorDetail


class OpenApiBody(BaseModel):
    """OpenAPI 3.1 文档。"""

    openapi: str
