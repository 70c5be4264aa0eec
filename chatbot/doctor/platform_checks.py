"""WeCom itself: is it there, does it know us, are the clocks together.

Sources: WeCom developer documentation, 获取access_token, 全局错误码, 应用管理/获取应用详情.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import aiohttp

from chatbot.clock import Clock
from chatbot.doctor.report import Finding, Verdict
from chatbot.doctor.settings_check import AGENT_ID, CORP_ID, SECRET
from chatbot.doctor.words import finding, platform_finding, say
from chatbot.wecom.answers import read_answer
from chatbot.wecom.app import AgentInfo
from chatbot.wecom.client import WeComClient
from chatbot.wecom.errors import WeComError
from chatbot.wecom.transport import Reply, Request, translate

API_BASE_URL = "CHATBOT_WECOM__API_BASE_URL"
TEST_CLOCK = "CHATBOT_TEST_CLOCK"
_PROBE = "getcallbackip"
_TIMEOUT = aiohttp.ClientTimeout(total=8, connect=4)
#: Beyond this, lifetimes of tokens and codes are misjudged; the platform's own limits are
#: minutes (callbacks 10 minutes, welcome codes 20 seconds).
_CLOCK_SECONDS = 60
_OWN_ADDRESS = re.compile(r"from ip: ([0-9a-fA-F.:]{3,45}),")
#: AgentId of another app, or none (全局错误码).
_NOT_THIS_APP = frozenset({301002, 40056})


@dataclass(frozen=True, slots=True)
class Platform:
    """A platform that answers.

    ``ahead`` is how many seconds this machine's clock is ahead of the platform's; None when the
    answer carried no date. ``own_address`` is where our calls come from, or empty.
    """

    ahead: float | None
    own_address: str


async def check_address(
    session: aiohttp.ClientSession, base_url: str, clock: Clock
) -> Verdict[Platform]:
    """Call the platform without a token: whatever it refuses, it answers as WeCom does."""
    request = Request(_PROBE)
    try:
        reply, date = await _ask(session, f"{base_url}/cgi-bin/{_PROBE}")
        answer = read_answer(request, reply)
    except WeComError as error:
        return Verdict((platform_finding(error, API_BASE_URL, subject=base_url),))
    found = _OWN_ADDRESS.search(str(answer.get("errmsg", "")))
    own_address = found[1] if found else ""
    summary = say("address", address=base_url)
    if own_address:
        summary += say("our_address", address=own_address)
    return Verdict(summary=summary, fact=Platform(_seconds_ahead(date, clock.now()), own_address))


async def _ask(session: aiohttp.ClientSession, url: str) -> tuple[Reply, str]:
    try:
        async with session.get(url, timeout=_TIMEOUT, allow_redirects=False) as response:
            body = await response.read()
            reply = Reply(response.status, response.content_type, "", body)
            return reply, response.headers.get("Date", "")
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise translate(_PROBE, error) from None


def _seconds_ahead(date: str, now: datetime) -> float | None:
    try:
        theirs = parsedate_to_datetime(date)
    except ValueError:
        return None
    return (now - theirs.replace(tzinfo=theirs.tzinfo or UTC)).total_seconds()


def judge_clock(platform: Platform, test_clock: Path | None) -> Verdict[float]:
    """Compare this machine's clock with the platform's."""
    if platform.ahead is None:
        return Verdict(summary=say("clock_unknown"))
    seconds = abs(round(platform.ahead))
    if seconds <= _CLOCK_SECONDS:
        return Verdict(summary=say("clock", seconds=seconds), fact=platform.ahead)
    direction = say("clock_fast" if platform.ahead > 0 else "clock_slow")
    settings = (TEST_CLOCK,) if test_clock else ()
    return Verdict((finding("clock_wrong", *settings, direction=direction, seconds=seconds),))


async def check_token(client: WeComClient, platform: Platform) -> Verdict[WeComClient]:
    """Get a token and use it once: an address that is not trusted may only show then."""
    try:
        await client.check_token()
        await client.app.callback_ips()
    except WeComError as error:
        found = platform_finding(error, CORP_ID, SECRET, own_address=platform.own_address)
        return Verdict((found,))
    return Verdict(summary=say("token"), fact=client)


async def check_app(client: WeComClient, agent_id: int) -> Verdict[AgentInfo]:
    """Check that the token is the app's whose AgentId is set, and that it is switched on."""
    try:
        info = await client.app.agent_info()
    except WeComError as error:
        if error.code in _NOT_THIS_APP:
            return Verdict((finding("app_mismatch", AGENT_ID, SECRET, agent_id=agent_id),))
        return Verdict((platform_finding(error, AGENT_ID),))
    return judge_app(info)


def judge_app(info: AgentInfo) -> Verdict[AgentInfo]:
    """Say what is wrong with the app as it is set up in the console."""
    findings: list[Finding] = []
    if not info.enabled:
        findings.append(finding("app_disabled", AGENT_ID, name=info.name))
    if not has_range(info):
        findings.append(finding("range_empty", name=info.name))
    range_ = say(
        "app_range",
        members=len(info.userids),
        departments=len(info.party_ids),
        tags=len(info.tag_ids),
    )
    return Verdict(tuple(findings), say("app", name=info.name) + range_, info)


def has_range(info: AgentInfo) -> bool:
    """Say whether the app may see anybody, so that asking after members makes sense."""
    return bool(info.userids or info.party_ids or info.tag_ids)
