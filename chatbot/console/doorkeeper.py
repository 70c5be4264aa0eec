"""Lets members in: begins and ends logins, knows who comes with which session.

A role is looked up at every request, so giving or taking one works at once and nobody has to log
in again; what a session remembers is only who somebody is.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection

from chatbot.access.roles import Appointed, Grant, Standing, viewer_for
from chatbot.access.viewer import Viewer
from chatbot.clock import Clock
from chatbot.console.entering import (
    Browser,
    Entered,
    LoginProblem,
    SignedIn,
    Throttle,
    new_token,
    token_hash,
)
from chatbot.console.members import BELIEVED, MemberFacts
from chatbot.store.audit import audit
from chatbot.store.database import Database
from chatbot.store.grants import KnownMember, grants_of, know_member
from chatbot.store.login import (
    LoginSession,
    NewSession,
    begin_session,
    end_session,
    open_session,
    replace_session,
)
from chatbot.store.login_starts import begin_login, take_login
from chatbot.wecom.codes import Kind
from chatbot.wecom.errors import Refused, WeComError
from chatbot.wecom.login import LoginApi, NoMember

#: Where the platform leads browsers back to: on the app's trusted domain.
RETURN_PATH = "/console/login/return"

#: Inside the WeCom client nobody is asked; elsewhere a code is scanned with the phone.
Way = Literal["client", "scan"]


class Doorkeeper:
    """Logins and sessions. Secrets leave it once; what is stored are their hashes."""

    def __init__(
        self,
        database: Database,
        login: LoginApi,
        facts: MemberFacts,
        throttle: Throttle,
        clock: Clock,
        appointed: Appointed,
        base_url: str,
    ) -> None:
        self._database = database
        self._login = login
        self._facts = facts
        self._throttle = throttle
        self._clock = clock
        self._appointed = appointed
        self._return_address = f"{base_url}{RETURN_PATH}"

    async def who(self, token: str, address: str) -> SignedIn | None:
        """Return whose session ``token`` is, None if it is nobody's or over."""
        return await self._database.run(self._find, token_hash(token), address)

    def _find(self, connection: Connection, hashed: bytes, address: str) -> SignedIn | None:
        session = open_session(connection, hashed, address, self._clock.now())
        if session is None:
            return None
        member = session.member
        grants = grants_of(connection, member.userid, member.departments)
        return SignedIn(session.id, member, viewer_of_session(session, grants, self._appointed))

    async def begin(self, way: Way, target: str, browser_key: str, caller: str) -> str:
        """Begin a login of the browser that holds ``browser_key``; return where to send it.

        ``target`` is where it wants to get to, ``caller`` the address it comes from.

        Raises:
            TooManyAttempts: too many logins were begun.
        """
        await self._throttle.count("start", caller)
        state = secrets.token_hex(16)
        pages, fragment = self._login.pages, ""
        if way == "client":
            # The platform's own fragment would be carried on to our page if that had none.
            address, fragment = pages.in_client(self._return_address, state), "#"
        else:
            address = pages.by_scanning(self._return_address, state)
        hashes = token_hash(state), token_hash(browser_key)
        target = target.rstrip("#") + fragment
        await self._database.run(begin_login, *hashes, target, self._clock.now())
        return address

    async def finish(
        self, state: str, code: str, browser_key: str, former: str, browser: Browser
    ) -> Entered:
        """End a login that the platform has led back to us; ``former`` is the session until now.

        Raises:
            LoginProblem: it was not begun here, was refused, or its code is worth nothing.
            TooManyAttempts: too many came back.
        """
        await self._throttle.count("return", browser.address)
        hashes = token_hash(state), token_hash(browser_key)
        target = await self._database.run(take_login, *hashes, self._clock.now())
        if target is None:
            raise LoginProblem("login_stale", 400)
        if not code:
            raise LoginProblem("login_cancelled", 403, target)
        member = await self._member(code, target)
        token = new_token()
        session = NewSession(
            token_hash(token), member.userid, member.name, browser.user_agent, browser.address
        )
        await self._database.run(self._enter, member, session, token_hash(former))
        return Entered(token, target)

    async def _member(self, code: str, target: str) -> KnownMember:
        try:
            member = await self._facts.of(await self._login.member_of(code))
        except NoMember:
            raise LoginProblem("login_stranger", 403, target) from None
        except Refused as error:
            key = "login_code" if error.kind is Kind.LOGIN else "login_refused"
            raise LoginProblem(key, 403, target) from error
        except WeComError as error:
            raise LoginProblem("login_silent", 503, target) from error
        if member is None:
            raise LoginProblem("login_out_of_sight", 403, target)
        return member

    def _enter(
        self, connection: Connection, member: KnownMember, session: NewSession, former: bytes
    ) -> None:
        now = self._clock.now()
        know_member(connection, member, now + BELIEVED)
        replace_session(connection, former, member.userid, now)
        begin_session(connection, session, now)
        who = Standing(member.userid, member.name)
        audit(connection, who, "login", "", {"address": session.address}, now)

    async def leave(self, who: SignedIn) -> None:
        """End the session."""
        await self._database.run(_leave, who, self._clock.now())


def viewer_of_session(
    session: LoginSession, grants: Iterable[Grant], appointed: Appointed
) -> Viewer | None:
    """Return the role that somebody has by these grants; None if they have none."""
    member = session.member
    if session.link_role is not None:
        return Viewer(member.userid, member.name, session.link_role)
    return viewer_for(member, grants, appointed)


def _leave(connection: Connection, who: SignedIn, now: datetime) -> None:
    userid = who.member.userid
    if end_session(connection, who.session_id, userid, "logout", now):
        audit(connection, who.member, "logout", "", {}, now)
