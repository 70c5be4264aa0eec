"""What a customer's own device decides about a page of sync_msg."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, text

from chatbot.pipeline.intake import IntakePolicy, store_page
from chatbot.pipeline.notices import Notices
from chatbot.store.accounts import lease_pull, save_accounts
from chatbot.store.database import Database
from chatbot.wecom.kf import SyncPage
from tests.pipeline.samples import NOW

_QUIET = timedelta(seconds=1)
_UNTIL = NOW + timedelta(minutes=1)


def _scene(connection: Connection) -> str | None:
    scene: str | None = connection.scalar(text("SELECT scene FROM conversations"))
    return scene


def test_that_a_link_made_up_by_a_customer_does_not_block_the_account(database: Database) -> None:
    database.run_sync(save_accounts, {"wk": "one"})
    lease = database.run_sync(lease_pull, "wk", 1, NOW, _UNTIL)
    assert lease is not None
    event = {
        "event_type": "enter_session", "open_kfid": "wk", "external_userid": "wm",
        "scene": "s", "scene_param": "store%00\ud83d-7%ED%A0%80",
    }  # fmt: skip
    item = {"msgid": "m", "send_time": int(NOW.timestamp()), "origin": 4, "msgtype": "event"}
    database.run_sync(
        store_page, lease, SyncPage("next", False, ({**item, "event": event},)),
        policy=IntakePolicy(_QUIET, _QUIET, _UNTIL - NOW), notices=Notices({}, {}, None, {}),
        now=NOW, lease_until=_UNTIL,
    )  # fmt: skip
    assert (database.run_sync(_scene) or "").startswith("store?-7")
