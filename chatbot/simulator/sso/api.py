"""auth/getuserinfo (获取访问用户身份)."""

from __future__ import annotations

import hashlib

from chatbot.simulator.directory import ACTIVE, Directory
from chatbot.simulator.endpoint import GET, Call, Endpoint, Endpoints
from chatbot.simulator.errors import PlatformError
from chatbot.simulator.params import Json
from chatbot.simulator.sso.desk import LoginDesk


class LoginCalls:
    """What an app may ask about who logged in."""

    def __init__(self, desk: LoginDesk, directory: Directory) -> None:
        self._desk = desk
        self._directory = directory

    def endpoints(self) -> Endpoints:
        """Return the calls by path."""
        return {"auth/getuserinfo": Endpoint(GET, self.get_user_info)}

    def get_user_info(self, call: Call) -> Json:
        """Return the member, or the openid of somebody else; 60021 outside the visible range."""
        visitor = self._desk.redeem(call.query.get("code", ""), call.app.agent_id)
        if not visitor.userid:
            openid = f"o{hashlib.sha256(visitor.external_userid.encode()).hexdigest()[:27]}"
            known = {"external_userid": visitor.external_userid} if visitor.external_userid else {}
            return {"openid": openid, **known}
        member = self._directory.member(visitor.userid)
        if member is None or member.status != ACTIVE:
            raise PlatformError(60111)
        if not member.visible:
            raise PlatformError(60021)
        return {"userid": member.userid}
