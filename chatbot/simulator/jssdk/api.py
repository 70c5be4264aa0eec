"""get_jsapi_ticket and ticket/get (WeCom developer documentation, JS-SDK)."""

from __future__ import annotations

from chatbot.simulator import params
from chatbot.simulator.endpoint import GET, Call, Endpoint, Endpoints
from chatbot.simulator.errors import PlatformError
from chatbot.simulator.jssdk.tickets import Kind, TicketDesk
from chatbot.simulator.params import Json


class TicketCalls:
    """The calls that give tickets."""

    def __init__(self, tickets: TicketDesk) -> None:
        self._tickets = tickets

    def endpoints(self) -> Endpoints:
        """Return the calls by path."""
        return {
            "get_jsapi_ticket": Endpoint(GET, self.corp_ticket),
            "ticket/get": Endpoint(GET, self.app_ticket),
        }

    def corp_ticket(self, call: Call) -> Json:
        """Return the enterprise's ticket."""
        return self._issue(Kind.CONFIG, call)

    def app_ticket(self, call: Call) -> Json:
        """Return the app's ticket."""
        kind = params.text(call.query, "type")
        if kind != "agent_config":
            raise PlatformError(params.INVALID, f"type {kind!r} is not agent_config")
        return self._issue(Kind.AGENT_CONFIG, call)

    def _issue(self, kind: Kind, call: Call) -> Json:
        ticket, life = self._tickets.issue(kind, call.app.agent_id)
        return {"ticket": ticket, "expires_in": life}
