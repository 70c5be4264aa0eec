"""``/control/…``: drives the simulator from tests and from its own pages."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from aiohttp import web
from pydantic import BaseModel

from chatbot.simulator import control_state
from chatbot.simulator.callbacks import outcomes
from chatbot.simulator.control_bodies import (
    AppMessageBody,
    CallbackBody,
    ClockBody,
    CustomersBody,
    FaultBody,
    FriendBody,
    MemberBody,
    MessageBody,
    MessagesBody,
    StaffBody,
    TagBody,
    TokensBody,
)
from chatbot.simulator.control_people import (
    act_as_staff,
    change_customer,
    change_member,
    write_to_app,
    write_to_friend,
)
from chatbot.simulator.params import Json
from chatbot.simulator.web_errors import BadRequest, read_json
from chatbot.simulator.world import World

B = TypeVar("B", bound=BaseModel)

_LONGEST_WAIT = 60.0
_LOG_PAGE = 5_000


class Control:
    """The control API over one world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of this part."""
        return [
            web.post("/control/clock", self.move_clock),
            web.post("/control/faults", self.add_fault),
            web.delete("/control/faults", self.clear_faults),
            web.post("/control/customers", self.change_customers),
            web.post("/control/messages", self.write_messages),
            web.post("/control/media", self.keep_media),
            web.post("/control/app_messages", self.write_app_message),
            web.post("/control/staff", self.act_as_staff),
            web.post("/control/friends", self.write_to_friend),
            web.post("/control/members", self.change_member),
            web.post("/control/tags", self.change_tags),
            web.post("/control/callbacks", self.send_callback),
            web.post("/control/tokens", self.spoil_tokens),
            web.post("/control/reset", self.reset),
            web.get("/control/log", self.read_log),
            web.get("/control/state", self.read_state),
            web.get("/control/health", self.health),
        ]

    async def move_clock(self, request: web.Request) -> web.Response:
        """Advance the clock, or set its offset."""
        body = ClockBody.model_validate(await read_json(request))
        if body.advance is not None:
            await self._world.clock.advance(body.advance)
        elif body.offset is not None:
            await self._world.clock.move_to(body.offset)
        self._world.live.touch_all()
        offset = await self._world.clock.offset()
        return _answer({"now": self._world.clock.timestamp(), "offset": offset})

    async def add_fault(self, request: web.Request) -> web.Response:
        """Put a fault in force."""
        body = FaultBody.model_validate(await read_json(request))
        if body.api not in {"*", "gettoken", *self._world.platform.endpoints}:
            raise BadRequest(f"api {body.api!r} is not simulated; write it as in kf/send_msg or *")
        self._world.faults.add(body.fault())
        return _answer({})

    async def clear_faults(self, _request: web.Request) -> web.Response:
        """End all faults."""
        self._world.faults.clear()
        return _answer({})

    async def change_customers(self, request: web.Request) -> web.Response:
        """Create or update customers, and make or end contacts."""
        data = await read_json(request)
        many = CustomersBody.model_validate(
            data if "customers" in data else _one(data, "customers")
        )
        answers = [change_customer(self._world, body, many.delivery) for body in many.customers]
        return _answer({"customers": answers} if "customers" in data else answers[0])

    async def write_messages(self, request: web.Request) -> web.Response:
        """Let customers write, enter the chat, or recall; callbacks ring after the last."""
        data = await read_json(request)
        body = MessagesBody.model_validate(data if "messages" in data else _one(data, "messages"))
        try:
            msgids = [self._write(message) for message in body.messages]
        finally:
            self._world.desk.ring(body.delivery)
        return _answer({"msgids": msgids})

    def _write(self, message: MessageBody) -> str:
        phones = self._world.phones
        if message.url:
            return phones.follow(message.customer, message.url)
        session = phones.session(message.customer, message.open_kfid)
        if message.recall:
            return phones.recall(session, message.recall)
        if message.msgtype == "event":
            return phones.enter(session, message.context)
        return phones.write(session, message.msgtype, message.content)

    async def keep_media(self, request: web.Request) -> web.Response:
        """Store the body as a file that a customer is about to send."""
        kind = request.query.get("type", "image")
        filename = request.query.get("filename", kind)
        media = self._world.media.keep_customers(kind, filename, await request.read())
        return _answer({"media_id": media.media_id})

    async def write_app_message(self, request: web.Request) -> web.Response:
        """Let a member write to the app, or send an event of the app's chat."""
        body = AppMessageBody.model_validate(await read_json(request))
        return _answer(write_to_app(self._world, body))

    async def act_as_staff(self, request: web.Request) -> web.Response:
        """Let a member act in the client."""
        body = StaffBody.model_validate(await read_json(request))
        return _answer(act_as_staff(self._world, body))

    async def write_to_friend(self, request: web.Request) -> web.Response:
        """Let a member and a contact write to each other, which no app hears of."""
        body = FriendBody.model_validate(await read_json(request))
        return _answer(write_to_friend(self._world, body))

    async def change_member(self, request: web.Request) -> web.Response:
        """Change a member, or let one leave."""
        change_member(self._world, MemberBody.model_validate(await read_json(request)))
        return _answer({})

    async def change_tags(self, request: web.Request) -> web.Response:
        """Change tags as people do in the console."""
        body = TagBody.model_validate(await read_json(request))
        tag_id = self._world.contacts.change_tags(
            body.action, body.delivery, group=body.group, name=body.name, tag_id=body.id
        )
        return _answer({"id": tag_id})

    async def send_callback(self, request: web.Request) -> web.Response:
        """Send a callback of one's own making and wait for what becomes of it."""
        body = CallbackBody.model_validate(await read_json(request))
        if body.verify:
            return _answer(await self._world.sender.verify())
        fields = dict(body.fields)
        if body.doorbell:
            fields = {**self._world.desk.doorbell(body.doorbell), **fields}
        if not fields:
            raise BadRequest('give "verify": true, "doorbell": an open_kfid, or "fields"')
        results = await outcomes(self._world.sender.send([fields], body.delivery))
        return _answer(
            {
                "results": [
                    {"outcome": r.result, "status": r.status, "attempts": r.attempts}
                    for r in results
                ]
            }
        )

    async def spoil_tokens(self, request: web.Request) -> web.Response:
        """Invalidate every access token (40014), or every ticket."""
        body = TokensBody.model_validate(await read_json(request))
        (self._world.tickets if body.invalidate == "tickets" else self._world.tokens).invalidate()
        return _answer({})

    async def reset(self, _request: web.Request) -> web.Response:
        """Start from the config again."""
        self._world.reset()
        return _answer({"next": self._world.log.next})

    async def read_log(self, request: web.Request) -> web.Response:
        """Return entries from ``since`` on, waiting up to ``wait`` seconds for the first."""
        query = request.query
        try:
            since, limit = int(query.get("since", 0)), int(query.get("limit", _LOG_PAGE))
            wait = min(float(query.get("wait", 0)), _LONGEST_WAIT)
        except ValueError:
            raise BadRequest("since, limit and wait must be numbers") from None
        kinds = frozenset(filter(None, query.get("kind", "").split(",")))
        log = self._world.log
        if wait > 0:
            await log.wait(since, kinds, limit=limit, seconds=wait)
        entries, following = log.since(since, kinds, limit=limit)
        return _answer({"next": following, "entries": entries})

    async def read_state(self, _request: web.Request) -> web.Response:
        """Return accounts, servicers, customers, sessions and codes."""
        return _answer(await control_state.describe(self._world))

    async def health(self, _request: web.Request) -> web.Response:
        """Say that the simulator is up."""
        return _answer({"status": "ok", "now": self._world.clock.timestamp()})


def _one(data: Json, name: str) -> Json:
    """Turn a body that stands for one item into one with a list."""
    rest = dict(data)
    shared = {"callback": rest.pop("callback")} if "callback" in rest else {}
    return {**shared, name: [rest]}


def _answer(data: Any) -> web.Response:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return web.Response(body=text.encode(), content_type="application/json", charset="utf-8")
