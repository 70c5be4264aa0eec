"""What service staff (接待人员) do in their client. Refusals are Refusal, in Chinese."""

from __future__ import annotations

from chatbot.simulator.callbacks import Delivery
from chatbot.simulator.directory import Directory
from chatbot.simulator.kf.desk import ORIGIN_STAFF, Account, KfDesk
from chatbot.simulator.kf.session import Session, State
from chatbot.simulator.log import ControlLog
from chatbot.simulator.params import Json
from chatbot.simulator.refusals import Refusal

TAKEN, TRANSFERRED, ENDED, REENTERED = 1, 2, 3, 4
#: In events 1 means receiving and 2 stopped; kf/servicer/list says 0 and 1 instead.
EVENT_RECEIVING, EVENT_STOPPED = 1, 2


class StaffRoom:
    """The members' side of the desk. Each action rings the callback before it returns."""

    def __init__(self, desk: KfDesk, directory: Directory, log: ControlLog) -> None:
        self._desk = desk
        self._directory = directory
        self._log = log

    def take(self, userid: str, session: Session, delivery: Delivery) -> None:
        """Take a session out of the pool."""
        self._require_servicer(userid, session.open_kfid)
        if session.state is not State.POOL:
            raise Refusal("not_in_pool")
        session.assign(userid)
        self._changed(session, TAKEN, delivery, new=userid)

    def answer(self, userid: str, session: Session, text: str, delivery: Delivery) -> str:
        """Write a text to the customer; return the msgid."""
        if not text.strip():
            raise Refusal("empty_text")
        return self.send(userid, session, "text", {"content": text}, delivery)

    def send(
        self, userid: str, session: Session, msgtype: str, content: Json, delivery: Delivery
    ) -> str:
        """Send a message; an ended session is entered again by that. Return the msgid."""
        self._require_servicer(userid, session.open_kfid)
        if session.state is State.ENDED:
            self.reenter(userid, session, delivery)
        self._require_owner(userid, session)
        msgid = self._desk.add_message(session, ORIGIN_STAFF, msgtype, content, servicer=userid)
        self._desk.deliver(session, msgid, msgtype, content, "staff")
        self._log.add(
            "staff_message",
            open_kfid=session.open_kfid,
            customer=session.customer,
            userid=userid,
            msgid=msgid,
            msgtype=msgtype,
            content=content,
        )
        self._desk.ring(delivery)
        return msgid

    def transfer(self, userid: str, session: Session, to: str, delivery: Delivery) -> None:
        """Hand the session to another member who is receiving."""
        self._require_owner(userid, session)
        if not to:
            raise Refusal("transfer_missing")
        if to == userid:
            raise Refusal("transfer_self")
        account = self._require_servicer(to, session.open_kfid)
        if not account.servicers[to]:
            raise Refusal("not_receiving", name=self._name(to))
        session.assign(to)
        self._changed(session, TRANSFERRED, delivery, old=userid, new=to)

    def end(self, userid: str, session: Session, delivery: Delivery) -> None:
        """End the session."""
        self._require_owner(userid, session)
        session.end()
        self._changed(session, ENDED, delivery, old=userid)

    def reenter(self, userid: str, session: Session, delivery: Delivery) -> None:
        """Enter again a session that ended, or that one has handed to somebody else."""
        self._require_servicer(userid, session.open_kfid)
        old = session.servicer
        if session.state is State.ENDED:
            if not session.consultation:
                raise Refusal("never_started")
            session.start(State.STAFF, self._desk.now())
        elif session.state is not State.STAFF or old == userid or userid not in session.served_by:
            raise Refusal("not_ended")
        session.assign(userid)
        self._changed(session, REENTERED, delivery, old=old, new=userid)

    def receive(self, userid: str, open_kfid: str, on: bool, delivery: Delivery) -> None:
        """Start or stop receiving."""
        account = self._require_servicer(userid, open_kfid)
        account.servicers[userid] = on
        fields: dict[str, object] = {"servicer_userid": userid}
        fields["status"] = EVENT_RECEIVING if on else EVENT_STOPPED
        if not on:
            fields["stop_type"] = 0
        self._desk.add_event(open_kfid, "servicer_status_change", fields)
        self._desk.touch_account(open_kfid)
        self._desk.ring(delivery)

    def recall(self, userid: str, session: Session, msgid: str, delivery: Delivery) -> None:
        """Take back one's own message."""
        bubble = session.bubble(msgid)
        if bubble is None:
            raise Refusal("unknown_message", id=msgid)
        if bubble.servicer != userid:
            raise Refusal("recall_foreign")
        if bubble.recalled:
            raise Refusal("recall_twice")
        self._desk.recall(session, bubble)
        self._desk.ring(delivery)

    def reject(self, userid: str, session: Session, on: bool, delivery: Delivery) -> None:
        """Refuse the customer's messages, or accept them again."""
        self._require_owner(userid, session)
        session.rejected = on
        self._desk.add_event(
            session.open_kfid,
            "reject_customer_msg_switch_change",
            {
                "servicer_userid": userid,
                "external_userid": session.customer,
                "reject_switch": int(on),
            },
        )
        self._desk.ring(delivery)

    def _changed(
        self, session: Session, change: int, delivery: Delivery, *, old: str = "", new: str = ""
    ) -> None:
        fields: dict[str, object] = {"external_userid": session.customer, "change_type": change}
        if old:
            fields["old_servicer_userid"] = old
        if new:
            fields["new_servicer_userid"] = new
        # Only a take and an end carry a code in their event (微信客服/接收消息和事件).
        code = self._desk.code_for(session) if change in {TAKEN, ENDED} else None
        if code:
            fields["msg_code"] = code
        self._desk.add_event(session.open_kfid, "session_status_change", fields)
        self._desk.touch(session)
        self._desk.ring(delivery)

    def _require_servicer(self, userid: str, open_kfid: str) -> Account:
        account = self._desk.accounts[open_kfid]
        if userid not in account.servicers:
            raise Refusal("not_servicer", name=self._name(userid), account=account.name)
        return account

    def _require_owner(self, userid: str, session: Session) -> None:
        if session.state is not State.STAFF or session.servicer != userid:
            raise Refusal("not_yours")

    def _name(self, userid: str) -> str:
        member = self._directory.member(userid)
        return member.name if member else userid
