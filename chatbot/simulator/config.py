"""The simulator's TOML file: corp, app, members, customer-service accounts, customers, rules."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from yarl import URL

from chatbot.errors import UserError

DEMO_FILE = Path(__file__).with_name("demo.toml")
CLOCK_VARIABLE = "CHATBOT_TEST_CLOCK"
SIGNATURE_VARIABLE = "CHATBOT_WEBHOOK_SECRET"

DAY = 86_400.0
State = Literal[0, 1, 2, 3, 4]

UserId = Annotated[str, Field(pattern=r"^[A-Za-z0-9._@-]{1,64}$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CorpConfig(_Part):
    """The enterprise."""

    id: str = Field(min_length=1)
    name: str = ""


class AppConfig(_Part):
    """The self-built app (自建应用) under test, with its callback triple."""

    agent_id: int = Field(ge=0)
    name: str = ""
    secret: str = Field(min_length=1)
    token: str = Field(pattern=r"^[A-Za-z0-9]{1,32}$")
    encoding_aes_key: str = Field(pattern=r"^[A-Za-z0-9]{43}$")
    callback_url: str = Field(default="", pattern=r"^(https?://\S+)?$")
    sidebar_url: str = Field(default="", pattern=r"^(https?://[^\s/;,]+(/\S*)?)?$")  # 聊天工具栏
    # Where logins may lead back to (可信域名, 授权回调域), with the port; empty: the callback's.
    trusted_domain: str = Field(default="", pattern=r"^[^\s/]*$")

    @property
    def trusted(self) -> str:
        """Return the trusted domain, "" if there is none."""
        return self.trusted_domain or (
            URL(self.callback_url).authority if self.callback_url else ""
        )


class OtherAppConfig(_Part):
    """Another app of the same enterprise: own token, no right on the accounts, own tags."""

    agent_id: int = Field(ge=0)
    name: str = ""
    secret: str = Field(min_length=1)


class MemberConfig(_Part):
    """A member of the enterprise (成员)."""

    userid: UserId
    name: str = Field(min_length=1)
    position: str = ""
    departments: tuple[Annotated[int, Field(ge=1)], ...] = (1,)  # 1 is the root
    visible: bool = True  # inside the app's visible range (可见范围)
    contact: bool = True  # may use customer contact (客户联系)
    status: Literal[1, 2, 4, 5] = 1  # active, disabled, not activated, left


class AccountConfig(_Part):
    """A customer-service account (客服账号)."""

    open_kfid: str = Field(min_length=1, max_length=64)
    name: str = Field(min_length=1, max_length=16)
    servicers: tuple[UserId, ...] = ()
    managed: bool = True  # 通过API管理微信客服账号


class CustomerConfig(_Part):
    """A WeChat user who may write (微信客户)."""

    external_userid: str = Field(min_length=1, max_length=64)
    nickname: str = Field(min_length=1)
    gender: Literal[0, 1, 2] = 0
    unionid: str = ""


class OrderConfig(_Part):
    """An order in the example of another system, which the platform has nothing to do with."""

    customer: str = Field(min_length=1)
    number: str = Field(min_length=1)
    title: str = ""
    status: str = ""
    days: float = 0.0  # from now
    amount: str = ""
    url: str = ""


class OrderSystemConfig(_Part):
    """The example of another system of the brand, ``/example/customer-data``.

    ``facts`` holds, by customer, names with values.
    """

    secret: str = Field(default="", description="with which questions are signed")
    orders: tuple[OrderConfig, ...] = ()
    facts: dict[str, dict[str, str]] = Field(default_factory=dict)


class TagGroupConfig(_Part):
    """A tag group made in the console, which therefore no app may change (企业客户标签)."""

    name: str = Field(min_length=1, max_length=30)
    tags: tuple[Annotated[str, Field(min_length=1, max_length=30)], ...] = Field(min_length=1)


class RulesConfig(_Part):
    """Figures where the platform's differ between sources, or where tests need others."""

    token_seconds: int = Field(default=7200, gt=0)
    ticket_seconds: int = Field(default=7200, gt=0)  # of both JS-SDK tickets
    repeat_token: bool = True  # gettoken and tickets give the same again while it is valid
    callback_attempts: int = Field(default=3, ge=1)
    callback_seconds: float = Field(default=5.0, gt=0)  # real time, as it measures a connection
    callback_retry_seconds: float = Field(default=5.0, ge=0)  # from attempt to attempt
    retry_on_status: bool = True  # an answer other than 200 counts as failure
    verify_seconds: float = Field(default=1.0, gt=0)
    busy_seconds: float = Field(default=0.02, ge=0)  # how long mark_tag and a welcome take
    transitions: dict[State, tuple[State, ...]] = Field(
        default={0: (1, 2, 3, 4), 1: (2, 3, 4), 2: (3, 4), 3: (3, 4), 4: ()}
    )
    member_messages_per_minute: int = Field(default=30, ge=1)
    log_entries: int = Field(default=100_000, ge=100)


