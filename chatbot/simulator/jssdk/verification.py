"""Whether a page may use the interface: what the client asks the platform when it registers."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field
from yarl import URL

from chatbot.simulator.config import SimulatorConfig
from chatbot.simulator.errors import message_of
from chatbot.simulator.jssdk.tickets import Kind, TicketDesk
from chatbot.simulator.params import Json

_WRONG_SIGNATURE, _WRONG_KIND, _WRONG_DOMAIN = 40093, 42012, 80001
_WRONG_CORP, _WRONG_APP = 40013, 40056
#: What the client says; for the rest the platform's own words.
_CLIENT_WORDS = {_WRONG_SIGNATURE: "invalid signature", _WRONG_DOMAIN: "invalid url domain"}


class SignatureBody(BaseModel):
    """What a page's signature function returned."""

    model_config = ConfigDict(extra="ignore")

    timestamp: int | str
    nonceStr: str = Field(min_length=1, max_length=256)  # noqa: N815 - the platform's name
    signature: str = Field(max_length=256)


class RegisterBody(BaseModel):
    """One of the two registrations that ``ww.register`` makes, and the page that makes it."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    url: str = Field(max_length=8192)
    corp_id: str = Field(max_length=128)
    agent_id: int | str | None = None
    signature: SignatureBody


@dataclass(frozen=True, slots=True)
class Verifier:
    """Judges signatures by the tickets that are good at this moment."""

    config: SimulatorConfig
    tickets: TicketDesk

    def judge(self, body: RegisterBody) -> Json:
        """Return ``{errCode, errMsg}`` as the client tells it to the page."""
        code = self._fault(body)
        words = _CLIENT_WORDS.get(code) or message_of(code)
        return {"errCode": code, "errMsg": f"{body.kind.value}:{words}"}

    def _fault(self, body: RegisterBody) -> int:
        if body.corp_id != self.config.corp.id:
            return _WRONG_CORP
        by_app = body.kind is Kind.AGENT_CONFIG
        if by_app and str(body.agent_id) != str(self.config.app.agent_id):
            return _WRONG_APP
        if not _same_origin(body.url, self.config.app.sidebar_url):
            return _WRONG_DOMAIN
        return self._signature_fault(body)

    def _signature_fault(self, body: RegisterBody) -> int:
        owner = self.config.app.agent_id if body.kind is Kind.AGENT_CONFIG else None
        for ticket in self.tickets.valid():
            if body.signature.signature == _sign(ticket.text, body.signature, body.url):
                if ticket.kind is not body.kind:
                    return _WRONG_KIND
                return 0 if ticket.agent_id == owner else _WRONG_SIGNATURE
        return _WRONG_SIGNATURE


def _sign(ticket: str, given: SignatureBody, url: str) -> str:
    text = f"jsapi_ticket={ticket}&noncestr={given.nonceStr}&timestamp={given.timestamp}&url={url}"
    return hashlib.sha1(text.encode()).hexdigest()  # noqa: S324 - JS-SDK使用权限签名算法


def _same_origin(url: str, trusted: str) -> bool:
    try:
        return str(URL(url).origin()) == str(URL(trusted).origin())
    except ValueError:
        return False
