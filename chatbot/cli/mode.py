"""``chatbot mode``: how far an account's bot may go."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from chatbot.accounts.mode import MODES, Mode, ModeSetting
from chatbot.cli.actor import actor
from chatbot.errors import UserError

if TYPE_CHECKING:
    from datetime import datetime

    from chatbot.console.account_modes import KnownAccount
    from chatbot.settings import Settings
    from chatbot.store.database import Database
    from chatbot.store.modes import ModeChange

_MEANINGS: Mapping[Mode, str] = MappingProxyType(
    {
        "off": "机器人什么都不做，只记录消息",
        "assist": "只出草稿，客户由人工接待",
        "after-hours": "人工休息时回答，上班时间只出草稿",
        "full": "机器人回答",
    }
)
_HISTORY_SHOWN = 20


@click.command()
@click.argument("account", required=False)
@click.argument("mode", required=False, type=click.Choice(MODES))
@click.option(
    "--percent", type=click.IntRange(0, 100),
    help="机器人回答百分之几的客户，其余按 assist；不写则沿用现在的比例。",
)  # fmt: skip
@click.option("--note", default="", help="为什么切换，写进记录。")
def mode(account: str | None, mode: Mode | None, percent: int | None, note: str) -> None:
    """查看或切换客服账号的机器人可以做到哪一步。

    ACCOUNT 是 accounts.toml 里的简称、客服账号的名称或 open_kfid；不写则列出所有账号。
    切换马上在所有服务器上生效，谁在什么时候切换的都有记录。

    \b
    off          机器人什么都不做，只记录消息
    assist       只出草稿，客户由人工接待
    after-hours  人工休息时回答，上班时间只出草稿
    full         机器人回答
    """
    from chatbot.cli.database import opened
    from chatbot.clock import make_clock
    from chatbot.settings import load_settings

    if mode is None and (percent is not None or note):
        raise UserError(
            "--percent 和 --note 要和模式一起写，例如：chatbot mode 账号 full --percent 20"
        )
    settings = load_settings()
    with opened(settings) as database:
        known = _known_accounts(database, settings)
        if account is None:
            _list(known, settings.timezone)
            return
        chosen = _choose(known, account)
        if mode is None:
            _show(database, chosen, settings.timezone)
        else:
            now = make_clock(settings.test_clock).now()
            _switch(database, chosen, _new_setting(chosen, mode, percent), note, now)


def _known_accounts(database: Database, settings: Settings) -> list[KnownAccount]:
    from chatbot.cli.accounts import described_accounts
    from chatbot.console.account_modes import known_accounts

    accounts = described_accounts(database, settings)
    return database.run_sync(known_accounts, accounts)


def _choose(known: list[KnownAccount], name: str) -> KnownAccount:
    found = [each for each in known if each.is_called(name)]
    if len(found) == 1:
        return found[0]
    if found:
        ids = "、".join(each.open_kfid for each in found)
        raise UserError(f"有 {len(found)} 个客服账号叫“{name}”，请用 open_kfid 指明：{ids}")
    if not known:
        raise UserError(
            f"没有客服账号“{name}”：accounts.toml 里没有写，服务器也还没有从企业微信取到账号列表"
        )
    names = "、".join(each.key or each.name or each.open_kfid for each in known)
    raise UserError(f"没有客服账号“{name}”；已知的有：{names}")


def _new_setting(chosen: KnownAccount, mode: Mode, percent: int | None) -> ModeSetting:
    return ModeSetting(mode, chosen.setting.percent if percent is None else percent)


def _switch(
    database: Database, chosen: KnownAccount, setting: ModeSetting, note: str, now: datetime
) -> None:
    from chatbot.console.account_modes import ANSWERING, ModeMoved, in_short, switch_account

    try:
        database.run_sync(switch_account, chosen, setting, note, actor(), now)
    except ModeMoved:
        raise UserError("刚才有别人切换过这个账号，请看清现在的模式后再切换") from None
    click.echo(f"{chosen.title}  {in_short(chosen.setting)} → {in_short(setting)}")
    click.echo(f"{_MEANINGS[setting.mode]}。已经生效。")
    if setting.mode not in ANSWERING and setting.percent != 100:
        click.echo(f"{setting.percent}% 的比例到 full 或 after-hours 才起作用。")


def _list(known: list[KnownAccount], timezone: str) -> None:
    from chatbot.console.account_modes import in_short

    for each in known:
        click.echo(f"{each.title}  {in_short(each.setting)}  {_source(each, timezone)}")
    click.echo(f"共 {len(known)} 个客服账号。")


def _show(database: Database, chosen: KnownAccount, timezone: str) -> None:
    from chatbot.console.account_modes import in_short
    from chatbot.store.modes import mode_history

    click.echo(f"{chosen.title}  {in_short(chosen.setting)}  {_source(chosen, timezone)}")
    click.echo(f"{_MEANINGS[chosen.setting.mode]}。")
    for change in database.run_sync(mode_history, chosen.open_kfid, _HISTORY_SHOWN):
        line = f"{_record(change, timezone)}  {in_short(change.setting)}  {change.note}"
        click.echo(line.rstrip())


def _source(known: KnownAccount, timezone: str) -> str:
    if known.newest is None:
        return "按 accounts.toml 或默认"
    return _record(known.newest, timezone)


def _record(change: ModeChange, timezone: str) -> str:
    return f"{change.changed_at.astimezone(ZoneInfo(timezone)):%Y-%m-%d %H:%M}  {change.changed_by}"
