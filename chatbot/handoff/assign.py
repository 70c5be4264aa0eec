"""Who takes over. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chatbot.wecom.kf import Servicer, ServicerDepartment, ServicerStatus


def receiving(
    servicers: Sequence[Servicer | ServicerDepartment], open_conversations: Mapping[str, int]
) -> list[str]:
    """Return the servicers who receive customers now, those with the fewest open ones first.

    Equal loads keep the platform's order, so that the choice can be foretold.
    """
    ready = [
        each.userid
        for each in servicers
        if isinstance(each, Servicer) and each.status is ServicerStatus.RECEIVING
    ]
    return sorted(ready, key=lambda userid: open_conversations.get(userid, 0))


def card_recipients(
    assigned: str | None,
    servicers: Sequence[Servicer | ServicerDepartment],
    supervisors: Sequence[str],
) -> list[str]:
    """Return who gets the card: the one who serves, else all servicers, else the supervisors."""
    if assigned:
        return [assigned]
    members = [each.userid for each in servicers if isinstance(each, Servicer)]
    return list(dict.fromkeys(members)) or list(supervisors)
