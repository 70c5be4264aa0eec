"""What goes in and out of the workshop; see ``chatbot.api.bodies``."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class _Out(BaseModel):
    model_config = ConfigDict(extra="forbid")


class WorkshopQuery(BaseModel):
    """最多列出多少。"""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: int = Field(default=50, ge=1, le=500, description="最多几项")


class VerdictRequest(BaseModel):
    """收下或不要一条推荐。"""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    text: str = Field(min_length=1, max_length=1000, description="推荐的那句话；收下时可以先改写")
    verdict: Literal["accept", "reject"] = Field(description="accept 写成相似问，reject 不再推荐")


class EntryWorkBody(_Out):
    """一个条目，和等着它的消息。"""

    faq_id: str
    question: str
    waiting: int = Field(description="等着的消息有几条，同样的话每次都算")
    gain: float = Field(description="把对的推荐都收下，预计多直接答对几条等着的消息")
    count: int = Field(description="有几条推荐")


class WorkshopBody(_Out):
    """条目，最有用的在前。"""

    entries: list[EntryWorkBody]


class SuggestionBody(_Out):
    """可以写成相似问的一句话，和收下之前要知道的。"""

    text: str = Field(description="个人信息已经遮住")
    times: int = Field(description="出现过几次，差不多的话算在一起")
    last: datetime | None = Field(description="最近一次")
    confidence: float = Field(description="现在有几分把握是这一条")
    gain: float = Field(description="收下它，预计多直接答对几条等着的消息")
    also: list[str] = Field(description="差不多的话")
    like: str = Field(description="意思一样的已有问法；没有则为空")
    thief_of: str = Field(description="可能该归的另一个条目，收下会抢它的消息；没有则为空")
    maybe_none: bool = Field(description="多半哪个条目都不是")
    personal: list[str] = Field(description="遮住了哪些个人信息")
    is_long: bool = Field(description="太长，收下前改短")
    is_part: bool = Field(description="一句话问了几件事，这是其中一件")
    is_labelled: bool = Field(description="客户选过这一条")


class EntrySuggestionsBody(EntryWorkBody):
    """一个条目的推荐，最有用的在前。"""

    suggestions: list[SuggestionBody]


class VerdictBody(_Out):
    """记下了什么。"""

    faq_id: str
    text: str = Field(description="写进文件的话，或不再推荐的话")
    verdict: Literal["accept", "reject"]
    file: str | None = Field(description="写进了哪个文件；reject 为 null")
    line: int | None = Field(description="第几行；reject 为 null")
    problems: list[str] = Field(description="写进之后检查文件发现的问题，改好之前不能发布")
    warnings: list[str] = Field(description="检查时的提醒")
