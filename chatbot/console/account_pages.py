"""``/console/accounts``: how far the bot of each account goes, and whether it could go further."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from chatbot.access.viewer import Viewer
from chatbot.accounts.mode import MODES, Mode, ModeSetting
from chatbot.clock import Clock
from chatbot.console.account_modes import (
    ANSWERING,
    KnownAccount,
    ModeMoved,
    known_accounts,
    switch_account,
)
from chatbot.console.admin_pages import NOTHING_POSTED, AdminWriter, Posted, posted
from chatbot.console.assist_view import AssistReader
from chatbot.console.gate import require, see_other
from chatbot.dialogue.snapshot import Snapshot
from chatbot.evaluation.assist_report import FEW, AssistReport
from chatbot.insight.shares import Share
from chatbot.store.database import Database
from chatbot.store.modes import ModeChange, mode_history

_DAYS = (7, 30)
_HISTORY_SHOWN = 20
_LONGEST_NOTE = 200


@dataclass(frozen=True, slots=True)
class AccountTools:
    """What the pages of the accounts are made of."""

    database: Database
    clock: Clock
    snapshot: Callable[[], Snapshot]
    reader: AssistReader


class WrongSwitch(Exception):
    """What was asked for is no mode; ``key`` names the sentence that says so."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(key)


