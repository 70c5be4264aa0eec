"""What the control API lets customers, members and contacts do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from chatbot.simulator.callbacks import Delivery
from chatbot.simulator.control_bodies import (
    AppMessageBody,
    CustomerBody,
    FriendBody,
    MemberBody,
    StaffBody,
)
from chatbot.simulator.directory import Customer
from chatbot.simulator.jssdk.sending import read_message
from chatbot.simulator.kf.session import Session
from chatbot.simulator.params import Json
from chatbot.simulator.refusals import Refusal
from chatbot.simulator.web_errors import BadRequest
from chatbot.simulator.world import World


def change_customer(world: World, body: CustomerBody, delivery: Delivery) -> Json:
    """Create or update a customer; then add, edit or end a contact if asked to."""
    known = world.directory.customers
    customer = known.get(body.external_userid)
    if customer is None:
        customer = Customer(body.external_userid, body.nickname or body.external_userid)
        known[body.external_userid] = customer
    for name in ("nickname", "gender", "unionid", "avatar"):
        if (value := getattr(body, name)) is not None:
            setattr(customer, name, value)
    answer: Json = {"external_userid": customer.external_userid}
    if body.add_contact:
        wish = body.add_contact.model_dump()
        code = world.contacts.add(wish.pop("userid"), customer.external_userid, delivery, **wish)
        answer["welcome_code"] = code
    _change_contact(world, body, delivery)
    world.live.touch(*(("member", userid) for userid in world.directory.members))
    return answer


def _change_contact(world: World, body: CustomerBody, delivery: Delivery) -> None:
    contacts, customer = world.contacts, body.external_userid
    if edit := body.edit_contact:
        contacts.edit(
            edit.userid,
            customer,
            delivery,
            remark=edit.remark,
            add_tags=edit.add_tag,
            remove_tags=edit.remove_tag,
        )
    if end := body.end_contact:
        contacts.end(end.userid, customer, end.by, delivery)
    if fail := body.transfer_fail:
        contacts.fail_transfer(fail.userid, customer, fail.reason, delivery)


def change_member(world: World, body: MemberBody) -> None:
    """Change or delete a member, and tell of it as the platform does (成员变更通知)."""
    member = world.directory.member(body.userid)
    if member is None:
        raise Refusal("unknown_member", id=body.userid)
    fields = {name: getattr(body, name) for name in ("name", "departments", "visible", "status")}
    world.directory.change_member(
        member.userid, None if body.left else {k: v for k, v in fields.items() if v is not None}
    )
    world.members.tell_change(
        member.userid, "delete_user" if body.left else "update_user", body.delivery
    )


def write_to_app(world: World, body: AppMessageBody) -> Json:
    """Let a member write to the app; media messages without MediaId get a sample."""
    if body.msgtype == "event":
        if not body.event:
            raise BadRequest('"event" must name the event, such as enter_agent')
        world.members.act(body.userid, body.event, body.fields, body.delivery)
        return {}
    fields = dict(body.fields)
    if body.msgtype == "text":
        if not body.content:
            raise BadRequest('"content" must hold the text')
        fields["Content"] = body.content
    elif body.msgtype in {"image", "voice", "video"} and "MediaId" not in fields:
        media = world.media.keep_customers(body.msgtype, body.msgtype, bytes(16))
        fields["MediaId"] = media.media_id
    return {"msgid": world.members.write(body.userid, body.msgtype, fields, body.delivery)}


def write_to_friend(world: World, body: FriendBody) -> Json:
    """Let one of two contacts write to the other."""
    if world.directory.member(body.userid) is None:
        raise Refusal("unknown_member", id=body.userid)
    msgtype, content = read_message(body.message, world.media, menus=False)
    userid = body.userid.lower()
    return {"msgid": world.friends.write(userid, body.customer, body.by, msgtype, content)}


def act_as_staff(world: World, body: StaffBody) -> Json:
    """Let a member act; the answer holds ``msgid`` if a message came of it."""
    if world.directory.member(body.userid) is None:
        raise Refusal("unknown_member", id=body.userid)
    userid = body.userid.lower()
    if body.action == "click":
        world.members.click(userid, body.msgid, body.key, body.selected, body.delivery)
        return {}
    open_kfid = body.open_kfid or next(iter(world.desk.accounts), "")
    if open_kfid not in world.desk.accounts:
        raise Refusal("unknown_account", id=open_kfid)
    if body.action == "receive":
        world.staff.receive(userid, open_kfid, body.on, body.delivery)
        return {}
    session = world.phones.session(body.customer, open_kfid)
    msgid = _SESSION_ACTIONS[body.action](world, userid, session, body)
    return {"msgid": msgid} if msgid else {}


def _send(world: World, userid: str, session: Session, body: StaffBody) -> str:
    msgtype, content = read_message(body.message, world.media, menus=True)
    return world.staff.send(userid, session, msgtype, content, body.delivery)


SessionAction = Callable[[World, str, Session, StaffBody], str | None]

_SESSION_ACTIONS: Final[dict[str, SessionAction]] = {
    "take": lambda w, u, s, b: w.staff.take(u, s, b.delivery),
    "answer": lambda w, u, s, b: w.staff.answer(u, s, b.text, b.delivery),
    "send": _send,
    "transfer": lambda w, u, s, b: w.staff.transfer(u, s, b.to.lower(), b.delivery),
    "end": lambda w, u, s, b: w.staff.end(u, s, b.delivery),
    "reenter": lambda w, u, s, b: w.staff.reenter(u, s, b.delivery),
    "recall": lambda w, u, s, b: w.staff.recall(u, s, b.msgid, b.delivery),
    "reject": lambda w, u, s, b: w.staff.reject(u, s, b.on, b.delivery),
}
