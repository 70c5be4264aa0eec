"""``/console/agents``: who serves customers, when, and by which rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields

from aiohttp import web
from sqlalchemy import Connection

from chatbot.access.viewer import Viewer
from chatbot.accounts.agent import Agent
from chatbot.clock import Clock
from chatbot.console.admin_pages import NOTHING_POSTED, AdminWriter, posted
from chatbot.console.gate import require, see_other
from chatbot.console.roster_view import RosterReader
from chatbot.handoff import roster_edits as edits
from chatbot.handoff.roster_changes import as_written
from chatbot.handoff.roster_edits import OutOfReach, Reach, RosterMoved
from chatbot.knowledge.agent_file import write_roster
from chatbot.knowledge.agent_form import AgentForm, read_agent_form
from chatbot.store.agents import read_roster
from chatbot.store.database import Database
from chatbot.store.watch import read_desk_rules

#: The captions of the fields, by their keys in a file.
_FIELDS = ("userid", "name", "skills", "stores", "hours", "shifts", "capacity")


@dataclass(frozen=True, slots=True)
class RosterTools:
    """What the pages of the roster are made of; ``row_of``: the row that a store's name means."""

    database: Database
    clock: Clock
    reader: RosterReader
    row_of: Callable[[str], str | None]

    def reach_of(self, viewer: Viewer) -> Reach:
        """Return whom a viewer may see and change."""
        return Reach(viewer.stores, self.row_of)


