"""A brand whose entries have owners and days on which they are looked over."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from chatbot.access.roles import Appointed
from chatbot.clock import Clock
from chatbot.console.reviews.reminders import ReminderTools, ReviewReminders
from chatbot.dialogue.service import Mind
from chatbot.editing.desk import EditDesk
from chatbot.knowledge.content import load_content
from chatbot.publishing import offer_of
from chatbot.store.database import Database
from chatbot.store.snapshots import Basis, Origin, offer_snapshot

BASIS = Basis("e", 0.95, "r")
APPOINTED = Appointed.by(("Liang",), ())
URL = "https://kefu.example.com"


def entries(today: date) -> str:
    """Return a file: entries overdue, due today, soon and later, of nobody, and of a stranger."""
    lines = [
        ("late", "可以延迟退房吗？", "小周", today - timedelta(days=9)),
        ("breakfast", "早餐几点供应？", "xiaozhou", today),
        ("soon", "有停车场吗？", "xiaozhou", today + timedelta(days=5)),
        ("far", "有健身房吗？", "xiaozhou", today + timedelta(days=90)),
        ("nobody", "可以带宠物吗？", "", today),
        ("stranger", "怎么开发票？", "老王", today),
    ]
    return "".join(
        f"- {{id: {faq_id}, question: {question}, answer: 答案{faq_id}。, review: {day}"
        + (f", owner: {owner}" if owner else "")
        + "}\n"
        for faq_id, question, owner, day in lines
    )


def publish(database: Database, folder: Path, today: date) -> None:
    """Make the brand's file live, and let 小周 be known."""
    folder.mkdir(exist_ok=True)
    (folder / "faq.yaml").write_text(entries(today), encoding="utf-8")
    database.run_sync(
        offer_snapshot, offer_of(load_content(folder, None), {}), Origin("first", "test"), BASIS,
        datetime.now(UTC), publish=True,
    )  # fmt: skip


def editing(database: Database, clock: Clock) -> EditDesk:
    """Return what edits entries."""
    return EditDesk(database, clock, lambda: BASIS)


def reminders(
    database: Database, clock: Clock, mind: Mind, desk: EditDesk | None = None
) -> ReviewReminders:
    """Return what reminds, as one process has it."""
    return ReviewReminders(
        ReminderTools(
            database, desk or editing(database, clock), lambda: mind.dialogue.snapshot, clock,
            APPOINTED, URL,
        )
    )  # fmt: skip
