"""Giving and taking roles, for the page and with the same rules for the shell."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from chatbot.access.roles import ROLES, Grant
from chatbot.access.viewer import Viewer
from chatbot.clock import Clock
from chatbot.console.members import BELIEVED, MemberFacts
from chatbot.errors import ChatbotError
from chatbot.store.audit import audit
from chatbot.store.database import Database
from chatbot.store.grants import (
    KnownMember,
    count_admins,
    find_grant,
    know_member,
    lock_grants,
    remove_grant,
    save_grant,
)
from chatbot.wecom.errors import WeComError

_USERID = re.compile(r"[A-Za-z0-9._@-]{1,64}")
_SEPARATORS = re.compile(r"[,，、;；\n]+")
_LARGEST_DEPARTMENT = 2**62

#: From how people call a store to the row of the brand's tables; None if no row is called so.
StoreNamed = Callable[[str], str | None]


class WrongGrant(ChatbotError):
    """A role that cannot be given or taken; ``key`` names its words, ``values`` fill them in."""

    def __init__(self, key: str, **values: str) -> None:
        self.key = key
        self.values = values
        super().__init__(key)


@dataclass(frozen=True, slots=True)
class GrantForm:
    """What somebody filled in; ``stores`` as written, ``id`` a userid or a department's number."""

    kind: str = "member"
    id: str = ""
    role: str = ""
    stores: str = ""


def read_grant(form: GrantForm, store_named: StoreNamed) -> Grant:
    """Return what a form asks for; raise WrongGrant that says what is wrong."""
    role = next((role for role in ROLES if role == form.role), None)
    if role is None:
        raise WrongGrant("wrong_role")
    stores = _stores(form.stores, store_named)
    if role == "admin" and stores:
        raise WrongGrant("admin_everywhere")
    given = form.id.strip()
    if form.kind == "member":
        if not _USERID.fullmatch(given):
            raise WrongGrant("wrong_member", id=given)
        return Grant(role, stores, userid=given.lower())
    if form.kind == "department":
        return Grant(role, stores, department=_department(given))
    raise WrongGrant("wrong_kind")


def _department(given: str) -> int:
    is_number = given.isascii() and given.isdigit() and len(given) < 19
    number = int(given) if is_number else 0
    if not 0 < number < _LARGEST_DEPARTMENT:
        raise WrongGrant("wrong_department", id=given)
    return number


def _stores(written: str, store_named: StoreNamed) -> tuple[str, ...]:
    names = [name.strip() for name in _SEPARATORS.split(written) if name.strip()]
    rows = {name: store_named(name) for name in names}
    for name, row in rows.items():
        if row is None:
            raise WrongGrant("unknown_store", store=name)
    return tuple(dict.fromkeys(row for row in rows.values() if row is not None))


def give_role(connection: Connection, grant: Grant, who: Viewer | str, now: datetime) -> None:
    """Give a role, on the record."""
    by = who if isinstance(who, str) else who.userid
    save_grant(connection, grant, now, by)
    detail = {"role": grant.role, "stores": list(grant.stores)}
    audit(connection, who, "role_grant", subject_of(grant), detail, now)


def take_role(connection: Connection, grant: Grant, who: Viewer | str, now: datetime) -> bool:
    """Take a role back, on the record; False if there was none."""
    if not remove_grant(connection, grant):
        return False
    audit(connection, who, "role_revoke", subject_of(grant), {"role": grant.role}, now)
    return True


def subject_of(grant: Grant) -> str:
    """Return to whom a role was given, for the record: a userid, or ``#`` and a department."""
    return grant.userid if grant.userid is not None else f"#{grant.department}"


class RoleDesk:
    """Gives and takes roles in the name of an admin."""

    def __init__(
        self,
        database: Database,
        facts: MemberFacts,
        clock: Clock,
        store_named: StoreNamed,
        *,
        admins_set: bool,
    ) -> None:
        """``admins_set``: the settings name admins, so the last grant of one may go."""
        self._database = database
        self._facts = facts
        self._clock = clock
        self._store_named = store_named
        self._admins_set = admins_set

    async def give(self, viewer: Viewer, form: GrantForm) -> None:
        """Give what the form asks for; raise WrongGrant."""
        grant = read_grant(form, self._store_named)
        member = None if grant.userid is None else await self._member(grant.userid)
        await self._database.run(self._give, viewer, grant, member)

    def _give(
        self, connection: Connection, viewer: Viewer, grant: Grant, member: KnownMember | None
    ) -> None:
        now = self._clock.now()
        if member is not None:
            know_member(connection, member, now + BELIEVED)
        with self._keeping_an_admin(connection):
            give_role(connection, grant, viewer, now)

    async def _member(self, userid: str) -> KnownMember:
        try:
            member = await self._facts.of(userid)
        except WeComError:
            raise WrongGrant("member_unchecked", id=userid) from None
        if member is None:
            raise WrongGrant("unknown_member", id=userid)
        return member

    async def take(self, viewer: Viewer, grant_id: int) -> None:
        """Take a role back; raise WrongGrant if it is gone, or the last that makes an admin."""
        await self._database.run(self._take, viewer, grant_id)

    def _take(self, connection: Connection, viewer: Viewer, grant_id: int) -> None:
        with self._keeping_an_admin(connection):
            grant = find_grant(connection, grant_id)
            if grant is None:
                raise WrongGrant("grant_gone")
            take_role(connection, grant, viewer, self._clock.now())

    @contextmanager
    def _keeping_an_admin(self, connection: Connection) -> Iterator[None]:
        """Refuse a change after which nobody is an admin any more; the transaction ends then."""
        lock_grants(connection)
        before = count_admins(connection)
        yield
        if before and not self._admins_set and not count_admins(connection):
            raise WrongGrant("last_admin")
