"""Who can come into the console, as far as the settings and the database tell."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection
from yarl import URL

from chatbot.doctor.callback_check import is_this_machine
from chatbot.doctor.report import Finding, Verdict
from chatbot.doctor.settings_check import ADMINS, PUBLIC_URL
from chatbot.doctor.words import finding, say
from chatbot.settings import Settings
from chatbot.store.grants import count_admins

#: Reads in the database; raises NotChecked if that is impossible.
Read = Callable[[Callable[[Connection], int]], int]


def check_access(settings: Settings, read: Read) -> Verdict[int]:
    """Check that somebody is an admin, and that cookies are not sent in the open."""
    findings: list[Finding] = []
    address = settings.base_url
    if not address.startswith("https://") and not is_this_machine(URL(address).host or ""):
        findings.append(finding("access_not_encrypted", PUBLIC_URL, address=address))
    admins = len(set(map(str.lower, settings.admins))) or read(count_admins)
    if not admins:
        findings.append(finding("admins_none", ADMINS))
    return Verdict(tuple(findings), say("access", count=admins), admins)
