"""One-time links: how the first admin comes in, and one who is locked out."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from aiohttp import web
from sqlalchemy import Connection

from chatbot.access.places import HOME
from chatbot.access.roles import Appointed, Standing
from chatbot.access.viewer import Role
from chatbot.clock import Clock
from chatbot.console.entering import (
    Browser,
    Entered,
    LoginProblem,
    Throttle,
    new_token,
    token_hash,
)
from chatbot.store.audit import audit
from chatbot.store.database import Database
from chatbot.store.grants import count_admins
from chatbot.store.login import NewSession, begin_session, replace_session
from chatbot.store.login_starts import is_usable_link, make_link, use_link

#: What makes links for who starts the server.
LINKS: web.AppKey[OneTimeLinks] = web.AppKey("links")
#: Below it stands the link's secret.
LINK_PATH = "/console/link"


def new_link(connection: Connection, role: Role, by: str, base_url: str, now: datetime) -> str:
    """Make a one-time link, on the record, and return its address."""
    token = new_token()
    make_link(connection, token_hash(token), role, by, now)
    audit(connection, by, "link", "", {"role": role}, now)
    return f"{base_url}{LINK_PATH}/{token}"


class OneTimeLinks:
    """Makes links and lets people in by them."""

    def __init__(
        self,
        database: Database,
        throttle: Throttle,
        clock: Clock,
        appointed: Appointed,
        base_url: str,
    ) -> None:
        self._database = database
        self._throttle = throttle
        self._clock = clock
        self._appointed = appointed
        self._base_url = base_url

    async def make(self, role: Role, by: str) -> str:
        """Return the address of a new link: for ten minutes, for one use."""
        now = self._clock.now()
        return await self._database.run(new_link, role, by, self._base_url, now)

    async def for_first_admin(self, by: str) -> str | None:
        """Return the address of a new link for an admin, None if somebody is one."""
        if self._appointed.admins:
            return None
        admins = await self._database.run(count_admins)
        return None if admins else await self.make("admin", by)

    async def is_usable(self, token: str) -> bool:
        """Return whether a link can still be used, without using it."""
        return await self._database.run(is_usable_link, token_hash(token), self._clock.now())

    async def enter(self, token: str, former: str, name: str, browser: Browser) -> Entered:
        """Use a link up; ``name`` is what its user is called, by ``{number}``.

        ``former`` is the session of the browser until now.

        Raises:
            LoginProblem: the link is unknown, used or too old.
            TooManyAttempts: too many links were tried.
        """
        await self._throttle.count("link", browser.address)
        secret = new_token()

        def enter(connection: Connection) -> bool:
            return self._enter(
                connection,
                token,
                former,
                NewSession(token_hash(secret), "", name, browser.user_agent, browser.address),
            )

        if not await self._database.run(enter):
            raise LoginProblem("link_stale", 403)
        return Entered(secret, HOME)

    def _enter(self, connection: Connection, token: str, former: str, session: NewSession) -> bool:
        now = self._clock.now()
        link = use_link(connection, token_hash(token), now)
        if link is None:
            return False
        # No member is called so: their ids have no colon.
        userid = f"link:{link.id}"
        replace_session(connection, token_hash(former), userid, now)
        name = session.name.format(number=link.id)
        begin_session(
            connection, replace(session, userid=userid, name=name, link_role=link.role), now
        )
        detail = {"role": link.role, "by": link.created_by, "address": session.address}
        audit(connection, Standing(userid, name), "login_link", "", detail, now)
        return True
