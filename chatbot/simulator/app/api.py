"""message/…, media/…, user/get, agent/get, getcallbackip (自建应用)."""

from __future__ import annotations

from urllib.parse import quote

from aiohttp import BodyPartReader, web

from chatbot.simulator import params
from chatbot.simulator.app.cards import INTERACTIVE, check_card
from chatbot.simulator.app.content import read_content
from chatbot.simulator.app.duplicates import DuplicateCheck
from chatbot.simulator.app.office import Office
from chatbot.simulator.directory import Directory
from chatbot.simulator.endpoint import GET, POST, Call, Endpoint, Endpoints
from chatbot.simulator.errors import PlatformError
from chatbot.simulator.media import MediaStore
from chatbot.simulator.params import Json

_DEFAULT_INTERVAL, _LONGEST_INTERVAL = 1800, 14_400
_ROOT_PARTY = "1"
_MOST_USERS, _MOST_PARTIES = 1000, 100


class AppCalls:
    """What a self-built app may call about itself, its members and its messages."""

    def __init__(
        self, office: Office, directory: Directory, media: MediaStore, callback_url: str
    ) -> None:
        self._office = office
        self._directory = directory
        self._media = media
        self._has_callback = bool(callback_url)
        self._duplicates = DuplicateCheck(office.now)

    def endpoints(self) -> Endpoints:
        """Return the calls by path."""
        return {
            "message/send": Endpoint(POST, self.send),
            "message/update_template_card": Endpoint(POST, self.update_card),
            "message/recall": Endpoint(POST, self.recall),
            "media/upload": Endpoint(POST, self.upload, json_body=False),
            "media/get": Endpoint(GET, self.download),
            "user/get": Endpoint(GET, self.get_user),
            "agent/get": Endpoint(GET, self.get_agent),
            "getcallbackip": Endpoint(GET, self.get_callback_ip),
        }

    def send(self, call: Call) -> Json:
        """Send a message to members; 81013 if none of the recipients can be reached."""
        self._check_agent(call)
        interval = self._interval(call.body)
        msgtype, content = read_content(call.body, self._media)
        if content.get("card_type") in INTERACTIVE and not self._has_callback:
            raise PlatformError(43012)
        members, invalid = self._recipients(call.body)
        if not members:
            raise PlatformError(81013, **invalid)
        key = self._duplicates.key(call.app.agent_id, call.body)
        if interval and (answer := self._duplicates.find(key, interval)):
            return answer
        message = self._office.send(call.app.agent_id, members, msgtype, content)
        answer = {**invalid, "msgid": message.msgid}
        if message.response_code:
            answer["response_code"] = message.response_code
        self._duplicates.remember(key, answer, _LONGEST_INTERVAL)
        return answer

    def _interval(self, body: Json) -> int:
        interval = params.integer(
            body, "duplicate_check_interval", default=_DEFAULT_INTERVAL, low=0
        )
        wanted = params.integer(body, "enable_duplicate_check", default=0, low=0, high=1)
        return min(interval, _LONGEST_INTERVAL) if wanted else 0

    def _recipients(self, body: Json) -> tuple[list[str], Json]:
        users = _split(body, "touser", _MOST_USERS)
        parties = _split(body, "toparty", _MOST_PARTIES)
        tags = _split(body, "totag", _MOST_PARTIES)
        if not users and not parties and not tags:
            raise PlatformError(params.EMPTY, "touser, toparty or totag is required")
        if users == ["@all"]:
            return self._office.everybody(), _invalid()
        reached, invalid = self._office.sort_recipients(users)
        # Everybody belongs to the root department, whatever else they belong to; no tags here.
        members = {party: self._members_of(party) for party in parties}
        reached = list(dict.fromkeys([*reached, *(u for found in members.values() for u in found)]))
        return reached, _invalid(invalid, [p for p, found in members.items() if not found], tags)

    def _members_of(self, party: str) -> list[str]:
        return [
            userid
            for userid in self._office.everybody()
            if party == _ROOT_PARTY
            or party in map(str, self._directory.members[userid].departments)
        ]

    def update_card(self, call: Call) -> Json:
        """Change an interactive card; the code works once (60140)."""
        self._check_agent(call)
        code = params.text(call.body, "response_code", empty=60140)
        change = _card_change(call.body)
        if params.integer(call.body, "atall", default=0, low=0, high=1):
            members, invalid = self._office.everybody(), list[str]()
        else:
            names = params.strings(call.body, "userids", high=100)
            members, invalid = self._office.sort_recipients(names)
        self._office.update(call.app.agent_id, code, members, change)
        return {"invaliduser": invalid}

    def recall(self, call: Call) -> Json:
        """Take a message back."""
        self._office.recall(call.app.agent_id, params.text(call.body, "msgid"))
        return {}

    async def upload(self, call: Call) -> Json:
        """Store a file for three days; the multipart field is called media."""
        kind = call.query.get("type", "")
        filename, data = await _read_upload(call.request)
        media = self._media.upload(kind, filename, data)
        created_at = str(int(media.created_at))
        return {"type": kind, "media_id": media.media_id, "created_at": created_at}

    def download(self, call: Call) -> web.Response:
        """Return a file as it was stored."""
        media = self._media.get(call.query.get("media_id", ""))
        disposition = f"attachment; filename*=UTF-8''{quote(media.filename)}"
        return web.Response(
            body=media.data,
            content_type=media.content_type,
            headers={"Content-Disposition": disposition},
        )

    def get_user(self, call: Call) -> Json:
        """Return a member; 60111 for an unknown one, 60011 outside the visible range."""
        member = self._directory.member(call.query.get("userid", ""))
        if member is None:
            raise PlatformError(60111)
        if not member.visible:
            raise PlatformError(60011)
        return {
            "userid": member.userid,
            "name": member.name,
            "department": list(member.departments),
            "position": member.position,
            "status": member.status,
        }

    def get_agent(self, call: Call) -> Json:
        """Return the app's name and visible range."""
        if call.query.get("agentid", "") != str(call.app.agent_id):
            raise PlatformError(301002)
        return {
            "agentid": call.app.agent_id,
            "name": call.app.name,
            "close": 0,
            "allow_userinfos": {"user": self._visible_members()},
            "allow_partys": {"partyid": []},
            "allow_tags": {"tagid": []},
        }

    def _visible_members(self) -> list[Json]:
        return [
            {"userid": member.userid}
            for member in self._directory.members.values()
            if member.visible
        ]

    def get_callback_ip(self, _call: Call) -> Json:
        """Return where callbacks come from: this machine."""
        return {"ip_list": ["127.0.0.1", "::1"]}

    def _check_agent(self, call: Call) -> None:
        agent_id = params.integer(call.body, "agentid")
        if agent_id != call.app.agent_id:
            raise PlatformError(301002, "agentid is not the token's app")


def _split(body: Json, name: str, most: int) -> list[str]:
    names = [part for part in params.text(body, name, required=False).split("|") if part]
    if len(names) > most:
        raise PlatformError(params.INVALID, f"{name} may hold at most {most}")
    return names


def _invalid(
    users: list[str] | None = None, parties: list[str] | None = None, tags: list[str] | None = None
) -> Json:
    return {
        "invaliduser": "|".join(users or ()),
        "invalidparty": "|".join(parties or ()),
        "invalidtag": "|".join(tags or ()),
        "unlicenseduser": "",
    }


def _card_change(body: Json) -> Json:
    if "button" in body:
        name = params.text(params.mapping(body, "button"), "replace_name")
        return {"button": {"replace_name": name}}
    card = params.mapping(body, "template_card")
    check_card(card, update=True)
    return {"template_card": card}


async def _read_upload(request: web.Request) -> tuple[str, bytes]:
    if not request.content_type.startswith("multipart/"):
        raise PlatformError(params.INVALID, "multipart/form-data is expected")
    async for part in await request.multipart():
        if isinstance(part, BodyPartReader) and part.name == "media":
            return part.filename or "file", bytes(await part.read())
    raise PlatformError(44001, "the multipart field media is missing")
