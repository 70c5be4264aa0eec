"""The ``kf/…`` calls that move messages and sessions (WeCom developer documentation, 微信客服)."""

from __future__ import annotations

from chatbot.simulator import params
from chatbot.simulator.endpoint import POST, Call, Endpoint, Endpoints
from chatbot.simulator.errors import PlatformError
from chatbot.simulator.kf import outgoing
from chatbot.simulator.kf.codes import MSGTYPES
from chatbot.simulator.kf.desk import Account, KfDesk
from chatbot.simulator.kf.session import Session, State
from chatbot.simulator.media import MediaStore
from chatbot.simulator.params import Json

_PAGE = 1000


class KfMessages:
    """kf/sync_msg, kf/send_msg, kf/send_msg_on_event, kf/service_state/…"""

    def __init__(self, desk: KfDesk, media: MediaStore) -> None:
        self._desk = desk
        self._media = media

    def endpoints(self) -> Endpoints:
        """Return the calls by path."""
        return {
            "kf/sync_msg": Endpoint(POST, self.sync),
            "kf/send_msg": Endpoint(POST, self.send),
            "kf/send_msg_on_event": Endpoint(POST, self.send_on_event),
            "kf/service_state/get": Endpoint(POST, self.get_state),
            "kf/service_state/trans": Endpoint(POST, self.change_state),
        }

    def sync(self, call: Call) -> Json:
        """Return a page of the account's log."""
        account = self._account(call)
        limit = params.integer(call.body, "limit", default=_PAGE, low=1, high=_PAGE)
        params.integer(call.body, "voice_format", default=0, low=0, high=1)
        token = params.text(call.body, "token", required=False, max_bytes=128)
        if token and not self._desk.token_is_valid(account.open_kfid, token):
            raise PlatformError(95007)
        start = self._start(call, account)
        if short := call.fault("short_page"):
            limit = min(limit, short.size)
        if call.fault("empty_page"):
            limit = 0
        items, following, more = account.log.page(start, limit, self._desk.now())
        more = more or limit == 0
        return {
            "next_cursor": self._desk.cursor(account.open_kfid, following),
            "has_more": int(more),
            "msg_list": items,
        }

    def _start(self, call: Call, account: Account) -> int | None:
        cursor = params.text(call.body, "cursor", required=False, max_bytes=64)
        if not cursor:
            return None
        start = self._desk.place(account.open_kfid, cursor)
        if start is None:
            raise PlatformError(params.INVALID, "cursor is not one of this account's")
        return start

    def send(self, call: Call) -> Json:
        """Send a message in a session that the bot may answer."""
        session = self._session(call, "touser")
        message = outgoing.read(call.body, self._media)
        failing = call.fault("msg_send_fail")
        return {"msgid": self._desk.send(session, message, failing.fail_type if failing else None)}

    def send_on_event(self, call: Call) -> Json:
        """Send the one message that an event's code allows."""
        code = self._desk.codes.find(params.text(call.body, "code"), self._desk.now())
        message = outgoing.read(call.body, self._media, MSGTYPES[code.occasion])
        return {"msgid": self._desk.send_on_event(code, message)}

    def get_state(self, call: Call) -> Json:
        """Return the state, and the servicer in state 3."""
        session = self._session(call, "external_userid")
        return {"service_state": int(session.state), "servicer_userid": session.servicer}

    def change_state(self, call: Call) -> Json:
        """Change the state; the codes of refusal are 95013, 95014, 95016 and 95019."""
        session = self._session(call, "external_userid")
        target = State(params.integer(call.body, "service_state", low=0, high=4))
        userid = ""
        if target is State.STAFF:
            userid = params.text(call.body, "servicer_userid").lower()
        self._check_change(session, target, userid)
        code = self._desk.transfer(session, target, userid)
        return {"msg_code": code} if code else {}

    def _check_change(self, session: Session, target: State, userid: str) -> None:
        if session.state is State.ENDED or target is not State.STAFF:
            return
        receiving = self._desk.accounts[session.open_kfid].servicers.get(userid)
        if receiving is None or self._desk.directory.visible(userid) is None:
            raise PlatformError(95014)
        if not receiving:
            raise PlatformError(95019)

    def _account(self, call: Call) -> Account:
        account = self._desk.account(params.text(call.body, "open_kfid", required=False))
        if not call.app.main:
            raise PlatformError(48007)
        return account

    def _session(self, call: Call, customer_field: str) -> Session:
        account = self._account(call)
        customer = params.text(call.body, customer_field)
        if self._desk.directory.customer(customer) is None:
            raise PlatformError(40096)
        return self._desk.session(account.open_kfid, customer)
