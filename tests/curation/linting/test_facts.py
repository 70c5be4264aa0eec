from __future__ import annotations

from tests.curation.linting.bench import Files, where

_ENTRY = "- {{id: a, question: 早餐几点, answer: '{answer}'}}\n"


def test_that_an_empty_cell_which_an_answer_says_is_found(files: Files) -> None:
    files.write("knowledge/tables/门店.csv", "门店,早餐\n东店,7:00\n西店,\n南店,\n")
    files.write("knowledge/a.yaml", _ENTRY.format(answer="{门店.早餐}"))
    (found,) = files.found("empty-cell")
    assert (found.severity, where(found)) == ("warning", ("门店.csv", 3, "早餐"))
    assert [place.line for place in found.others] == [4]
    assert found.entries == ("a",)
    assert not files.found("unused-column")


def test_that_a_column_nothing_says_is_a_note(files: Files) -> None:
    files.write("knowledge/tables/门店.csv", "门店,别名,代码,城市,早餐\n东店,,,杭州,7:00\n")
    files.write("knowledge/a.yaml", _ENTRY.format(answer="七点"))
    (found,) = files.found("unused-column")
    assert (found.severity, where(found)) == ("note", ("门店.csv", 2, "早餐"))


def test_that_what_intents_and_links_say_is_used(files: Files) -> None:
    files.write("knowledge/tables/门店.csv", "门店,电话,代码\n东店,123,E\n")
    files.write("knowledge/a.yaml", _ENTRY.format(answer="七点"))
    files.write("intents/a.yaml", "intent: a\nexamples: [投诉]\nreply: 请打 {门店.电话}\n")
    kinds = {each.kind for each in files.lint().found}
    assert not kinds & {"unused-column", "empty-cell"}


def test_that_a_row_without_a_city_is_a_note(files: Files) -> None:
    files.write("knowledge/tables/门店.csv", "门店,城市\n东店,杭州\n西店,\n")
    files.write("knowledge/a.yaml", _ENTRY.format(answer="七点"))
    (found,) = files.found("empty-cell")
    assert (found.severity, where(found)) == ("note", ("门店.csv", 3, "城市"))
