"""What the phone page and the staff page show, as JSON."""

from __future__ import annotations

from itertools import islice

from chatbot.simulator.app.members import shown_card
from chatbot.simulator.app.office import AppMessage
from chatbot.simulator.kf.customers import RECALL_SECONDS
from chatbot.simulator.kf.desk import Account
from chatbot.simulator.kf.session import Bubble, Session, State
from chatbot.simulator.params import Json
from chatbot.simulator.refusals import texts
from chatbot.simulator.world import World

_SESSIONS_SHOWN = 100
_MESSAGES_SHOWN = 50


def phone_view(world: World, session: Session) -> Json:
    """Return one chat as the customer sees it."""
    return {
        "account": world.desk.accounts[session.open_kfid].name,
        "bubbles": _bubbles(world, session),
    }


def friend_view(world: World, userid: str, customer: str) -> Json:
    """Return the chat of a member and a contact."""
    messages = world.friends.messages(userid, customer)
    return {"bubbles": [{**_bubble(world, each), "recallable": 0.0} for each in messages]}


def staff_view(world: World, userid: str, chosen: tuple[str, str], friend: str) -> Json:
    """Return a member's sessions, contacts and app messages, and what is open of them.

    Open is the ``chosen`` (open_kfid, customer) session, or the chat with a ``friend``.
    """
    accounts = [a for a in world.desk.accounts.values() if userid in a.servicers]
    sessions = _sessions_of(world, userid, accounts)
    chat = next((s for s in sessions if (s.open_kfid, s.customer) == chosen), None)
    return {
        "accounts": [_account(world, account, userid) for account in accounts],
        "sessions": [_summary(world, session, userid) for session in sessions],
        "chat": {"bubbles": _bubbles(world, chat), **_summary(world, chat, userid)}
        if chat
        else None,
        "friends": [_friend(world, userid, each) for each in _friends_of(world, userid)],
        "friend": _open_friend(world, userid, friend) if friend else None,
        "app": [_app_message(message, userid) for message in _inbox(world, userid)],
    }


def _friends_of(world: World, userid: str) -> list[str]:
    return world.friends.of_member(userid)[:_SESSIONS_SHOWN]


def _friend(world: World, userid: str, customer: str) -> Json:
    known = world.directory.customer(customer)
    messages = world.friends.messages(userid, customer)
    return {
        "customer": customer,
        "nickname": known.nickname if known else customer,
        **_last(messages[-1] if messages else None),
    }


def _open_friend(world: World, userid: str, customer: str) -> Json | None:
    if world.contacts.relation(userid, customer) is None:
        return None
    return {**_friend(world, userid, customer), **friend_view(world, userid, customer)}


def _last(bubble: Bubble | None) -> Json:
    if bubble is None:
        return {"last": None}
    last = {"msgtype": bubble.msgtype, "content": bubble.content, "recalled": bubble.recalled}
    return {"last": last, "at": bubble.at}


def _sessions_of(world: World, userid: str, accounts: list[Account]) -> list[Session]:
    """Return who waits, who is with this member, and whom the member has served: newest first."""
    found = world.desk.open_sessions(account.open_kfid for account in accounts)
    shown = [s for s in found if s.state is State.POOL or userid in s.served_by]
    shown.sort(key=lambda s: s.bubbles[-1].at if s.bubbles else s.started_at, reverse=True)
    return shown[:_SESSIONS_SHOWN]


def _account(world: World, account: Account, userid: str) -> Json:
    return {
        "open_kfid": account.open_kfid,
        "name": account.name,
        "receiving": account.servicers[userid],
        "others": [
            {"userid": other, "name": _member_name(world, other)}
            for other, receiving in account.servicers.items()
            if receiving and other != userid
        ],
    }


def _summary(world: World, session: Session, userid: str) -> Json:
    customer = world.directory.customers.get(session.customer)
    return {
        "open_kfid": session.open_kfid,
        "account": world.desk.accounts[session.open_kfid].name,
        "customer": session.customer,
        "nickname": customer.nickname if customer else session.customer,
        "place": _place(session, userid),
        "state": texts()["states"][str(int(session.state))],
        "servicer": _member_name(world, session.servicer),
        "at": session.started_at,
        **_last(session.bubbles[-1] if session.bubbles else None),
    }


def _place(session: Session, userid: str) -> str:
    """Return the list a session stands in: pool, mine or past."""
    if session.state is State.POOL:
        return "pool"
    mine = session.state is State.STAFF and session.servicer == userid
    return "mine" if mine else "past"


def _bubbles(world: World, session: Session) -> list[Json]:
    return [_bubble(world, bubble) for bubble in session.bubbles]


def _bubble(world: World, bubble: Bubble) -> Json:
    return {
        "id": bubble.msgid,
        "sender": bubble.sender,
        "name": _member_name(world, bubble.servicer),
        "servicer": bubble.servicer,
        "at": bubble.at,
        "msgtype": bubble.msgtype,
        "content": bubble.content,
        "recalled": bubble.recalled,
        "recallable": max(0.0, bubble.at + RECALL_SECONDS - world.clock.timestamp()),
    }


def _inbox(world: World, userid: str) -> list[AppMessage]:
    inbox = world.office.inboxes.get(userid, ())
    return list(islice(reversed(inbox), _MESSAGES_SHOWN))[::-1]


def _app_message(message: AppMessage, userid: str) -> Json:
    card = message.msgtype == "template_card"
    return {
        "id": message.msgid,
        "own": message.own,
        "at": message.at,
        "msgtype": message.msgtype,
        "content": shown_card(message, userid) if card else message.content,
        "update": message.updates.get(userid),
        "recalled": message.recalled,
    }


def _member_name(world: World, userid: str) -> str:
    member = world.directory.member(userid) if userid else None
    return member.name if member else userid
