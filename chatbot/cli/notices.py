"""``chatbot notices``: what customers are told for some hours or days, at the shell."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

if TYPE_CHECKING:
    from datetime import datetime

    from chatbot.notices.brand import Brand
    from chatbot.store.database import Database
    from chatbot.store.notices import KeptNotice

_STANDS = {"now": "正在生效", "to_come": "还没开始", "past": "已结束"}
_MOST = 500


@dataclass(frozen=True, slots=True)
class _Desk:
    """What every subcommand works with."""

    database: Database
    brand: Brand
    words: Mapping[str, str]
    now: datetime


@contextmanager
def _desk() -> Iterator[_Desk]:
    from chatbot.cli.database import opened
    from chatbot.clock import make_clock
    from chatbot.knowledge.content import Content
    from chatbot.notices.brand import Brand
    from chatbot.settings import load_settings
    from chatbot.store.accounts import list_accounts
    from chatbot.store.snapshots import live_snapshot
    from chatbot.texts import make_texts

    settings = load_settings()
    with opened(settings) as database:
        live = database.run_sync(live_snapshot)
        content = Content.from_json(live.content) if live else Content()
        known = {each.open_kfid: each.name for each in database.run_sync(list_accounts)}
        brand = Brand.of(
            content.entries, content.tables, content.accounts, known, ZoneInfo(settings.timezone)
        )
        words = make_texts(content.texts).notice_words
        yield _Desk(database, brand, words, make_clock(settings.test_clock).now())


@click.group()
def notices() -> None:
    """通知：台风、停水……写下来马上生效，到时间自己消失，不用发布知识。"""


@notices.command("list")
@click.option("--all", "everything", is_flag=True, help="已经结束的也列出来。")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON，供脚本使用。")
def list_notices(*, everything: bool, as_json: bool) -> None:
    """列出正在生效和还没开始的通知。"""
    from chatbot.notices.standing import stand_of
    from chatbot.store.notices import all_notices, told_customers

    with _desk() as desk:
        found = desk.database.run_sync(all_notices, _MOST)
        shown = [each for each in found if everything or stand_of(each.notice, desk.now) != "past"]
        told = desk.database.run_sync(told_customers, [each.notice.id for each in shown])
        if as_json:
            records = [notice_to_json(each, told, desk.now) for each in shown]
            click.echo(json.dumps({"notices": records}, ensure_ascii=False, indent=2))
            return
        for each in shown:
            click.echo(_line(each, desk, told))
        click.echo(f"共 {len(shown)} 条。")


def notice_to_json(kept: KeptNotice, told: Mapping[int, int], now: datetime) -> dict[str, Any]:
    """Return a notice as the documented JSON object."""
    from chatbot.notices.standing import stand_of

    return {
        **kept.notice.to_json(),
        "state": stand_of(kept.notice, now),
        "told_customers": told.get(kept.notice.id, 0),
        "created_by": kept.created_by,
        "created_at": kept.created_at.isoformat(),
        "ended_by_hand": kept.ended_at is not None,
    }


def _line(kept: KeptNotice, desk: _Desk, told: Mapping[int, int]) -> str:
    from chatbot.notices.standing import in_words, stand_of

    notice, words, zone = kept.notice, desk.words, desk.brand.timezone
    begins, ends = (
        each.astimezone(zone).strftime("%Y-%m-%d %H:%M")
        for each in (notice.begins_at, notice.ends_at)
    )
    stand = _STANDS[stand_of(notice, desk.now)]
    scope = in_words(notice, desk.brand, words)
    count = told.get(notice.id, 0)
    reached = f" · {words['told'].format(customers=count)}" if count else ""
    mode = words[f"mode_{notice.mode}"]
    first = f"#{notice.id} {stand} · {mode} · {begins} 至 {ends} · {scope}{reached}"
    return "\n".join([first, *(f"    {line}" for line in notice.text.splitlines())])


@notices.command()
@click.argument("text", metavar="内容")
@click.option("--until", "ends", required=True, help="到什么时候，如 '2026-07-01 18:00' 或日期。")
@click.option("--from", "begins", default="", help="从什么时候；不写就是现在。")
@click.option("--replace", is_flag=True, help="代替 --category 的答案，而不是写在答复前面。")
@click.option("--store", "stores", multiple=True, help="只给这家门店的客户，可以写几次。")
@click.option("--account", "accounts", multiple=True, help="只在这个客服账号，可以写几次。")
@click.option("--category", "categories", multiple=True, help="只在问到这个分类时，可以写几次。")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON，供脚本使用。")
def add(
    *,
    text: str,
    ends: str,
    begins: str,
    replace: bool,
    stores: tuple[str, ...],
    accounts: tuple[str, ...],
    categories: tuple[str, ...],
    as_json: bool,
) -> None:
    """写一条通知，马上（或到 --from 的时间）生效。"""
    from chatbot import notice_desk
    from chatbot.cli.actor import actor
    from chatbot.notices.writing import Draft, read_draft
    from chatbot.store.notices import one_notice

    mode = "replace" if replace else "prefix"
    draft = Draft(text, mode, begins, ends, stores, accounts, categories)
    with _desk() as desk:
        new = read_draft(draft, desk.brand, desk.now, desk.words)
        number = desk.database.run_sync(notice_desk.add, new, actor(), desk.now)
        kept = desk.database.run_sync(one_notice, number)
        assert kept is not None  # noqa: S101 - notices are never deleted
        if as_json:
            click.echo(json.dumps(notice_to_json(kept, {}, desk.now), ensure_ascii=False))
        else:
            click.echo(f"写下了通知 #{number}。结束它：chatbot notices end {number}")
            click.echo(_line(kept, desk, {}))


@notices.command()
@click.argument("number", metavar="编号", type=click.IntRange(1, 2**63 - 1))
@click.option("--json", "as_json", is_flag=True, help="输出 JSON，供脚本使用。")
def end(*, number: int, as_json: bool) -> None:
    """马上结束一条通知；还没开始的就取消。"""
    from chatbot import notice_desk
    from chatbot.cli.actor import actor
    from chatbot.errors import UserError
    from chatbot.store.notices import one_notice

    with _desk() as desk:
        ended = desk.database.run_sync(notice_desk.end, number, actor(), desk.now)
        kept = desk.database.run_sync(one_notice, number)
        if kept is None:
            raise UserError(f"没有通知 #{number}。看看有哪些：chatbot notices list --all")
        if not ended:
            raise UserError(f"通知 #{number} 已经结束了。")
        if as_json:
            click.echo(json.dumps(notice_to_json(kept, {}, desk.now), ensure_ascii=False))
        else:
            click.echo(f"通知 #{number} 已结束，不再告诉客户。")
