"""What was learnt goes with a snapshot, and what there is to learn from."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, text

from chatbot.answers.correction import Correction, everything
from chatbot.store.database import Database
from chatbot.store.snapshots import (
    Basis,
    Offer,
    Offered,
    Origin,
    history,
    live_basis,
    live_snapshot,
    offer_snapshot,
    restate_live,
)
from chatbot.store.turn_labels import (
    NewLabel,
    labels_since,
    newest_label,
    save_label,
    turns_by_confidence,
)

_NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
_LEARNT = Correction(0.1234, -0.0567, 1.0321, 40, {everything(0.95): 0.8123}, 77, "a")
_BASIS = Basis("letters", 0.95, "1.0", 0.2, _LEARNT)
_OFFER = Offer("a", "a", entries=1, intents=0)


def test_that_a_snapshot_keeps_what_was_learnt(database: Database) -> None:
    assert database.run_sync(live_basis) is None
    database.run_sync(offer_snapshot, _OFFER, Origin("publish"), _BASIS, _NOW, publish=True)
    live = database.run_sync(live_snapshot)
    assert live is not None
    assert live.basis == _BASIS == database.run_sync(live_basis)
    assert live.basis.correction == _LEARNT
    assert live.basis.uncorrected == Basis("letters", 0.95, "1.0", 0.2)
    (past,) = database.run_sync(history, 5)
    assert past.basis == _BASIS


def test_that_another_correction_or_share_makes_a_new_number(database: Database) -> None:
    database.run_sync(offer_snapshot, _OFFER, Origin("publish"), _BASIS, _NOW, publish=True)
    for number, basis in enumerate(
        (
            _BASIS,
            replace(_BASIS, correction=replace(_LEARNT, newest=78)),
            replace(_BASIS, correction=None),
            replace(_BASIS, correction=None, out_of_scope_share=0.5),
        ),
        start=1,
    ):
        live = database.run_sync(live_snapshot)
        assert live is not None
        offered = database.run_sync(restate_live, live, _OFFER, basis, _NOW)
        assert offered == Offered(number, changed=number > 1)
        assert database.run_sync(live_basis) == basis


def test_that_labels_are_counted_from_a_number_on(database: Database) -> None:
    assert database.run_sync(newest_label) == 0
    for number in range(5):
        label = NewLabel(f"问{number}", "late", "click", 1, "late", 0.4)
        database.run_sync(save_label, label, None, _NOW)
    newest = database.run_sync(newest_label)
    assert database.run_sync(labels_since, 0) == 5
    assert database.run_sync(labels_since, newest - 2) == 2
    assert database.run_sync(labels_since, newest) == 0


def _add_turns(connection: Connection) -> None:
    connection.execute(text("INSERT INTO kf_accounts (open_kfid, name) VALUES ('wk', 'k')"))
    made = (
        "INSERT INTO conversations (public_id, open_kfid, external_userid, created_at)"
        " VALUES ('p', 'wk', 'wm', :now)"
    )
    connection.execute(text(made), {"now": _NOW})
    old = _NOW - timedelta(days=91)
    for confidence, action, rule, at in (
        (0.97, "answer", "confidence", _NOW),
        (0.5, "clarify", "clarify", _NOW),
        (0.62, "clarify", "clarify", _NOW),
        (0.02, "handoff", "low-confidence", _NOW),
        (0.99, "answer", "exact", _NOW),
        (0.97, "answer", "confidence", old),
        (0.0, "smalltalk", "greeting", _NOW),
    ):
        values = {
            "at": at, "action": action,
            "decision": json.dumps({"confidence": confidence}), "trace": json.dumps({"rule": rule}),
        }  # fmt: skip
        insert = (
            "INSERT INTO turns (conversation_id, session_version, created_at, text, action,"
            " snapshot, decision, trace) SELECT id, 1, :at, '问', :action, 1,"
            " CAST(:decision AS jsonb), CAST(:trace AS jsonb) FROM conversations"
        )
        connection.execute(text(insert), values)


def test_that_recent_turns_decided_by_meaning_are_counted_by_confidence(
    database: Database,
) -> None:
    since = _NOW - timedelta(days=90)
    assert database.run_sync(turns_by_confidence, (0.5, 0.9), since) == [(0, 0)] * 3
    database.run_sync(_add_turns)
    found = database.run_sync(turns_by_confidence, (0.5, 0.9), since)
    assert found == [(1, 0), (2, 0), (1, 1)]
