"""Files as people keep them, with all that goes wrong in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from openpyxl import Workbook

#: Three rows that can be read and five that cannot, with columns of the writer's own.
MESSY_CSV = (
    "编号,标准问 ,答案,标签,生效时间,客户怎么问,口语,自动回答\r\n"
    "m1,有早餐吗？,有，七点到十点。,,2026/3/1,早饭几点|早餐,能吃早饭不,是\r\n"
    "m2,能加床吗？,可以。,意向,,,,\r\n"
    "m3,有 Wi-Fi 吗？,有。,,3月1日,,,\r\n"
    "m4,{门店.早餐时间}？,看表。,,,,,\r\n"
    "m5,几楼吃饭？,{门店.餐厅}。,,,,,\r\n"
    "m6,宠物呢？,不能。,,,,,也许\r\n"
    "m7,少一格,有\r\n"
    'm8,"引""号""？","两行\n一格",,,,,先确认\r\n'
)


def broken_book(path: Path) -> None:
    """A sheet with merged cells, formulas, a picture, 20 broken rows and 10 right ones."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(["编号", "问题", "答案", "分类", "复核日期", "图片"])
    broken: list[list[Any]] = [
        ["x1", None, "a"], ["x2", "q"], ["x3", "q3", "=A1&B1"], ["x4", "q4", "#REF!"],
        ["x5", "q5", True], ["x6", "q6", "a", None, "以后"], ["x7", "q7", "a{b"],
        ["x8", "{q}", "a"], ["x9", "？？", "a"], ["x 10", "q10", "a"], ["x11", "q11", 10**16],
        ["x12", "q12", "a" * 9000], ["x13", "q13", "a", None, None, "_media/none.png"],
        ["x14", "q14", "a", None, None, "x.png"], ["x15", "q15", "{门店.电话}"],
        ["ok1", "重复的", "a"], [None, "问题1？", "a"], ["x" * 70, "q19", "a"],
        ["x18", "q18", "a", None, None, None, "多"], ["x20", "  ", "a"],
    ]  # fmt: skip
    for n in range(10):
        identifier = f"ok{n}" if n != 1 else None
        sheet.append([identifier, f"问题{n}？", f"答案{n}", "甲" if n == 0 else None])
    sheet.append(["ok1", "编号一", "a", "乙"])
    for row in broken:
        sheet.append(row)
    sheet.merge_cells("D2:D11")
    book.save(path)
