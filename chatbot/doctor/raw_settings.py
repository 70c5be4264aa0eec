"""Reads the settings as far as they are right, so that one mistake does not hide the others."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings.exceptions import SettingsError

from chatbot.settings import PREFIX, Settings

#: Removing a wrong value can bring another to light; a mistake beyond this stays a riddle.
_ROUNDS = 5

Location = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WrongValue:
    """A value that was refused: where it stands, pydantic's name for why, and its limits."""

    location: Location
    kind: str
    message: str
    limits: Mapping[str, Any]
    value: object

    @property
    def setting(self) -> str:
        """Return the variable's name."""
        return setting_name(self.location)


@dataclass(frozen=True, slots=True)
class RawSettings:
    """The settings without the wrong values, which have their defaults instead.

    ``settings`` is None when nothing could be read; ``unreadable`` says why a source was not.
    ``unknown`` are variables that begin like settings but are none.
    """

    settings: Settings | None
    wrong: tuple[WrongValue, ...] = ()
    unreadable: str = ""
    unknown: tuple[str, ...] = ()


class _GivenValues(Settings):
    """Settings from values alone, so that a wrong one can be taken out of them."""

    model_config = SettingsConfigDict(toml_file=None)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


def setting_name(location: Location) -> str:
    """Return the variable for a place in the settings, such as ``("wecom", "token")``."""
    return PREFIX + "__".join(part.upper() for part in location)


def known_settings() -> tuple[str, ...]:
    """Return the names of all variables."""
    return tuple(setting_name(location) for location in _locations(Settings))


def read_raw_settings() -> RawSettings:
    """Read environment and ``chatbot.toml`` as `chatbot.settings.load_settings` does."""
    unknown = _unknown_variables()
    try:
        values = TomlConfigSettingsSource(Settings)()
        _merge(values, EnvSettingsSource(Settings)())
    except (OSError, ValueError, SettingsError) as error:
        return RawSettings(None, unreadable=" ".join(str(error).split()), unknown=unknown)
    settings, wrong = _without_mistakes(values)
    return RawSettings(settings, wrong, unknown=unknown)


def _merge(values: dict[str, Any], stronger: Mapping[str, Any]) -> None:
    for name, value in stronger.items():
        if isinstance(value, Mapping) and isinstance(values.get(name), dict):
            _merge(values[name], value)
        else:
            values[name] = value


def _without_mistakes(values: dict[str, Any]) -> tuple[Settings | None, tuple[WrongValue, ...]]:
    wrong: list[WrongValue] = []
    for _ in range(_ROUNDS):
        try:
            return _GivenValues(**values), tuple(wrong)
        except ValidationError as error:
            found = [_wrong_value(problem, values) for problem in error.errors()]
        wrong += found
        for each in found:
            _remove(values, each.location)
    return None, tuple(wrong)


def _wrong_value(problem: Any, values: Mapping[str, Any]) -> WrongValue:
    return WrongValue(
        location=_within(values, problem["loc"]),
        kind=problem["type"],
        message=problem["msg"].removeprefix("Value error, "),
        limits=problem.get("ctx", {}),
        value=problem["input"],
    )


def _within(values: Mapping[str, Any], location: tuple[int | str, ...]) -> Location:
    """Return the part of ``location`` that leads through mappings to a value that is given."""
    path: list[str] = []
    place: Any = values
    for part in location:
        if not isinstance(place, Mapping) or not isinstance(part, str):
            break
        path.append(part)
        place = place.get(part)
    return tuple(path)


def _remove(values: dict[str, Any], location: Location) -> None:
    *parents, name = location
    for parent in parents:
        values = values[parent]
    values.pop(name, None)


def _locations(model: type[BaseModel]) -> list[Location]:
    found: list[Location] = []
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            found += [(name, *below) for below in _locations(inner)]
        else:
            found.append((name,))
    return found


def _unknown_variables() -> tuple[str, ...]:
    """Return misspelt variables. Below a group pydantic refuses them itself; on top nobody does."""
    known = known_settings()
    groups = tuple({name.partition("__")[0] for name in known if "__" in name})
    return tuple(
        name
        for name in sorted(os.environ)
        if name.startswith(PREFIX) and name not in known and not name.startswith(groups)
    )
