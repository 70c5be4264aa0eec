"""``/console/agents/import`` and ``/console/agents/rules``: the roster as a file, and the rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web
from sqlalchemy import Connection

from chatbot.accounts.agent import Agent
from chatbot.accounts.desk_rules import DeskRules
from chatbot.console.admin_pages import NOTHING_POSTED, AdminWriter, Posted, posted
from chatbot.console.gate import require, see_other
from chatbot.console.roster_pages import RosterTools
from chatbot.handoff import roster_edits as edits
from chatbot.handoff.roster_changes import as_written
from chatbot.handoff.roster_edits import OutOfReach, Plan, RosterMoved
from chatbot.knowledge.agent_fields import LIMITS, RULE_KEYS
from chatbot.knowledge.agent_file import RosterFile, read_roster_text
from chatbot.knowledge.agent_form import read_rules_form
from chatbot.knowledge.files import decoded
from chatbot.knowledge.problems import Problem, Problems
from chatbot.store.watch import read_desk_rules

#: What a pasted text is called where files have a name; nobody sees it.
_PASTED = Path("agents.toml")
_SHOWN_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One line of what an import changes: a field or a rule, before and after."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule as the page shows it, all in words; ``value`` is what stands in the form."""

    key: str
    value: str
    shipped: str
    unit: str
    bounds: tuple[int, int] | None


