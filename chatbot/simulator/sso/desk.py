"""Who may be asked to log in where, and the one-time codes that tell who did.

Source: WeCom developer documentation, 身份验证 (构造网页授权链接, 获取访问用户身份).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from yarl import URL

from chatbot.simulator.config import DAY, SimulatorConfig
from chatbot.simulator.directory import Directory
from chatbot.simulator.errors import PlatformError
from chatbot.simulator.refusals import Refusal

CODE_SECONDS = 300.0
_STATE = re.compile(r"[A-Za-z0-9]{0,128}")
_SCOPES = frozenset({"snsapi_base", "snsapi_privateinfo"})


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who passes the login page: a member by ``userid``, or somebody of WeChat."""

    userid: str = ""
    external_userid: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a login page is asked for: an app, and where to lead the browser afterwards."""

    agent_id: int
    redirect_uri: str
    state: str

    def back(self, code: str = "") -> str:
        """Return where the browser goes; without a ``code`` if the visitor refused."""
        told = {"code": code, "state": self.state} if code else {"state": self.state}
        mark = "&" if "?" in self.redirect_uri else "?"
        return f"{self.redirect_uri}{mark}{urlencode(told)}"

    def query(self) -> dict[str, str]:
        """Return the wish as the query of the simulator's own links."""
        return {
            "agentid": str(self.agent_id),
            "redirect_uri": self.redirect_uri,
            "state": self.state,
        }


@dataclass(slots=True)
class _Code:
    visitor: Visitor
    agent_id: int
    expires_at: float
    used: bool = False


class LoginDesk:
    """The platform's side of a login."""

    def __init__(
        self, config: SimulatorConfig, directory: Directory, now: Callable[[], float]
    ) -> None:
        self._config = config
        self._directory = directory
        self._now = now
        self._codes: dict[str, _Code] = {}

    def wish_in_client(self, query: Mapping[str, str]) -> Wish:
        """Return what the authorise page is asked for; raise Refusal for a wrong link."""
        if query.get("response_type") != "code" or query.get("scope") not in _SCOPES:
            raise Refusal("login_scope")
        return self._wish(query)

    def wish_by_scanning(self, query: Mapping[str, str]) -> Wish:
        """Return what the page with the code to scan is asked for."""
        if query.get("login_type") != "CorpApp":
            raise Refusal("login_type")
        return self._wish(query)

    def _wish(self, query: Mapping[str, str]) -> Wish:
        if query.get("appid") != self._config.corp.id:
            raise Refusal("login_corp", id=query.get("appid", ""))
        return self.wish_again(query)

    def wish_again(self, query: Mapping[str, str]) -> Wish:
        """Return the wish of a link that a login page of ours has made."""
        app = self._config.app
        if query.get("agentid") != str(app.agent_id):
            raise Refusal("login_app", id=query.get("agentid", ""))
        if not _STATE.fullmatch(query.get("state", "")):
            raise Refusal("login_state")
        target = query.get("redirect_uri", "")
        trusted = self._config.app.trusted
        if not trusted or _authority(target) != trusted:
            raise Refusal("login_domain", target=target, trusted=trusted or "-")
        return Wish(app.agent_id, target, query.get("state", ""))

    def admit(self, wish: Wish, visitor: Visitor) -> str:
        """Return where the browser goes with a code that tells who the visitor is."""
        if visitor.userid and self._directory.member(visitor.userid) is None:
            raise Refusal("unknown_member", id=visitor.userid)
        if visitor.external_userid and not self._directory.customer(visitor.external_userid):
            raise Refusal("unknown_customer", id=visitor.external_userid)
        now = self._now()
        self._codes = {text: old for text, old in self._codes.items() if old.expires_at + DAY > now}
        code = secrets.token_urlsafe(32)
        self._codes[code] = _Code(visitor, wish.agent_id, now + CODE_SECONDS)
        return wish.back(code)

    def redeem(self, text: str, agent_id: int) -> Visitor:
        """Return whom a code stands for; raise 40029, 42003 or 42022 (each works once)."""
        code = self._codes.get(text)
        if code is None or code.agent_id != agent_id:
            raise PlatformError(40029)
        if code.used:
            raise PlatformError(42022)
        if code.expires_at <= self._now():
            raise PlatformError(42003)
        code.used = True
        return code.visitor


def _authority(address: str) -> str:
    try:
        url = URL(address)
    except ValueError:
        return ""
    return url.authority if url.scheme in {"http", "https"} else ""
