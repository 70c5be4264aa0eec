"""The whole state as JSON, for ``GET /control/state``."""

from __future__ import annotations

from dataclasses import asdict

from chatbot.simulator.kf.session import MESSAGES_PER_WINDOW, WINDOW_SECONDS, Session
from chatbot.simulator.params import Json
from chatbot.simulator.world import World


async def describe(world: World) -> Json:
    """Return accounts with servicers, customers, sessions, codes, contacts and the clock."""
    desk = world.desk
    now = world.clock.timestamp()
    for session in desk.sessions.values():
        session.settle(now)
    return {
        "clock": {"now": now, "offset": await world.clock.offset()},
        "accounts": [
            {
                "open_kfid": account.open_kfid,
                "name": account.name,
                "managed": account.managed,
                "servicers": [
                    {"userid": userid, "receiving": receiving}
                    for userid, receiving in account.servicers.items()
                ],
            }
            for account in desk.accounts.values()
        ],
        "customers": [asdict(customer) for customer in world.directory.customers.values()],
        "sessions": [_session(session, now) for session in desk.sessions.values()],
        "codes": [asdict(code) for code in desk.codes.all()],
        "contacts": [
            {**asdict(relation), "tags": list(relation.tags)}
            for relation in world.contacts.relations.values()
        ],
    }


def _session(session: Session, now: float) -> Json:
    open_until = None if session.wrote_at is None else session.wrote_at + WINDOW_SECONDS
    left = MESSAGES_PER_WINDOW - session.sent if open_until and now < open_until else 0
    return {
        "open_kfid": session.open_kfid,
        "customer": session.customer,
        "state": int(session.state),
        "servicer": session.servicer,
        "consultation": session.consultation,
        "started_at": session.started_at,
        "wrote_at": session.wrote_at,
        "quota": {"sent": session.sent, "left": left, "until": open_until},
        "welcomed_at": session.welcomed_at,
    }
