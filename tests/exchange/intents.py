"""Intents of every kind, for properties that hold of all of them."""

from __future__ import annotations

from hypothesis import strategies as st

from chatbot.forms.form import Choice, Flow, HandoffAction, Slot, WebhookAction
from chatbot.knowledge.flow_files import units_said
from chatbot.understanding.intents import Intent, IntentHandoff
from tests.exchange.entries import messages, texts, wordings

_plain = st.sampled_from(["请问哪天入住？", "住几晚？", "a: b", "# 备注", "好，请核对", "yes", "3"])
_skills = st.sampled_from(["售后", "预订 组", "no"])
_lists = st.lists(wordings, max_size=3).map(lambda items: tuple(dict.fromkeys(items)))
_keywords = st.lists(
    st.sampled_from(["投诉", "/差评|曝光/", "/(帮|替)订{1,2}/", "a b", "null"]),
    max_size=3,
    unique=True,
).map(tuple)
_names = st.sampled_from(["date", "房型", "门店_2"])
_choices = st.lists(
    st.tuples(
        st.sampled_from(["大床房", "no", "1", "a: b", "[x", "家庭, 亲子"]),
        st.sampled_from([(), ("大床",), ("x: y", "'z'")]),
    ),
    min_size=1, max_size=2, unique_by=lambda each: each[0],
).map(lambda pairs: tuple(Choice(name, words) for name, words in pairs))  # fmt: skip


def _slot(name: str, kind: str, ask: str, choices: tuple[Choice, ...], flag: bool) -> Slot:
    match kind:
        case "date":
            return Slot(name, "date", ask, minimum=-3.0 if flag else 0.0, maximum=30.0)
        case "time":
            return Slot(name, "time", ask, minimum=570.0, default="09:30" if flag else None)
        case "number":
            units = ("晚",) if flag else units_said(name, ask, "")
            return Slot(name, "number", ask, default=2, minimum=1.5, units=units)
        case "choice":
            words = [word for choice in choices for word in choice.words]
            apart = choices if len(set(words)) == len(words) else choices[:1]
            return Slot(name, "choice", ask, "房型", choices=apart, default=apart[0].name)
        case _:
            return Slot(name, "text", ask, optional=flag, minimum=0.0)


_slots = st.builds(
    _slot, _names, st.sampled_from(["date", "time", "number", "choice", "text"]), _plain, _choices,
    st.booleans(),
)  # fmt: skip
_flows = st.builds(
    lambda slots, action, done: Flow("x", slots, action, done=done),
    st.lists(_slots, min_size=1, max_size=2, unique_by=lambda slot: slot.name).map(tuple),
    st.one_of(
        st.builds(HandoffAction, _skills),
        st.builds(WebhookAction, st.just("https://a.cn/b?c=1&d=x,y"), st.sampled_from([3.0, 0.5])),
    ),
    _plain,
)
intents = st.builds(
    Intent,
    name=st.just("x"),
    title=st.one_of(st.just("x"), texts),
    examples=_lists.filter(bool),
    keywords=_keywords,
    exclude=_lists,
    tags=st.sampled_from([(), ("意向:有投诉",), ("意向:a b", "来源:c|d")]),
    stage=st.sampled_from(["", "售后", "no"]),
    reply=st.lists(messages, max_size=2).map(tuple),
    handoff=st.one_of(
        st.none(),
        st.builds(
            IntentHandoff, st.one_of(st.none(), _skills), st.sampled_from(["normal", "high"])
        ),
    ),
    flow=st.one_of(st.none(), _flows),
    drafts=st.sampled_from([(), ("say-sorry", "a b")]),
)
