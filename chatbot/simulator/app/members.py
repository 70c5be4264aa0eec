"""What members send to the app: messages, events, clicks on cards."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping
from typing import Any

from chatbot.simulator.app.office import AppMessage, Office
from chatbot.simulator.callbacks import CallbackSender, Delivery
from chatbot.simulator.config import SimulatorConfig
from chatbot.simulator.directory import Directory
from chatbot.simulator.log import ControlLog
from chatbot.simulator.params import Json
from chatbot.simulator.refusals import Refusal


class MemberRoom:
    """The members' side of the app's chat."""

    def __init__(
        self,
        config: SimulatorConfig,
        office: Office,
        directory: Directory,
        sender: CallbackSender,
        log: ControlLog,
    ) -> None:
        self._corp_id = config.corp.id
        self._agent_id = config.app.agent_id
        self._office = office
        self._directory = directory
        self._sender = sender
        self._log = log
        # From the machine's time: ids must not come back after a restart of the simulator.
        self._msgids = itertools.count(time.time_ns())
        sender.on_reply = self.receive_reply

    def write(
        self, userid: str, msgtype: str, fields: Mapping[str, Any], delivery: Delivery
    ) -> str:
        """Send a message to the app and return its MsgId."""
        userid = self._known(userid)
        msgid = next(self._msgids)
        head = self._head(userid, msgtype)
        self._sender.send([{**head, **fields, "MsgId": msgid}], delivery)
        content = {"content": fields.get("Content", ""), "media_id": fields.get("MediaId", "")}
        self._office.note_own(userid, self._agent_id, str(msgid), msgtype, content)
        return str(msgid)

    def act(self, userid: str, event: str, fields: Mapping[str, Any], delivery: Delivery) -> None:
        """Send an event such as enter_agent or click."""
        head = self._head(self._known(userid), "event")
        self._sender.send([{**head, "Event": event, "EventKey": "", **fields}], delivery)

    def tell_change(self, userid: str, change: str, delivery: Delivery) -> None:
        """Tell the app that a member was changed in the console."""
        fields = {"Event": "change_contact", "ChangeType": change, "UserID": userid}
        self._sender.send([{**self._head("sys", "event"), **fields}], delivery)

    def click(
        self,
        userid: str,
        msgid: str,
        key: str,
        selected: Mapping[str, list[str]],
        delivery: Delivery,
    ) -> None:
        """Tap a button or a menu entry of a card."""
        userid = self._known(userid)
        message = self._office.find(msgid)
        if message is None or userid not in message.members:
            raise Refusal("unknown_message", id=msgid)
        if message.recalled:
            raise Refusal("card_gone")
        card = shown_card(message, userid)
        event = _event_of(card, key)
        if event is None:
            raise Refusal("no_button", button=key)
        fields: dict[str, Any] = {
            "EventKey": key,
            "TaskId": message.task_id,
            "CardType": str(card.get("card_type", "")),
            "ResponseCode": self._office.issue_code(message),
        }
        if selected:
            fields["SelectedItems"] = {"SelectedItem": _selected_items(selected)}
        self._sender.send([{**self._head(userid, "event"), "Event": event, **fields}], delivery)

    def receive_reply(self, message: Mapping[str, Any], reply: dict[str, Any]) -> None:
        """Apply the passive reply to a callback (被动回复消息格式)."""
        userid = str(message.get("FromUserName", ""))
        self._log.add("passive_reply", userid=userid, msgtype=reply.get("MsgType"), content=reply)
        msgtype = reply.get("MsgType")
        if msgtype == "text" and self._directory.visible(userid):
            content = {"content": str(reply.get("Content", ""))}
            self._office.send(self._agent_id, [userid], "text", content)
        elif msgtype == "update_button":
            name = str(reply.get("Button", {}).get("ReplaceName", ""))
            self._update(message, userid, {"button": {"replace_name": name}})
        elif msgtype == "update_template_card":
            self._update(message, userid, {"template_card": _snake(reply.get("TemplateCard", {}))})

    def _update(self, message: Mapping[str, Any], userid: str, change: Json) -> None:
        card = self._office.find_task(self._agent_id, str(message.get("TaskId", "")))
        if card is not None:
            self._office.change(card, [userid], change)

    def _known(self, userid: str) -> str:
        if self._directory.member(userid) is None:
            raise Refusal("unknown_member", id=userid)
        return userid.lower()

    def _head(self, userid: str, msgtype: str) -> dict[str, Any]:
        return {
            "ToUserName": self._corp_id,
            "FromUserName": userid,
            "CreateTime": int(self._office.now()),
            "MsgType": msgtype,
            "AgentID": self._agent_id,
        }


def shown_card(message: AppMessage, userid: str) -> Json:
    """Return the card as this member sees it now."""
    update = message.updates.get(userid, {})
    card: Json = update.get("template_card", message.content)
    return card


def _event_of(card: Json, key: str) -> str | None:
    """Return the event that a tap on ``key`` sends, None if the card has no such key."""
    menu = card.get("action_menu", {}).get("action_list", [])
    if any(action.get("key") == key for action in menu):
        return "template_card_menu_event"
    buttons = [*card.get("button_list", []), card.get("submit_button", {})]
    if any(button.get("key") == key and not button.get("type") for button in buttons):
        return "template_card_event"
    return None


def _selected_items(selected: Mapping[str, list[str]]) -> list[Json]:
    return [
        {"QuestionKey": question, "OptionIds": {"OptionId": options}}
        for question, options in selected.items()
    ]


#: Elements of a card that repeat: a single one is a list all the same.
_LISTS = frozenset(
    {"horizontal_content_list", "jump_list", "button_list", "select_list", "action_list"}
)


def _snake(value: Any) -> Any:
    """Turn the CamelCase names of an XML card into those of the JSON card."""
    if isinstance(value, list):
        return [_snake(item) for item in value]
    if not isinstance(value, dict):
        return value
    card: Json = {}
    for name, item in value.items():
        key = "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")
        inner = _snake(item)
        card[key] = [inner] if key in _LISTS and not isinstance(inner, list) else inner
    return card
