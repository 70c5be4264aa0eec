"""What the platform says of members who come in, asked when they log in and every hour then."""

from __future__ import annotations

from datetime import timedelta

import structlog

from chatbot.clock import Clock
from chatbot.store.accounts import list_accounts
from chatbot.store.database import Database
from chatbot.store.errors import StoreUnavailable
from chatbot.store.grants import KnownMember, know_member
from chatbot.store.login import end_sessions_of, forget_sessions, members_to_check
from chatbot.store.login_starts import forget_starts
from chatbot.wecom.app import Member
from chatbot.wecom.client import WeComClient
from chatbot.wecom.errors import Refused, WeComError
from chatbot.wecom.kf import Servicer

log = structlog.get_logger()

#: So long what the platform said is believed: who has left is locked out after it at the latest.
BELIEVED = timedelta(hours=1)
_TRY_AGAIN = timedelta(minutes=2)
_LOOK_SECONDS = 60.0
_AT_ONCE = 20
#: Unknown, or outside the visible range of the app (WeCom developer documentation, 全局错误码).
_OUT_OF_SIGHT = frozenset({60111, 60011, 60021})


class MemberFacts:
    """Asks the platform about members."""

    def __init__(self, database: Database, wecom: WeComClient) -> None:
        self._database = database
        self._wecom = wecom

    async def of(self, userid: str) -> KnownMember | None:
        """Return what is to be known of a member; None for who has left or is out of sight.

        Raises:
            WeComError: the platform did not say.
        """
        try:
            member = await self._wecom.app.user(userid)
        except Refused as error:
            if error.code in _OUT_OF_SIGHT:
                return None
            raise
        if not member.active:
            return None
        serves = await self._serves(member)
        return KnownMember(member.userid, member.name, member.department_ids, serves)

    async def _serves(self, member: Member) -> bool:
        """Return whether the member serves an account, alone or with the whole department."""
        for account in await self._database.run(list_accounts):
            try:
                servicers = await self._wecom.kf.servicers(account.open_kfid)
            except Refused as error:  # an account that is not ours any more says nothing
                log.info("servicers_unknown", account=account.open_kfid, code=error.code)
                continue
            for each in servicers:
                if isinstance(each, Servicer):
                    found = each.userid == member.userid
                else:
                    found = each.department_id in member.department_ids
                if found:
                    return True
        return False


class MemberWatch:
    """Asks about members with an open session again, and ends the sessions of who has left."""

    def __init__(self, database: Database, facts: MemberFacts, clock: Clock) -> None:
        self._database = database
        self._facts = facts
        self._clock = clock

    async def run(self) -> None:
        """Look every minute, until cancelled."""
        while True:
            try:
                await self._look()
            except StoreUnavailable as error:
                log.warning("member_watch_failed", error=str(error))
            await self._clock.sleep(_LOOK_SECONDS)

    async def _look(self) -> None:
        now = self._clock.now()
        await self._database.run(forget_starts, now)
        await self._database.run(forget_sessions, now)
        while due := await self._database.run(members_to_check, now, now + _TRY_AGAIN, _AT_ONCE):
            for userid in due:
                await self._check(userid)

    async def _check(self, userid: str) -> None:
        try:
            member = await self._facts.of(userid)
        except WeComError as error:  # then what was said before counts for a while longer
            log.info("member_unknown", userid=userid, error=str(error))
            return
        now = self._clock.now()
        if member is None:
            await self._database.run(end_sessions_of, userid, "wecom", "left", now)
        else:
            await self._database.run(know_member, member, now + BELIEVED)
