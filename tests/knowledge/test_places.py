from __future__ import annotations

from pathlib import Path

from chatbot.knowledge.content import read_content


def test_that_everything_is_found_where_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "intents").mkdir()
    tables = tmp_path / "knowledge" / "tables"
    tables.mkdir(parents=True)
    (tables / "门店.csv").write_text("门店,早餐\n东店,7:00\n西店,\n", "utf-8")
    (tmp_path / "knowledge" / "a.yaml").write_text(
        "- question: 早餐几点？\n  similar:\n    - 早饭几点\n    - 几点吃早饭\n"
        "  answer:\n    - when: {tags: ['级:金']}\n      messages: 六点。\n"
        "    - messages:\n        - {type: text, text: 七点。}\n",
        "utf-8",
    )
    (tmp_path / "intents" / "a.yaml").write_text(
        "intent: x\nexamples:\n  - 投诉\nreply: 好\n", "utf-8"
    )
    (tmp_path / "intents" / "_texts.yaml").write_text("robot: 是\ngreeting: 好\n", "utf-8")
    reading = read_content(tmp_path / "knowledge", tmp_path / "intents")
    places, (entry,) = reading.places, reading.content.entries

    def lines(*keys: tuple[str, str]) -> list[int]:
        found = [places.of_entry(entry.id, *key) for key in keys]
        return [place.line for place in found if place]

    assert lines(("", ""), ("question", "早餐几点？"), ("similar", "几点吃早饭")) == [1, 1, 4]
    assert lines(("answer", "六点。"), ("answer", "七点。"), ("owner", "")) == [7, 9, 1]
    of_intent, of_text = places.of_intent("x", "examples", "投诉"), places.of_text("greeting")
    cell = places.of_cell("门店", "西店", "早餐")
    assert str(of_intent) == f"{tmp_path}/intents/a.yaml 第 3 行 examples"
    assert str(of_text) == f"{tmp_path}/intents/_texts.yaml 第 2 行 greeting"
    assert str(cell) == f"{tables}/门店.csv 第 3 行 早餐"
    assert places.of_entry("other") is None
    assert places.of_intent("y") is None
    assert places.of_cell("房型", "西店", "早餐") is None


def test_that_rows_of_a_csv_file_are_places(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        '编号,问题,相似问,答案\na,"早餐\n几点",x|y,七点\nb,几点,,七点\n', "utf-8"
    )
    places = read_content(tmp_path, None).places
    first, second = places.of_entry("a", "similar", "y"), places.of_entry("b", "answer")
    assert str(first) == f"{tmp_path}/a.csv 第 2 行 相似问"
    assert str(second) == f"{tmp_path}/a.csv 第 4 行 答案"
