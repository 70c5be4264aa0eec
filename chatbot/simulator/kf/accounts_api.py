"""The ``kf/…`` calls about accounts, staff, customers and links."""

from __future__ import annotations

import re
import secrets
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from chatbot.simulator import params
from chatbot.simulator.config import DAY
from chatbot.simulator.directory import Customer, Directory
from chatbot.simulator.endpoint import EITHER, GET, POST, Call, Endpoint, Endpoints
from chatbot.simulator.errors import PlatformError, message_of
from chatbot.simulator.kf.desk import Account, KfDesk
from chatbot.simulator.params import Json

_SCENE = re.compile(r"[0-9a-zA-Z_-]{0,32}")
_LINK = "https://work.weixin.qq.com/kf/"


class KfAccounts:
    """kf/account/list, kf/servicer/…, kf/customer/batchget, kf/add_contact_way."""

    def __init__(self, desk: KfDesk, directory: Directory) -> None:
        self._desk = desk
        self._directory = directory

    def endpoints(self) -> Endpoints:
        """Return the calls by path."""
        return {
            "kf/account/list": Endpoint(EITHER, self.list_accounts),
            "kf/servicer/list": Endpoint(GET, self.list_servicers),
            "kf/servicer/add": Endpoint(POST, self.add_servicers),
            "kf/servicer/del": Endpoint(POST, self.remove_servicers),
            "kf/customer/batchget": Endpoint(POST, self.get_customers),
            "kf/add_contact_way": Endpoint(POST, self.add_contact_way),
        }

    def list_accounts(self, call: Call) -> Json:
        """Return a page of the accounts that the app may see."""
        offset = params.integer(call.body, "offset", default=0, low=0)
        limit = params.integer(call.body, "limit", default=100, low=1, high=100)
        accounts = list(self._desk.accounts.values()) if call.app.main else []
        return {
            "account_list": [
                {
                    "open_kfid": account.open_kfid,
                    "name": account.name,
                    "avatar": "",
                    "manage_privilege": account.managed,
                }
                for account in accounts[offset : offset + limit]
            ]
        }

    def list_servicers(self, call: Call) -> Json:
        """Return the staff; status 0 is receiving, 1 stopped."""
        account = self._account(call, call.query)
        servicers: list[Json] = []
        for userid, receiving in account.servicers.items():
            entry: Json = {"userid": userid, "status": 0 if receiving else 1}
            if not receiving:
                entry["stop_type"] = account.stop_types.get(userid, 0)
            servicers.append(entry)
        return {"servicer_list": servicers}

    def add_servicers(self, call: Call) -> Json:
        """Add staff, each with a result of its own."""
        account = self._account(call, call.body)

        def add(userid: str) -> int:
            if self._directory.member(userid) is None:
                return 40003
            if self._directory.visible(userid) is None:
                return 95014
            account.servicers.setdefault(userid.lower(), True)
            return 0

        return self._each(call, add)

    def remove_servicers(self, call: Call) -> Json:
        """Remove staff, each with a result of its own."""
        account = self._account(call, call.body)

        def remove(userid: str) -> int:
            return 95014 if account.servicers.pop(userid.lower(), None) is None else 0

        return self._each(call, remove)

    def _each(self, call: Call, act: Any) -> Json:
        userids = params.strings(call.body, "userid_list", low=1, high=100)
        results = []
        for userid in userids:
            code = act(userid)
            results.append({"userid": userid, "errcode": code, "errmsg": message_of(code)})
        return {"result_list": results}

    def get_customers(self, call: Call) -> Json:
        """Return names and avatars, on request with how each came in during the last 48 hours."""
        ids = params.strings(call.body, "external_userid_list", low=1, high=100)
        with_context = params.integer(
            call.body, "need_enter_session_context", default=0, low=0, high=1
        )
        found = [customer for i in ids if (customer := self._directory.customer(i))]
        return {
            "customer_list": [self._describe(customer, bool(with_context)) for customer in found],
            "invalid_external_userid": [i for i in ids if self._directory.customer(i) is None],
        }

    def _describe(self, customer: Customer, with_context: bool) -> Json:
        entry: Json = {
            "external_userid": customer.external_userid,
            "nickname": customer.nickname,
            "avatar": customer.avatar,
            "gender": customer.gender,
        }
        if customer.unionid:
            entry["unionid"] = customer.unionid
        if with_context and (context := self._last_context(customer.external_userid)):
            entry["enter_session_context"] = context
        return entry

    def _last_context(self, external_userid: str) -> Json | None:
        since = self._desk.now() - 2 * DAY
        sessions = (
            self._desk.sessions.get((open_kfid, external_userid))
            for open_kfid in self._desk.accounts
        )
        recent = [s for s in sessions if s and s.entered is not None and s.entered_at > since]
        return max(recent, key=lambda s: s.entered_at).entered if recent else None

    def add_contact_way(self, call: Call) -> Json:
        """Return a link that customers open; the scene comes back in enter_session."""
        account = self._account(call, call.body)
        scene = params.text(call.body, "scene", required=False)
        if not _SCENE.fullmatch(scene):
            raise PlatformError(params.INVALID, "scene must be up to 32 of 0-9 a-z A-Z _ -")
        code = f"kfc{secrets.token_hex(8)}"
        self._desk.contact_ways[code] = (account.open_kfid, scene)
        return {"url": f"{_LINK}{code}?enc_scene={quote('ENC' + secrets.token_urlsafe(12))}"}

    def _account(self, call: Call, source: Any) -> Account:
        account = self._desk.account(params.text(source, "open_kfid", required=False))
        if not call.app.main:
            raise PlatformError(48007)
        return account


def read_link(desk: KfDesk, url: str) -> tuple[str, Json] | None:
    """Return (open_kfid, enter_session context) of a link, or None for a foreign one."""
    parts = urlsplit(url)
    way = desk.contact_ways.get(parts.path.rsplit("/", 1)[-1])
    if way is None:
        return None
    open_kfid, scene = way
    scene_param = parse_qs(parts.query).get("scene_param", [""])[0]
    return open_kfid, {"scene": scene, "scene_param": scene_param}
