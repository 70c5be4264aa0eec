"""Files for spreadsheet programs: no text is computed, none breaks out of its cell."""

from __future__ import annotations

import csv
import io

import pytest

from chatbot.console.spreadsheets import cell_text, csv_text


@pytest.mark.parametrize(
    ("written", "cell"),
    [
        ("没有解决问题", "没有解决问题"),
        ('=HYPERLINK("http://evil.example","点我")', "'=HYPERLINK(\"http://evil.example\",\"点我\")"),
        ("+86 138", "'+86 138"),
        ("-1+1", "'-1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1+1", "'=1+1"),
        ("\r\n =1+1", "'=1+1"),
        ("＝1+1", "'＝1+1"),
        ("一\n二\u202e三", "一 二‹202E›三"),
        ("a=1", "a=1"),
        ("", ""),
    ],
)  # fmt: skip
def test_that_a_cell_is_one_line_of_text(written: str, cell: str) -> None:
    assert cell_text(written) == cell


def test_that_a_table_reads_back_as_it_was() -> None:
    rows = [('说“好”,"引号"', 3), ("=1", -2)]
    found = list(csv.reader(io.StringIO(csv_text(["原因", "次数"], rows))))
    assert found == [["原因", "次数"], ['说“好”,"引号"', "3"], ["'=1", "-2"]]