class RosterImportPages:
    """Import in two steps: what would change is shown before it is stored."""

    def __init__(self, writer: AdminWriter, tools: RosterTools) -> None:
        self._writer = writer
        self._tools = tools

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes, below ``/console``."""
        return [
            web.get("/agents/import", self.ask),
            web.post("/agents/import", self.plan),
            web.post("/agents/import/apply", self.apply),
            web.post("/agents/import/again", self.again),
            web.get("/agents/rules", self.rules),
            web.post("/agents/rules", self.change_rules),
        ]

    async def ask(self, request: web.Request) -> web.Response:
        """Show where a file is chosen or pasted."""
        require(request, "roster")
        return self._asked(request, "", replace=False)

    async def plan(self, request: web.Request) -> web.Response:
        """Show what a file would change."""
        require(request, "roster")
        return await self._plan(request, await posted(request))

    async def apply(self, request: web.Request) -> web.Response:
        """Import a file as it was shown; if the roster is another one by now, show it again."""
        viewer = require(request, "roster")
        data = await posted(request)
        source, wanted, problems = _read(data or NOTHING_POSTED)
        if data is None or problems or not source.strip() or "seen" not in data:
            return await self._plan(request, data)
        reach, now = self._tools.reach_of(viewer), self._tools.clock.now()

        def work(connection: Connection) -> Plan:
            return edits.apply_import(
                connection, wanted, reach, viewer, now, replace="replace" in data,
                seen=data.get("seen"),
            )  # fmt: skip

        try:
            await self._tools.database.run(work)
        except (RosterMoved, OutOfReach):
            return await self._plan(request, data, moved=True)
        return see_other("/console/agents?done=imported")

    async def again(self, request: web.Request) -> web.Response:
        """Show the text once more, to be changed."""
        require(request, "roster")
        data = await posted(request) or NOTHING_POSTED
        return self._asked(request, data.get("toml"), replace="replace" in data)

    async def _plan(
        self, request: web.Request, data: Posted | None, *, moved: bool = False
    ) -> web.Response:
        if data is None:
            told = [self._writer.say("import_too_large")]
            return self._asked(request, "", replace=False, problems=told)
        source, wanted, problems = _read(data)
        viewer, replace = require(request, "roster"), "replace" in data
        told = self._told(problems)
        if not source.strip() and not problems:
            told = [self._writer.say("import_empty")]
        if told:
            return self._asked(request, source, replace=replace, problems=told)
        reach = self._tools.reach_of(viewer)

        def work(connection: Connection) -> Plan:
            return edits.plan_import(connection, wanted, reach, replace=replace)

        try:
            plan = await self._tools.database.run(work)
        except OutOfReach as error:
            told = [self._out_of_reach(error, viewer.stores or ())]
            return self._asked(request, source, replace=replace, problems=told)
        return self._writer.page(
            request, "agents_plan", 409 if moved else 200, plan=plan, toml=source,
            replace=replace, rows=self._changes(plan), rules=self._rule_changes(plan),
            written=as_written, problems=[self._writer.say("import_moved")] if moved else [],
        )  # fmt: skip

    def _asked(
        self, request: web.Request, toml: str, *, replace: bool, problems: Sequence[str] = ()
    ) -> web.Response:
        return self._writer.page(
            request, "agents_import", 400 if problems else 200, toml=toml, replace=replace,
            problems=problems,
        )  # fmt: skip

    def _told(self, problems: Sequence[Problem]) -> list[str]:
        told = [self._sentence(each) for each in problems[:_SHOWN_PROBLEMS]]
        more = len(problems) - len(told)
        return [*told, *([self._writer.say("import_more_problems", count=more)] if more else [])]

    def _out_of_reach(self, error: OutOfReach, stores: tuple[str, ...]) -> str:
        named = {"stores": "、".join(stores), "members": "、".join(error.userids)}
        return self._writer.say(
            "import_out_of_reach" if error.userids else "rules_out_of_reach", **named
        )

    def _sentence(self, problem: Problem) -> str:
        place = self._writer.say("import_line", line=problem.line) if problem.line else ""
        where = " ".join(filter(None, (place, problem.key)))
        return f"{where}：{problem.text}" if where else problem.text

    def _changes(self, plan: Plan) -> list[tuple[Agent, list[ChangeRow]]]:
        return [
            (each.after, list(self._fields(each.before, each.after)))
            for each in plan.changes.changed
        ]

    def _fields(self, before: Agent, after: Agent) -> Iterator[ChangeRow]:
        former, new, words = as_written(before), as_written(after), self._writer.words
        for name, lines in new.items():
            if former[name] != lines:
                nothing = words[f"none_{name}"]
                yield ChangeRow(
                    words[f"field_{name}"],
                    "；".join(former[name]) or nothing,
                    "；".join(lines) or nothing,
                )

    def _rule_changes(self, plan: Plan) -> list[ChangeRow]:
        words = self._writer.words
        return [
            ChangeRow(
                words[f"rule_{key}"], self._valued(key, before), self._valued(key, after)
            )
            for key, before, after in plan.rules
        ]  # fmt: skip

    def _valued(self, key: str, value: int | str) -> str:
        return f"{value} {self._unit(key)}".strip() or self._writer.words["none_phone"]

    def _unit(self, key: str) -> str:
        _, _, unit = key.rpartition("_")
        return self._writer.words.get(f"unit_{unit}", "")

    # The rules

    async def rules(self, request: web.Request) -> web.Response:
        """Show the rules in force."""
        require(request, "roster")
        rules = await self._tools.database.run(read_desk_rules)
        return self._rules_page(request, _values(rules), edits.version_of_rules(rules))

    async def change_rules(self, request: web.Request) -> web.Response:
        """Put other rules in force."""
        viewer = require(request, "roster")
        data = await posted(request) or NOTHING_POSTED
        names = {key: self._writer.words[f"rule_{key}"] for key in RULE_KEYS}
        rules, problems = read_rules_form(data.fields, names)
        seen = data.get("seen")
        if problems:
            return self._rules_page(request, data.fields, seen, 400, problems)
        reach, now = self._tools.reach_of(viewer), self._tools.clock.now()
        try:
            await self._tools.database.run(edits.put_rules, rules, seen, reach, viewer, now)
        except RosterMoved:
            newest = await self._tools.database.run(read_desk_rules)
            told = [self._writer.say("rules_moved")]
            version = edits.version_of_rules(newest)
            return self._rules_page(request, data.fields, version, 409, told, newest)
        except OutOfReach:
            told = [self._writer.say("rules_locked")]
            return self._rules_page(request, data.fields, seen, 400, told)
        return see_other("/console/agents/rules?done=rules_saved")

    def _rules_page(
        self,
        request: web.Request,
        values: Mapping[str, str],
        seen: str,
        status: int = 200,
        problems: list[str] | None = None,
        newest: DeskRules | None = None,
    ) -> web.Response:
        shipped, current = _values(DeskRules()), None if newest is None else _values(newest)
        rows = [
            RuleRow(key, values.get(key, ""), shipped[key], self._unit(key), LIMITS.get(key))
            for key in RULE_KEYS
        ]
        locked = not self._tools.reach_of(require(request, "roster")).is_whole
        return self._writer.page(
            request, "desk_rules", status, rows=rows, seen=seen, problems=problems or [],
            newest=current, locked=locked,
        )  # fmt: skip


def _read(data: Posted) -> tuple[str, RosterFile, list[Problem]]:
    """Return the text, of the file if one was chosen, what it says, and what is wrong with it."""
    problems, raw = Problems(), data.files.get("file", b"")
    source = (decoded(raw, _PASTED, problems) or "") if raw else data.get("toml")
    wanted = RosterFile() if problems.found else read_roster_text(source, _PASTED, problems)
    return source, wanted, problems.found


def _values(rules: DeskRules) -> dict[str, str]:
    return {key: str(value) for key, value in rules.to_json().items()}
