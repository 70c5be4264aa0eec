"""What another system tells of a customer: the JSON of its answer, read with strict limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

#: So many orders and facts are shown; of the others only how many there are.
MOST_ORDERS = 20
MOST_FACTS = 20
#: Characters of a text, and of what stands beside it: a status, a time, an amount, a name. An
#: address may be longer, but is never cut.
LONGEST_TEXT = 200
LONGEST_WORD = 40
LONGEST_URL = 1000


@dataclass(frozen=True, slots=True)
class Order:
    """An order, in the words of the system that has it; whatever is missing is empty.

    ``time`` may be ISO 8601 with an offset. ``url`` is as it came: check it before it is a link.
    """

    number: str = ""
    title: str = ""
    status: str = ""
    time: str = ""
    amount: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class CustomerFact:
    """Whatever else that system knows."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class CustomerAnswer:
    """What is known of a customer; ``more_orders`` are those beyond the limit."""

    orders: tuple[Order, ...] = ()
    facts: tuple[CustomerFact, ...] = ()
    more_orders: int = 0


class AnswerUnreadable(ValueError):
    """The answer is not as agreed; the text names the field, never what stands there."""


class _Part(BaseModel):
    # A number is as good as its digits; what else there is may be for others.
    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True)


class _Order(_Part):
    number: str | None = None
    title: str | None = None
    status: str | None = None
    time: str | None = None
    amount: str | None = None
    url: str | None = None


class _Fact(_Part):
    name: str
    value: str | None = None


class _Answer(_Part):
    orders: list[_Order] = Field(default_factory=list)
    facts: list[_Fact] = Field(default_factory=list)


def read_answer(result: Mapping[str, Any]) -> CustomerAnswer:
    """Return what an answer says.

    Raises:
        AnswerUnreadable: a field is not of the kind that was agreed.
    """
    try:
        answer = _Answer.model_validate(result)
    except ValidationError as error:
        place = ".".join(map(str, error.errors()[0]["loc"]))
        raise AnswerUnreadable(place) from None
    orders = [each for each in map(_order, answer.orders) if each != Order()]
    facts = [CustomerFact(_cut(each.name, LONGEST_WORD), _cut(each.value)) for each in answer.facts]
    return CustomerAnswer(
        tuple(orders[:MOST_ORDERS]),
        tuple(each for each in facts if each.name and each.value)[:MOST_FACTS],
        max(0, len(orders) - MOST_ORDERS),
    )


def _order(order: _Order) -> Order:
    url = (order.url or "").strip()
    return Order(
        _cut(order.number), _cut(order.title), _cut(order.status, LONGEST_WORD),
        _cut(order.time, LONGEST_WORD), _cut(order.amount, LONGEST_WORD),
        url if len(url) <= LONGEST_URL else "",
    )  # fmt: skip


def _cut(text: str | None, longest: int = LONGEST_TEXT) -> str:
    line = " ".join((text or "").split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"
