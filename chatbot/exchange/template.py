"""Files to fill in: a workbook with notes and examples, or the same in another form."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from chatbot.exchange.table_rows import headings
from chatbot.exchange.xlsx_text import workbook_bytes

_NOTES: Mapping[str, str] = MappingProxyType(
    {
        "id": "可以不写。写了就不要再改：历史和标注按它认条目。不能重复，中间没有空格。",
        "question": "必填。标准问，会出现在菜单里，不能用花括号。",
        "similar": "客户真正会打的话，3 到 10 个最合算。几个用 | 或换行（Alt+Enter）分开。",
        "not": "绝不该答到这一条的问法。几个用 | 或换行分开。",
        "answer": "必填。发给客户的文字，可以用 {顾客.称呼}、{门店.早餐时间} 这样的变量。",
        "category": "分类，可以分层：设施/泳池。不写则按文件夹。",
        "tags": "给看到这条回答的客户的标签，写成 组:标签，几个用 | 或换行分开。",
        "valid_from": "从哪天起回答，2026-01-31。",
        "valid_until": "到哪天为止，那天也包含在内。",
        "image": "_media/图片名，接在文字后面发；或直接把图片插进格子，导入时替您存好。",
        "link": "标题 网址 _media/图片，中间用空格隔开。",
        "miniprogram": "标题 AppID 页面路径 _media/图片，中间用空格隔开。",
        "when": "只对这样的客户这样答：组:标签、账号=简称，或 语言=英文。"
        "下一行用同一个编号写其余客户的答案，别的格子留空。",
        "auto": "是：直接回答；先确认：先问一句是不是这个问题；仅人工：只给客服看。不写就是“是”。",
        "owner": "谁负责这一条。",
        "review": "什么时候复核，2026-06-01。",
    }
)
_EXAMPLES: tuple[Mapping[str, str], ...] = (
    {
        "id": "late-checkout",
        "question": "可以延迟退房吗？",
        "similar": "能晚点退房吗\n退房时间能延到下午吗",
        "not": "怎么提前退房",
        "answer": "金卡会员可延迟至 16:00。",
        "category": "退房",
        "tags": "意向:续住",
        "when": "会员等级:金卡",
        "auto": "是",
    },
    {"id": "late-checkout", "answer": "会员可免费延迟至 14:00，请在当天 10:00 前告诉前台。"},
    {
        "question": "酒店有停车场吗？",
        "similar": "停车收费吗\n车停哪里",
        "answer": "地下一层有停车场，住店客人免费。",
        "category": "停车",
        "valid_from": "2026-01-01",
        "auto": "先确认",
        "owner": "小林",
        "review": "2026-06-01",
    },
)


#: The forms that there is a template of. What is an example in them is a comment, or read by
#: nobody: who sends one back as it is has changed nothing.
TEMPLATE_SUFFIXES = (".xlsx", ".csv", ".yaml", ".md")
_YAML = """\
# 一条一条写，前面的 # 去掉。必填的只有 question 和 answer；id 写了就不要再改。
# - id: late-checkout
#   question: 可以延迟退房吗？
#   similar: [能晚点退房吗, 退房时间能延到下午吗]
#   not: [怎么提前退房]
#   answer: 会员可免费延迟至 14:00，请在当天 10:00 前告诉前台。
#   category: 退房
#   tags: ["意向:续住"]
#   valid: {from: 2026-01-01, until: 2026-12-31}
"""
_MARKDOWN = """\
<!-- 一个 # 是分类，两个 # 是问题，下面是各项和答案；照着写，去掉两边的记号。 -->
<!-- # 退房 -->
<!-- ## 可以延迟退房吗？ -->
<!-- - 相似问：能晚点退房吗｜退房时间能延到下午吗 -->
<!-- 会员可免费延迟至 14:00，请在当天 10:00 前告诉前台。 -->
"""


def template_bytes(suffix: str = ".xlsx") -> bytes:
    """Return a file to fill in, in one of the forms of ``TEMPLATE_SUFFIXES``.

    The examples of the workbook stand in a sheet of their own, which no import reads.
    """
    match suffix:
        case ".csv":
            return f"{','.join(headings())}\r\n".encode("utf-8-sig")
        case ".yaml":
            return _YAML.encode()
        case ".md":
            return _MARKDOWN.encode()
        case _:
            return workbook_bytes((), notes=_NOTES, examples=_EXAMPLES)
