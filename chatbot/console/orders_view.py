"""What another system knows of a customer, as JSON for any page; hostile values do no harm."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from chatbot.console.harmless import one_line
from chatbot.dialogue.snapshot import Snapshot
from chatbot.pipeline.customer_answer import LONGEST_TEXT, Order
from chatbot.pipeline.customer_data import Told

_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", re.ASCII)


def orders_view(told: Told, snapshot: Snapshot) -> dict[str, Any]:
    """Return orders and facts, or ``problem``, a sentence that says why there are none."""
    if isinstance(told, str):
        problem = snapshot.texts.desk_words[f"orders_{told}"]
        return {"set": True, "orders": [], "facts": [], "more": 0, "problem": problem}
    return {
        "set": True,
        "orders": [_order(each, snapshot.timezone) for each in told.orders],
        "facts": [{"name": _line(each.name), "value": _line(each.value)} for each in told.facts],
        "more": told.more_orders,
        "problem": "",
    }


def _order(order: Order, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "number": _line(order.number), "title": _line(order.title),
        "status": _line(order.status), "time": _line(_local(order.time, zone)),
        "amount": _line(order.amount), "link": link_of(order.url),
    }  # fmt: skip


def _line(text: str) -> str:
    return one_line(text, LONGEST_TEXT)


def _local(written: str, zone: ZoneInfo) -> str:
    """Return an instant as the clock here shows it; other words as they are."""
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        return written
    if at.tzinfo is None:
        return written.replace("T", " ")
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


def link_of(url: str) -> dict[str, str] | None:
    """Return an address that may be a link with the host that it leads to, None for any other.

    Only https, without a name or password in it, and a host of ASCII letters, so that those of
    another script cannot pass for a host that people trust.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    if parts.scheme != "https" or "@" in parts.netloc or not _HOST.fullmatch(host):
        return None
    if not url.isprintable() or " " in url or "\\" in url:
        return None
    return {"url": url, "host": f"{host}:{port}" if port else host}
