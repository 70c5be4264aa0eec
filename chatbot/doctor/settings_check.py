"""The settings themselves: present, well-formed, known."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from chatbot.doctor.raw_settings import (
    RawSettings,
    WrongValue,
    known_settings,
    read_raw_settings,
)
from chatbot.doctor.report import Finding, Verdict
from chatbot.doctor.words import finding, listed, say, words
from chatbot.settings import CONFIG_FILE, Settings

PUBLIC_URL = "CHATBOT_PUBLIC_URL"
ADMINS = "CHATBOT_ADMINS"
CORP_ID = "CHATBOT_WECOM__CORP_ID"
AGENT_ID = "CHATBOT_WECOM__AGENT_ID"
SECRET = "CHATBOT_WECOM__SECRET"  # noqa: S105 - the variable's name
TOKEN = "CHATBOT_WECOM__TOKEN"  # noqa: S105 - the variable's name
JSSDK_URL = "CHATBOT_WECOM__JSSDK_URL"
AES_KEY = "CHATBOT_WECOM__ENCODING_AES_KEY"
API_TOKEN = "CHATBOT_API_TOKEN"  # noqa: S105 - the variable's name
_REQUIRED = (CORP_ID, AGENT_ID, SECRET, TOKEN, AES_KEY)

#: Random letters and digits of this length cannot be guessed (more than 128 bits).
_LEAST_TOKEN = 24
#: What is never quoted. The whole group of the app is among it: people mix its values up, so a
#: secret may stand where a number belongs.
_UNQUOTED = re.compile(r"__|SECRET|TOKEN|KEY|PASSWORD|URL")


def check_settings() -> Verdict[Settings]:
    """Read all settings; the fact is what could be read, defaults in the place of mistakes."""
    raw = read_raw_settings()
    findings = [*_findings(raw)]
    if raw.settings:
        refused = {each.setting for each in raw.wrong}
        findings += [_missing(name) for name in missing(raw.settings) if name not in refused]
        findings += _short_token(raw.settings)
        findings += _blocked_script(raw.settings)
    return Verdict(tuple(findings), say("settings", count=len(known_settings())), raw.settings)


def missing(settings: Settings) -> list[str]:
    """Return the names of the required settings that have no value."""
    wecom = settings.wecom
    present = {
        CORP_ID: wecom.corp_id,
        AGENT_ID: wecom.agent_id,
        SECRET: wecom.secret.get_secret_value(),
        TOKEN: wecom.token,
        AES_KEY: wecom.encoding_aes_key,
    }
    return [name for name in _REQUIRED if not present[name]]


def _findings(raw: RawSettings) -> Iterator[Finding]:
    if raw.unreadable:
        yield finding("settings_unreadable", file=CONFIG_FILE, problem=raw.unreadable)
    for wrong in raw.wrong:
        yield _unknown(wrong.setting) if wrong.kind == "extra_forbidden" else _wrong(wrong)
    for name in raw.unknown:
        yield _unknown(name, "variable_unknown")


def _unknown(name: str, key: str = "setting_unknown") -> Finding:
    near = difflib.get_close_matches(name, known_settings(), n=2, cutoff=0.8)
    advice = say("did_you_mean", names=listed(near)) if near else say("see_settings")
    return finding(key, name, advice=advice)


def _missing(name: str) -> Finding:
    entry = words()["settings"][name]
    return finding("setting_missing", name, called=entry["called"], place=entry["place"])


def _wrong(wrong: WrongValue) -> Finding:
    shown = "" if _UNQUOTED.search(wrong.setting) else say("the_value", value=wrong.value)
    entry = words()["settings"].get(wrong.setting, {})
    place = say("taken_from", place=entry["place"]) if "place" in entry else ""
    expected = entry.get("expected") or _expected(wrong)
    return finding("setting_wrong", wrong.setting, value=shown, expected=expected, place=place)


def _expected(wrong: WrongValue) -> str:
    """Return what is expected, from pydantic's kind of error; else in pydantic's own words."""
    known: dict[str, str] = words()["expected"]
    for kind, text in known.items():
        if wrong.kind == kind or wrong.kind.startswith(f"{kind}_"):
            return text.format(**{name: _plain(limit) for name, limit in wrong.limits.items()})
    return wrong.message


def _plain(limit: object) -> str:
    """Return a limit without pydantic's English between allowed words."""
    return str(limit).replace(" or ", "、").replace(", ", "、").replace("'", "")


def _short_token(settings: Settings) -> list[Finding]:
    length = len(settings.api_token.get_secret_value())
    if 0 < length < _LEAST_TOKEN:
        return [finding("api_token_short", API_TOKEN, length=length, least=_LEAST_TOKEN)]
    return []


def _blocked_script(settings: Settings) -> list[Finding]:
    """A page that came by https does not run a script that comes by http (mixed content)."""
    script = settings.wecom.jssdk_url
    if settings.base_url.startswith("https:") and script.startswith("http:"):
        return [finding("jssdk_blocked", JSSDK_URL, script=script, address=settings.base_url)]
    return []


def api_base_url(settings: Settings) -> str:
    """Return the platform's address without a final slash."""
    return settings.wecom.api_base_url.rstrip("/")
