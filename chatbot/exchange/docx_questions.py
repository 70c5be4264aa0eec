"""Questions and answers of a document: by its headings, 问/答 pairs, and tables of both. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from chatbot.exchange.docx_blocks import Block

#: A heading that is typed as one, by the numbers in front: 第一章, 一、, （一）, 1、, 1.2, (1).
_HAN = "一二三四五六七八九十百"
_NUMBERS = (
    re.compile(rf"第[{_HAN}\d]{{1,4}}[章篇部]分?[\s:：、.]*"),
    re.compile(rf"第[{_HAN}\d]{{1,4}}[节条][\s:：、.]*"),
    re.compile(rf"[{_HAN}]{{1,4}}\s*[、.．][\s]*"),
    re.compile(rf"[（(][{_HAN}]{{1,4}}[)）][\s、.]*"),
    re.compile(r"\d{1,3}\s*(?:[、．]|[.](?!\d))\s*"),
    # 1.5 米 is no number of a heading.
    re.compile(r"\d{1,3}[.．]\d{1,3}(?![\d.．])\s*[、.．]?\s*(?![米元折倍万亿个点%a-zA-Z])"),
    re.compile(r"\d{1,3}(?:[.．]\d{1,3}){2,4}(?![\d.．])\s*[、.．]?\s*"),
    re.compile(r"[（(]\d{1,3}[)）][\s、.]*"),
)
#: A longer paragraph that begins with a number is an item of an answer.
_LONGEST_TYPED = 60
_SENTENCE = re.compile(r"[。；;！!]|[，,].*[，,]")
_ASKS = re.compile(
    r"(?:问题?|Q(?:uestion)?)\s*\d{0,3}\s*[:：、.．]\s*(.+)", re.IGNORECASE | re.DOTALL
)
_ANSWERS = re.compile(
    r"(?:答案?|回答|A(?:nswer)?)\s*\d{0,3}\s*[:：、.．]\s*(.*)", re.IGNORECASE | re.DOTALL
)
_QUESTION_HEADS = frozenset({"问题", "问", "标准问", "常见问题", "q", "question"})
_ANSWER_HEADS = frozenset({"答案", "答", "回答", "回复", "答复", "标准答案", "a", "answer"})
_MANY_PARTS = 2


@dataclass(frozen=True, slots=True)
class DocumentQuestion:
    """A question with its answer, and the headings above it, the highest first."""

    category: tuple[str, ...]
    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Note:
    """Something that does not come in, by the heading that it stands below."""

    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class DocumentText:
    """What a document holds."""

    questions: tuple[DocumentQuestion, ...]
    notes: tuple[Note, ...]


@dataclass(slots=True)
class _Section:
    """A heading, or a question of a pair, with the blocks below it up to the next."""

    above: tuple[str, ...]
    title: str
    has_below: bool = False
    blocks: list[Block] = field(default_factory=list)


def questions_in(blocks: Sequence[Block]) -> DocumentText:
    """Return the questions of a document, and what of it does not come in."""
    notes: list[Note] = []
    found = [
        question
        for section in _sections(_with_typed_headings(blocks))
        for question in _questions(section, notes)
    ]
    return DocumentText(tuple(found), tuple(notes))


def path_of(question: DocumentQuestion) -> str:
    """Return where a question stands, for people: 退房 › 能延迟退房吗."""
    return " › ".join((*question.category, question.question))


def _with_typed_headings(blocks: Sequence[Block]) -> list[Block]:
    """Return the blocks with typed numbers as headings, if the document has none by style."""
    if any(block.level for block in blocks):
        return [replace(each, text=_plain(each.text)) if each.level else each for each in blocks]
    return [_typed(each) for each in blocks]


def _typed(block: Block) -> Block:
    """Return a short paragraph that begins with a number as the heading that it is."""
    if block.rows or len(block.text) > _LONGEST_TYPED or _SENTENCE.search(block.text):
        return block
    for level, pattern in enumerate(_NUMBERS, start=1):
        found = pattern.match(block.text)
        if found and block.text[found.end() :].strip():
            return replace(block, text=block.text[found.end() :].strip(), level=level)
    return block


def _plain(heading: str) -> str:
    """Return a heading without the number in front of it."""
    for pattern in _NUMBERS:
        found = pattern.match(heading)
        if found and heading[found.end() :].strip():
            return heading[found.end() :].strip()
    return heading


def _sections(blocks: Sequence[Block]) -> Iterator[_Section]:
    """Yield the headings with what stands directly below each; first, what is above all."""
    section = _Section((), "")
    path: list[tuple[int, str]] = []
    for block in blocks:
        if not block.level:
            section.blocks.append(block)
            continue
        while path and path[-1][0] >= block.level:
            path.pop()
        section.has_below = bool(path) and path[-1][1] == section.title
        yield section
        title = " ".join(block.text.split())
        section = _Section(tuple(name for _, name in path), title)
        path.append((block.level, title))
        if block.pictures or block.unread:
            section.blocks.append(replace(block, text="", level=0))
    yield section


def _questions(section: _Section, notes: list[Note]) -> Iterator[DocumentQuestion]:
    notes.extend(_unread(section))
    pairs = list(_pairs(section, notes))
    if pairs:
        yield from pairs
        return
    answer = _answer(section.blocks)
    if not section.title:
        if answer:
            notes.append(Note("", "第一个标题前面的文字不知道是哪个问题的答案"))
        return
    if answer:
        yield DocumentQuestion(section.above, section.title, answer)
    elif not section.has_below:
        notes.append(Note(_heading(section), "下面没有文字，没有答案"))


def _pairs(section: _Section, notes: list[Note]) -> Iterator[DocumentQuestion]:
    """Yield the pairs of 问 and 答 below a heading, typed or in tables; the heading is above."""
    above = (*section.above, section.title) if section.title else section.above
    current: _Section | None = None
    has_pairs = any(_ASKS.fullmatch(each.text) for each in section.blocks if not each.rows)
    before: list[Block] = []
    for block in section.blocks:
        asks = _ASKS.fullmatch(block.text) if not block.rows else None
        if asks:
            if current is not None:
                yield from _paired(current, notes)
            question, _, rest = asks[1].strip().partition("\n")
            current = _Section(above, " ".join(question.split()))
            if rest.strip():
                current.blocks.append(replace(block, text=rest.strip()))
        elif _is_table_of_pairs(block):
            yield from _in_table(above, block)
        elif current is not None:
            current.blocks.append(block)
        else:
            before.append(block)
    if current is not None:
        yield from _paired(current, notes)
    if has_pairs and _answer(before):
        notes.append(Note(_heading(section), "“问：”前面的文字没有收"))


def _paired(section: _Section, notes: list[Note]) -> Iterator[DocumentQuestion]:
    answer = _answer(section.blocks)
    if answer:
        yield DocumentQuestion(section.above, section.title, answer)
    else:
        notes.append(Note(_heading(section), "下面没有“答：”，没有答案"))


def _is_table_of_pairs(block: Block) -> bool:
    heads = [each.strip().lower() for each in block.rows[0]] if block.rows else []
    return any(each in _QUESTION_HEADS for each in heads) and any(
        each in _ANSWER_HEADS for each in heads
    )


def _in_table(above: tuple[str, ...], block: Block) -> Iterator[DocumentQuestion]:
    heads = [each.strip().lower() for each in block.rows[0]]
    asked = next(at for at, each in enumerate(heads) if each in _QUESTION_HEADS)
    answered = next(at for at, each in enumerate(heads) if each in _ANSWER_HEADS)
    for row in block.rows[1:]:
        cells = (*row, *[""] * len(heads))
        question, answer = " ".join(cells[asked].split()), cells[answered].strip()
        if question and answer:
            yield DocumentQuestion(above, question, answer)


def _answer(blocks: Sequence[Block]) -> str:
    """Return the text of an answer: a line for each paragraph, item and row."""
    counts: Counter[int] = Counter()
    lines: list[str] = []
    for block in blocks:
        if not block.numbered:
            counts.clear()
        lines.extend(_lines(block, counts))
    if not any(line for line in lines if not line.startswith("[图片：")):
        return ""
    return "\n".join(line for line in lines if line)


def _lines(block: Block, counts: Counter[int]) -> Iterator[str]:
    answers = _ANSWERS.fullmatch(block.text)
    text = answers[1].strip() if answers else block.text
    if block.numbered == "bullet":
        yield f"· {text}" if text else ""
    elif block.numbered:
        counts[block.depth] += 1
        for deeper in [depth for depth in counts if depth > block.depth]:
            del counts[deeper]
        yield f"{counts[block.depth]}. {text}" if text else ""
    else:
        yield text
    yield from _table_lines(block.rows)
    yield from (f"[图片：{name}]" for name in block.pictures)


def _table_lines(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield a table as lines: of two columns "早餐：7:00", of more with the headings in them."""
    cells = [[" ".join(cell.split()) for cell in row] for row in rows]
    if not cells:
        return
    if max(map(len, cells)) <= _MANY_PARTS:
        yield from ("：".join(cell for cell in row if cell) for row in cells)
        return
    heads = cells[0]
    if len(cells) == 1:
        yield "，".join(cell for cell in heads if cell)
    for row in cells[1:]:
        named = zip(heads[1:], row[1:], strict=False)
        said = "，".join(f"{head}{cell}" if head else cell for head, cell in named if cell)
        yield f"{row[0]}：{said}" if row[0] else said


def _unread(section: _Section) -> Iterator[Note]:
    heading = _heading(section)
    pictures = [name for block in section.blocks for name in block.pictures]
    if pictures:
        text = f"{len(pictures)} 张图片没有带进来（{'、'.join(pictures)}），草稿里标出了位置"
        yield Note(heading, text)
    kinds = Counter(kind for block in section.blocks for kind in block.unread)
    for kind, count in kinds.items():
        yield Note(heading, f"{count} 处{kind}没有读")


def _heading(section: _Section) -> str:
    return " › ".join((*section.above, section.title) if section.title else section.above)
