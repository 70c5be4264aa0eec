"""Bodies of the control API."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from chatbot.simulator.callbacks import NONE, NORMAL, Delivery, Flaw
from chatbot.simulator.faults import Fault, Kind


class Body(BaseModel):
    """A JSON object; unknown names are refused, so that a typing mistake is noticed."""

    model_config = ConfigDict(extra="forbid")


class DeliveryBody(Body):
    """How the callback of an action is delivered."""

    copies: int = Field(default=1, ge=0, le=100)
    shuffle: bool = False
    delay: float = Field(default=0.0, ge=0)
    flaw: Flaw | None = None
    seed: int | None = None


class WithDelivery(Body):
    """An action that rings a callback."""

    callback: Literal["normal", "none"] | DeliveryBody = "normal"

    @property
    def delivery(self) -> Delivery:
        """Return the wish in the sender's terms."""
        if isinstance(self.callback, DeliveryBody):
            return Delivery(**self.callback.model_dump())
        return NONE if self.callback == "none" else NORMAL


class ClockBody(Body):
    """Moves the clock: by seconds, or to an offset from the machine's time."""

    advance: float | None = None
    offset: float | None = None

    @model_validator(mode="after")
    def _check_one(self) -> Self:
        if (self.advance is None) == (self.offset is None):
            raise ValueError('give either "advance" or "offset", in seconds')
        return self


class FaultBody(Body):
    """Trouble for an API."""

    api: str = Field(min_length=1)
    kind: Kind
    times: int | None = Field(default=1, ge=1)
    probability: float = Field(default=1.0, ge=0, le=1)
    seconds: float = Field(default=0.0, ge=0)
    errcode: int = -1
    status: int = Field(default=500, ge=200, le=599)
    fail_type: int = Field(default=0, ge=0)
    size: int = Field(default=1, ge=1)
    seed: int | None = None

    def fault(self) -> Fault:
        """Return the fault to put in force."""
        return Fault(**self.model_dump())


class MessageBody(BaseModel):
    """One thing that a customer does in the chat; the message object stands under its msgtype."""

    model_config = ConfigDict(extra="allow")

    customer: str
    open_kfid: str = ""
    msgtype: str = Field(default="text", pattern=r"^[a-z_]{1,40}$")
    event_type: Literal["enter_session"] = "enter_session"
    scene: str = ""
    scene_param: str = ""
    wechat_channels: dict[str, Any] | None = None
    url: str = ""
    recall: str = ""

    @model_validator(mode="after")
    def _check_content(self) -> Self:
        if self.recall or self.url or self.msgtype == "event":
            return self
        if not isinstance(self.content, dict):
            raise ValueError(f'"{self.msgtype}" must stand there with the message\'s object')
        if self.msgtype == "text" and not isinstance(self.content.get("content"), str):
            raise ValueError('"text" must hold "content", a string')
        return self

    @property
    def content(self) -> Any:
        """Return the message object, None if absent."""
        return (self.model_extra or {}).get(self.msgtype)

    @property
    def context(self) -> dict[str, Any]:
        """Return where the customer came from, as enter_session tells it."""
        context: dict[str, Any] = {"scene": self.scene, "scene_param": self.scene_param}
        if self.wechat_channels is not None:
            context["wechat_channels"] = self.wechat_channels
        return context


class MessagesBody(WithDelivery):
    """Several messages, in order."""

    messages: list[MessageBody] = Field(max_length=10_000)


StaffAction = Literal[
    "take", "answer", "send", "transfer", "end", "reenter", "receive", "recall", "reject", "click"
]


class StaffBody(WithDelivery):
    """One thing that a member does in the client."""

    userid: str
    action: StaffAction
    open_kfid: str = ""
    customer: str = ""
    text: str = ""
    message: dict[str, Any] = Field(default_factory=dict)  # as ww.sendChatMessage takes it
    to: str = ""
    on: bool = True
    msgid: str = ""
    key: str = ""
    selected: dict[str, list[str]] = Field(default_factory=dict)  # question_key -> option ids


class AppMessageBody(WithDelivery):
    """What a member writes to the app, or does in the app's chat."""

    userid: str
    msgtype: Literal["text", "image", "voice", "video", "location", "link", "event"] = "text"
    content: str = ""
    event: str = ""
    fields: dict[str, Any] = Field(default_factory=dict)  # further XML fields


class FriendBody(Body):
    """What a member and a contact write to each other."""

    userid: str
    customer: str
    by: Literal["member", "customer"] = "member"
    message: dict[str, Any]  # as ww.sendChatMessage takes it


class AddContact(Body):
    """A member and a customer become contacts."""

    userid: str
    state: str = ""
    half: bool = False
    add_way: int = 1
    welcome_configured: bool = False  # a native welcome leaves no WelcomeCode


class EditContact(Body):
    """A member changes remark or tags in the client."""

    userid: str
    remark: str | None = None
    add_tag: list[str] = Field(default_factory=list)
    remove_tag: list[str] = Field(default_factory=list)


class EndContact(Body):
    """One of the two deletes the other, or a hand-over fails."""

    userid: str
    by: Literal["member", "customer", "transfer"] = "customer"


class TransferFail(Body):
    """A hand-over that the customer refused, or that met a limit."""

    userid: str
    reason: Literal["customer_refused", "customer_limit_exceed"] = "customer_refused"


class CustomerBody(Body):
    """Creates or updates a customer and, on request, a contact."""

    external_userid: str = Field(min_length=1, max_length=64)
    nickname: str | None = None
    gender: Literal[0, 1, 2] | None = None
    unionid: str | None = None
    avatar: str | None = None
    add_contact: AddContact | None = None
    edit_contact: EditContact | None = None
    end_contact: EndContact | None = None
    transfer_fail: TransferFail | None = None


class CustomersBody(WithDelivery):
    """Several customers."""

    customers: list[CustomerBody] = Field(max_length=10_000)


class TagBody(WithDelivery):
    """A change of tags in the console, which the platform announces."""

    action: Literal["create", "update", "delete"]
    group: str = ""
    name: str = ""
    id: str = ""


class CallbackBody(WithDelivery):
    """A callback of one's own making, or the GET of a verification."""

    verify: bool = False
    doorbell: str = ""  # an open_kfid
    fields: dict[str, Any] = Field(default_factory=dict)


class MemberBody(WithDelivery):
    """A change of a member in the console: what is given replaces what was."""

    userid: str
    name: str | None = Field(default=None, min_length=1)
    departments: list[Annotated[int, Field(ge=1)]] | None = Field(default=None, min_length=1)
    visible: bool | None = None
    status: Literal[1, 2, 4, 5] | None = None
    left: bool = False  # deleted from the enterprise


class TokensBody(Body):
    """Makes every access token invalid at once, or every ticket of the JS-SDK."""

    invalidate: Literal[True, "tickets"]