class SimulatorConfig(_Part):
    """Everything one simulated enterprise starts with."""

    host: str = "127.0.0.1"
    port: int = Field(default=8090, ge=0, le=65535)
    corp: CorpConfig
    app: AppConfig
    other_apps: tuple[OtherAppConfig, ...] = ()
    members: tuple[MemberConfig, ...] = ()
    accounts: tuple[AccountConfig, ...] = ()
    customers: tuple[CustomerConfig, ...] = ()
    tag_groups: tuple[TagGroupConfig, ...] = ()
    order_system: OrderSystemConfig = OrderSystemConfig()
    rules: RulesConfig = RulesConfig()
    clock_file: Path | None = None

    @model_validator(mode="after")
    def _check_ids(self) -> Self:
        _check_unique("members.userid", [member.userid.lower() for member in self.members])
        _check_unique("accounts.open_kfid", [account.open_kfid for account in self.accounts])
        _check_unique("customers.external_userid", [c.external_userid for c in self.customers])
        _check_unique("secret", [self.app.secret, *(app.secret for app in self.other_apps)])
        known = {member.userid.lower() for member in self.members}
        for account in self.accounts:
            for userid in account.servicers:
                if userid.lower() not in known:
                    raise ValueError(f"accounts.servicers names {userid}, who is not in members")
        return self

    def override(
        self,
        *,
        host: str | None = None,
        port: int | None = None,
        callback_url: str | None = None,
        sidebar_url: str | None = None,
        clock_file: Path | None = None,
        rules: dict[str, Any] | None = None,
    ) -> SimulatorConfig:
        """Return a copy with the given values instead of the file's."""
        values = self.model_dump()
        changes = {"host": host, "port": port, "clock_file": clock_file}
        values.update({name: value for name, value in changes.items() if value is not None})
        addresses = {"callback_url": callback_url, "sidebar_url": sidebar_url}
        values["app"].update({n: value for n, value in addresses.items() if value is not None})
        values["rules"].update(rules or {})
        return _validated(values, "override")


def load_config(path: Path | None = None) -> SimulatorConfig:
    """Read a TOML file (the demo's without ``path``); raise UserError that names what is wrong.

    The file that moves the clock comes from ``clock_file`` or else from CHATBOT_TEST_CLOCK. If
    CHATBOT_WEBHOOK_SECRET is set, the example order system expects its signature.
    """
    path = path or DEMO_FILE
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not a TOML file in UTF-8: {error}") from None
    if clock_file := os.environ.get(CLOCK_VARIABLE):
        values.setdefault("clock_file", clock_file)
    if secret := os.environ.get(SIGNATURE_VARIABLE):
        values.setdefault("order_system", {})["secret"] = secret
    return _validated(values, str(path))


def _validated(values: dict[str, Any], source: str) -> SimulatorConfig:
    try:
        return SimulatorConfig.model_validate(values)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, problem['loc'])) or 'file'}: "
            f"{problem['msg'].removeprefix('Value error, ')}"
            for problem in error.errors()
        )
        raise UserError(f"{source}: {problems}") from None


def _check_unique(name: str, values: list[str]) -> None:
    for value in values:
        if values.count(value) > 1:
            shown = "" if name == "secret" else f" {value}"
            raise ValueError(f"{name}{shown} stands there twice; give each its own")
