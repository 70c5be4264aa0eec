"""Members who log in: the platform's pages, and who a code stands for."""

from __future__ import annotations

import pytest

from chatbot.wecom.client import WeComClient
from chatbot.wecom.codes import Kind
from chatbot.wecom.errors import Refused
from chatbot.wecom.login import NoMember

from .fake_platform import AGENT, CORP, Platform, refusal

_BACK = "https://kefu.example.com:8443/console/login/return"
_ENCODED = "https%3A%2F%2Fkefu.example.com%3A8443%2Fconsole%2Flogin%2Freturn"


def test_that_the_client_is_sent_to_the_authorise_page(client: WeComClient) -> None:
    assert client.login.pages.in_client(_BACK, "s1") == (
        "https://open.weixin.qq.com/connect/oauth2/authorize"
        f"?appid={CORP}&redirect_uri={_ENCODED}&response_type=code&scope=snsapi_base"
        f"&state=s1&agentid={AGENT}#wechat_redirect"
    )


def test_that_browsers_are_sent_to_the_page_with_the_code_to_scan(client: WeComClient) -> None:
    assert client.login.pages.by_scanning(_BACK, "s1") == (
        "https://login.work.weixin.qq.com/wwlogin/sso/login"
        f"?login_type=CorpApp&appid={CORP}&agentid={AGENT}&redirect_uri={_ENCODED}"
        "&state=s1&lang=zh"
    )


async def test_that_a_code_stands_for_a_member(client: WeComClient, platform: Platform) -> None:
    platform.answer("auth/getuserinfo", {"errcode": 0, "userid": "Li.Ming"})
    assert await client.login.member_of("CODE") == "li.ming"
    (call,) = platform.calls("auth/getuserinfo")
    assert call.query["code"] == "CODE"


@pytest.mark.parametrize("answer", [{"openid": "o1", "external_userid": "wm1"}, {}, {"userid": 7}])
async def test_that_customers_are_no_members(
    client: WeComClient, platform: Platform, answer: dict[str, object]
) -> None:
    platform.answer("auth/getuserinfo", {"errcode": 0, **answer})
    with pytest.raises(NoMember):
        await client.login.member_of("CODE")


@pytest.mark.parametrize("code", ["", "x" * 513])
async def test_that_an_impossible_code_is_not_asked_about(
    client: WeComClient, platform: Platform, code: str
) -> None:
    with pytest.raises(NoMember):
        await client.login.member_of(code)
    assert platform.calls("auth/getuserinfo") == []


@pytest.mark.parametrize("code", [40029, 42003, 42022])
async def test_that_a_code_that_is_worth_nothing_is_told_apart(
    client: WeComClient, platform: Platform, code: int
) -> None:
    platform.answer("auth/getuserinfo", refusal(code))
    with pytest.raises(Refused) as caught:
        await client.login.member_of("CODE")
    assert caught.value.kind is Kind.LOGIN