class RosterPages:
    """The list, one agent at a time, and the roster as a file."""

    def __init__(self, writer: AdminWriter, tools: RosterTools) -> None:
        self._writer = writer
        self._tools = tools

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes, below ``/console``."""
        one = r"/agents/member/{userid:[a-z0-9][a-z0-9_.@-]{0,63}}"
        return [
            web.get("/agents", self.show),
            web.get("/agents/new", self.new),
            web.post("/agents/new", self.add),
            web.get("/agents/export", self.export),
            web.get(one, self.edit),
            web.post(one, self.change),
            web.post(f"{one}/remove", self.remove),
        ]

    async def show(self, request: web.Request) -> web.Response:
        """Show everybody of the roster, and what the doctor finds about it."""
        viewer = require(request, "roster")
        view = await self._tools.reader.view(self._tools.reach_of(viewer))
        return self._writer.page(request, "agents", view=view, stores=viewer.stores)

    async def export(self, request: web.Request) -> web.Response:
        """Send the roster as the file that an import reads."""
        reach = self._tools.reach_of(require(request, "roster"))

        def read(connection: Connection) -> str:
            agents = filter(reach.sees, read_roster(connection).values())
            return write_roster(agents, read_desk_rules(connection))

        text = await self._tools.database.run(read)
        headers = {"Content-Disposition": 'attachment; filename="agents.toml"'}
        return web.Response(text=text, content_type="application/toml", headers=headers)

    # One agent

    async def new(self, request: web.Request) -> web.Response:
        """Show the empty form."""
        viewer = require(request, "roster")
        stores = viewer.stores if viewer.stores and len(viewer.stores) == 1 else ()
        return self._form(request, AgentForm(stores="、".join(stores)), seen="", is_new=True)

    async def add(self, request: web.Request) -> web.Response:
        """Put somebody new into the roster."""
        viewer = require(request, "roster")
        form, _ = await _agent_form(request)
        return await self._save(request, viewer, form, "", is_new=True)

    async def edit(self, request: web.Request) -> web.Response:
        """Show what is known of an agent."""
        reach = self._tools.reach_of(require(request, "roster"))
        agent = await self._agent(request.match_info["userid"])
        if agent is None or not reach.sees(agent):
            raise web.HTTPNotFound
        seen, locked = edits.version_of(agent), not reach.may_change(agent)
        return self._form(request, form_of(agent), seen=seen, locked=locked)

    async def change(self, request: web.Request) -> web.Response:
        """Save what was changed about an agent."""
        viewer = require(request, "roster")
        form, seen = await _agent_form(request, request.match_info["userid"])
        return await self._save(request, viewer, form, seen)

    async def remove(self, request: web.Request) -> web.Response:
        """Take an agent out of the roster."""
        viewer = require(request, "roster")
        userid = request.match_info["userid"]
        seen = (await posted(request) or NOTHING_POSTED).get("seen")
        try:
            await self._tools.database.run(
                edits.drop_agent, userid, seen, self._tools.reach_of(viewer), viewer,
                self._tools.clock.now(),
            )  # fmt: skip
        except RosterMoved:
            agent = await self._agent(userid)
            if agent is None:
                return see_other("/console/agents?done=agent_gone")
            if not self._tools.reach_of(viewer).sees(agent):
                raise web.HTTPNotFound from None
            problem = self._writer.say("agent_moved_not_removed")
            return self._form(
                request, form_of(agent), 409, seen=edits.version_of(agent), problems=[problem]
            )
        except OutOfReach:
            raise web.HTTPNotFound from None
        return see_other("/console/agents?done=agent_removed")

    async def _save(
        self, request: web.Request, viewer: Viewer, form: AgentForm, seen: str, *,
        is_new: bool = False,
    ) -> web.Response:  # fmt: skip
        reach, now = self._tools.reach_of(viewer), self._tools.clock.now()
        agent, problems = read_agent_form(form, captions(self._writer.words))
        if problems:
            return self._form(request, form, 400, seen=seen, is_new=is_new, problems=problems)
        try:
            await self._tools.database.run(edits.put_agent, agent, seen, reach, viewer, now)
        except RosterMoved:
            return await self._moved(request, form, reach, is_new=is_new)
        except OutOfReach:
            stores = "、".join(viewer.stores or ())
            problem = self._writer.say("agent_out_of_reach", stores=stores)
            return self._form(request, form, 400, seen=seen, is_new=is_new, problems=[problem])
        return see_other(f"/console/agents?done={'agent_added' if is_new else 'agent_saved'}")

    async def _moved(
        self, request: web.Request, form: AgentForm, reach: Reach, *, is_new: bool
    ) -> web.Response:
        """Show what was typed beside what the roster says by now; to save it again is deliberate.

        Somebody who was to be added is there already: their own page is the place to change them.
        """
        agent = await self._agent(form.userid.strip().lower())
        hidden = agent is not None and not reach.sees(agent)
        key = "agent_exists" if is_new else "agent_gone" if agent is None else "agent_moved"
        return self._form(
            request, form, 409, seen="" if is_new else edits.version_of(agent), is_new=is_new,
            problems=[self._writer.say(key, userid=form.userid.strip())],
            newest=None if agent is None or hidden else agent,
        )  # fmt: skip

    def _form(
        self,
        request: web.Request,
        form: AgentForm,
        status: int = 200,
        *,
        seen: str,
        is_new: bool = False,
        locked: bool = False,
        problems: list[str] | None = None,
        newest: Agent | None = None,
    ) -> web.Response:
        return self._writer.page(
            request, "agent", status, form=form, seen=seen, is_new=is_new, locked=locked,
            problems=problems or [], newest=newest, written=newest and as_written(newest),
            fields=_FIELDS[1:],
        )  # fmt: skip

    async def _agent(self, userid: str) -> Agent | None:
        roster = await self._tools.database.run(read_roster)
        return roster.get(userid)


def captions(words: Mapping[str, str]) -> dict[str, str]:
    """Return what the fields of an agent are called, by their keys in a file."""
    return {name: words[f"field_{name}"] for name in _FIELDS}


def form_of(agent: Agent) -> AgentForm:
    """Return the form that says what is known of an agent."""
    lines = as_written(agent)
    marks = {"hours": "\n", "shifts": "\n"}
    values = {name: marks.get(name, "、").join(texts) for name, texts in lines.items()}
    return AgentForm(userid=agent.userid, **values)


async def _agent_form(request: web.Request, userid: str | None = None) -> tuple[AgentForm, str]:
    """Return what was filled in, and the version that was seen; ``userid``: of a known agent."""
    data = await posted(request) or NOTHING_POSTED
    values = {each.name: data.get(each.name) for each in fields(AgentForm)}
    if userid is not None:
        values["userid"] = userid
    return AgentForm(**values), data.get("seen")
