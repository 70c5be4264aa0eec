"""Members who log in with WeCom: where to send their browser, and who came back.

Sources: WeCom developer documentation, 身份验证/网页授权登录 (构造网页授权链接, 获取访问用户身份),
企业微信登录/构造企业微信登录链接.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from chatbot.errors import ChatbotError
from chatbot.wecom.caller import ApiCaller
from chatbot.wecom.fields import text

OAUTH_URL = "https://open.weixin.qq.com/connect/oauth2/authorize"
SCAN_URL = "https://login.work.weixin.qq.com/wwlogin/sso/login"
#: The platform gives longer codes to nobody; whatever else stands there is not asked about.
_LONGEST_CODE = 512


class NoMember(ChatbotError):
    """Who logged in is no member of the enterprise: customers can pass the platform's page too."""


@dataclass(frozen=True, slots=True)
class LoginPages:
    """The platform's pages where a member of the enterprise confirms who they are.

    Both lead the browser back to ``redirect_uri`` with ``code`` and ``state``, without a ``code``
    if the member refused. ``state`` is at most 128 letters and digits; the host of
    ``redirect_uri`` must be the app's trusted domain.
    """

    corp_id: str
    agent_id: int
    oauth_url: str
    login_url: str

    def in_client(self, redirect_uri: str, state: str) -> str:
        """Return the address that logs in without a word inside the WeCom client."""
        query = {
            "appid": self.corp_id,
            "redirect_uri": redirect_uri,
            "response_type": "code",
            "scope": "snsapi_base",
            "state": state,
            "agentid": str(self.agent_id),
        }
        return f"{_address(self.oauth_url, query)}#wechat_redirect"

    def by_scanning(self, redirect_uri: str, state: str) -> str:
        """Return the address that shows a code to scan with the WeCom of one's phone."""
        query = {
            "login_type": "CorpApp",
            "appid": self.corp_id,
            "agentid": str(self.agent_id),
            "redirect_uri": redirect_uri,
            "state": state,
            "lang": "zh",
        }
        return _address(self.login_url, query)


def _address(page: str, query: Mapping[str, str]) -> str:
    # Encoded throughout, as the documentation asks for, colons and slashes included.
    return f"{page}?{urlencode(query)}"


class LoginApi:
    """Who a ``code`` stands for; ``pages`` are where codes come from."""

    def __init__(self, caller: ApiCaller, pages: LoginPages) -> None:
        self._caller = caller
        self.pages = pages

    async def member_of(self, code: str) -> str:
        """Return the member's userid, in lower case (获取访问用户身份).

        A code works once, for five minutes. Raises NoMember for people outside the enterprise,
        ``errors.WeComError`` (40029, 42003, 42022: the code is wrong, too old or used).
        """
        if not code or len(code) > _LONGEST_CODE:
            raise NoMember("the code is none of the platform's")
        answer = await self._caller.get("auth/getuserinfo", code=code)
        userid = text(answer, "userid").lower()
        if not userid:
            raise NoMember("no member of the enterprise")
        return userid