class AccountPages:
    """The list of accounts, and one account: its mode, its history, its assist report."""

    def __init__(self, writer: AdminWriter, tools: AccountTools) -> None:
        self._writer = writer
        self._tools = tools

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes, below ``/console``."""
        one = "/accounts/{open_kfid:[A-Za-z0-9_-]{1,128}}"
        return [
            web.get("/accounts", self.show),
            web.get(one, self.one),
            web.post(one, self.switch),
        ]

    async def show(self, request: web.Request) -> web.Response:
        """Show every account with its mode."""
        require(request, "mode")
        accounts = await self._accounts()
        rows = [(each, self._in_words(each.setting)) for each in accounts]
        return self._writer.page(request, "accounts", rows=rows)

    async def one(self, request: web.Request) -> web.Response:
        """Show one account: the mode and how to switch it, the report, the history."""
        require(request, "mode")
        known = await self._account(request)
        form = {"mode": known.setting.mode, "percent": str(known.setting.percent), "note": ""}
        return await self._account_page(request, known, form)

    async def switch(self, request: web.Request) -> web.Response:
        """Ask whether it is meant, in words; switch the mode if that was confirmed."""
        viewer = require(request, "mode")
        known, data = await self._account(request), await posted(request) or NOTHING_POSTED
        form = {name: data.get(name).strip() for name in ("mode", "percent", "note")}
        try:
            setting = _wanted(data, known, viewer)
            if "confirmed" not in data:
                return self._confirm(request, known, setting, form)
            now = self._tools.clock.now()
            await self._tools.database.run(
                switch_account, known, setting, form["note"], viewer, now
            )
        except WrongSwitch as wrong:
            problem = self._writer.say(
                wrong.key, longest=_LONGEST_NOTE, stores="、".join(viewer.stores or ())
            )
            return await self._account_page(request, known, form, 400, problem)
        except ModeMoved:
            return await self._moved(request, form)
        return see_other(f"/console/accounts/{known.open_kfid}?done=switched")

    async def _moved(self, request: web.Request, form: dict[str, str]) -> web.Response:
        known = await self._account(request)
        problem = self._writer.say("mode_moved", mode=self._in_words(known.setting))
        return await self._account_page(request, known, form, 409, problem)

    def _confirm(
        self, request: web.Request, known: KnownAccount, setting: ModeSetting, form: dict[str, str]
    ) -> web.Response:
        words = self._writer.words
        consequences = [words[f"become_{setting.mode}"]]
        if setting.mode in ANSWERING and setting.percent < 100:
            consequences.append(self._writer.say("become_part", percent=setting.percent))
        if setting.mode not in ANSWERING and known.setting.mode in ANSWERING:
            consequences.append(words["become_silent"])
        before, after = self._in_words(known.setting), self._in_words(setting)
        return self._writer.page(
            request, "account_confirm", known=known, form=form, before=before, after=after,
            consequences=consequences,
        )  # fmt: skip

    async def _account_page(
        self,
        request: web.Request,
        known: KnownAccount,
        form: dict[str, str],
        status: int = 200,
        problem: str = "",
    ) -> web.Response:
        viewer, days = require(request, "mode"), _days(request)
        history = await self._tools.database.run(mode_history, known.open_kfid, _HISTORY_SHOWN)
        view = await self._tools.reader.view(known.open_kfid, days, viewer)
        return self._writer.page(
            request, "account", status, known=known, form=form, problems=[problem] * bool(problem),
            modes=MODES, mode=self._in_words(known.setting), history=self._told(history),
            view=view, days=days, all_days=_DAYS, limited=viewer.stores,
            told=self._figures(view.report),
        )  # fmt: skip

    def _told(self, history: list[ModeChange]) -> list[tuple[ModeChange, str]]:
        return [(change, self._in_words(change.setting)) for change in history]

    def _in_words(self, setting: ModeSetting) -> str:
        name = self._writer.words[f"mode_{setting.mode}"]
        if setting.mode in ANSWERING and setting.percent < 100:
            return self._writer.say("mode_part", mode=name, percent=setting.percent)
        return name

    def _figures(self, report: AssistReport) -> dict[str, str]:
        """Return what the figures say, a sentence each."""
        return {
            "answer": self._share("report_answer", report.would_answer),
            "alike": self._share("report_alike", report.like_staff),
        }

    def _share(self, key: str, share: Share) -> str:
        if share.value is None:
            return self._writer.words[f"{key}_none"]
        low, high = share.interval
        said = self._writer.say(
            key, percent=_percent(share.value), hits=share.hits, total=share.total
        )
        if share.total >= FEW:
            return said
        sure = self._writer.say("report_few", low=_percent(low), high=_percent(high))
        return f"{said}{sure}"

    async def _accounts(self) -> list[KnownAccount]:
        return await self._tools.database.run(known_accounts, self._tools.snapshot().accounts)

    async def _account(self, request: web.Request) -> KnownAccount:
        open_kfid = request.match_info["open_kfid"]
        found = [each for each in await self._accounts() if each.open_kfid == open_kfid]
        if not found:
            raise web.HTTPNotFound
        return found[0]


def _wanted(data: Posted, known: KnownAccount, viewer: Viewer) -> ModeSetting:
    """Return the mode that was chosen; raise WrongSwitch, or ModeMoved if it was switched since."""
    mode: Mode | None = next((each for each in MODES if each == data.get("mode")), None)
    if mode is None:
        raise WrongSwitch("wrong_mode")
    percent = data.get("percent").strip().removesuffix("%") or "100"
    if not (percent.isascii() and percent.isdigit() and len(percent) <= 3 and int(percent) <= 100):
        raise WrongSwitch("wrong_percent")
    if len(data.get("note").strip()) > _LONGEST_NOTE:
        raise WrongSwitch("note_too_long")
    if viewer.stores is not None:
        raise WrongSwitch("mode_limited")
    if data.get("seen") != known.version:
        raise ModeMoved
    setting = ModeSetting(mode, int(percent))
    if setting == known.setting:
        raise WrongSwitch("mode_same")
    return setting


def _days(request: web.Request) -> int:
    asked = request.query.get("days", "")
    return next((days for days in _DAYS if str(days) == asked), _DAYS[0])


def _percent(share: float) -> str:
    """Return a share in whole per cent; what is not all is never told as all."""
    rounded: Any = round(100 * share)
    if rounded == 100 and share < 1:
        rounded = 99
    return f"{rounded}%"
