"""Every sentence a customer or an agent can see, by key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib import resources
from string import Formatter
from typing import Any

import yaml

#: What a key holds in a file: one sentence, a list, a sentence a language, or captions by name.
TextValue = str | tuple[str, ...] | Mapping[str, str]
#: The key of the sentence for languages without one of their own.
OTHER_LANGUAGE = "other"


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts in force. Each key is explained where its Chinese stands, ``texts/zh.yaml``."""

    welcome_head: str
    welcome_items: tuple[str, ...]
    welcome_tail: str
    greeting: str
    greeting_phrases: tuple[str, ...]
    thanks: str
    thanks_phrases: tuple[str, ...]
    goodbye: str
    goodbye_phrases: tuple[str, ...]
    okay: str
    okay_phrases: tuple[str, ...]
    remark: str
    remark_phrases: tuple[str, ...]
    undecided: str
    undecided_phrases: tuple[str, ...]
    doubt: str
    doubt_phrases: tuple[str, ...]
    praise: str
    praise_phrases: tuple[str, ...]
    abuse: str
    abuse_phrases: tuple[str, ...]
    robot: str
    robot_phrases: tuple[str, ...]
    name: str
    name_phrases: tuple[str, ...]
    chatter: str
    chatter_phrases: tuple[str, ...]
    emoji_only: str
    marks_only: str
    empty: str
    human_caption: str
    menu_head: str
    clarify_head: str
    row_head: str
    row_more: str
    unnamed_customer: str
    assistant_name: str
    handed_over: str
    handed_over_closed: str
    opening_today: str
    opening_tomorrow: str
    opening_later: str
    handed_over_foreign: Mapping[str, str]
    handed_over_closed_foreign: Mapping[str, str]
    smalltalk_foreign: Mapping[str, str]
    clarify_foreign: Mapping[str, str]
    row_foreign: Mapping[str, str]
    queue_notice: str
    session_ended: str
    rating_head: str
    rating_good_caption: str
    rating_fair_caption: str
    rating_poor_caption: str
    rating_tail: str
    rating_good_words: tuple[str, ...]
    rating_fair_words: tuple[str, ...]
    rating_poor_words: tuple[str, ...]
    rating_thanks: str
    rating_noted: str
    rating_late: str
    rating_fair_head: str
    rating_poor_head: str
    rating_reasons: tuple[str, ...]
    rating_none_caption: str
    held_notice: str
    held_notice_closed: str
    session_closed: str
    session_kept_closed: str
    ask_to_type: str
    ask_about_attachment: str
    unsupported_message: str
    member_handoff: str
    member_handoff_alone: str
    member_menu_hint: str
    member_miniprogram: str
    form_yes_caption: str
    form_change_caption: str
    form_cancel_caption: str
    form_skip_caption: str
    form_yes_words: tuple[str, ...]
    form_no_words: tuple[str, ...]
    form_cancel_words: tuple[str, ...]
    form_skip_words: tuple[str, ...]
    form_what_to_change: str
    form_confirm_again: str
    form_cancelled: str
    form_resume: str
    form_invalid_date: str
    form_invalid_time: str
    form_invalid_number: str
    form_invalid_phone: str
    form_invalid_choice: str
    form_invalid_text: str
    form_too_small: str
    form_too_large: str
    form_too_early: str
    form_too_late: str
    form_too_short: str
    form_too_long: str
    form_day: str
    form_day_of_year: str
    form_weekdays: tuple[str, ...]
    form_unfilled: str
    form_title_date: str
    form_title_time: str
    form_title_number: str
    form_title_phone: str
    form_title_choice: str
    form_title_text: str
    human_phrases: tuple[str, ...]
    human_excluded: tuple[str, ...]
    menu_phrases: tuple[str, ...]
    card_title: str
    card_title_urgent: str
    card_customer: str
    card_staged: str
    card_account: str
    card_reason: str
    card_place: str
    card_assigned: str
    card_in_pool: str
    card_failed: str
    card_waiting: str
    card_waiting_told: str
    card_waiting_untold: str
    card_duty_phone: str
    card_budget: str
    card_left: str
    card_hours: str
    card_minutes: str
    card_closed: str
    card_tags: str
    card_no_words: str
    card_take: str
    card_pass: str
    card_later: str
    card_colleague: str
    card_case: str
    card_console: str
    card_outcome_taken: str
    card_outcome_given: str
    card_outcome_ended: str
    card_outcome_later: str
    card_outcome_moved: str
    card_outcome_busy: str
    card_outcome_not_taken: str
    card_outcome_not_given: str
    card_somebody: str
    card_unnamed: str
    reason_wish: str
    reason_low_confidence: str
    reason_image: str
    reason_file: str
    reason_video: str
    reason_voice: str
    reason_unsupported: str
    reason_intent: str
    reason_budget: str
    reason_missing_fact: str
    reason_agents_only: str
    reason_error: str
    reason_language: str
    reason_form: str
    reason_webhook: str
    reason_mode: str
    rating_told: str
    rating_told_why: str
    card_draft: str
    card_draft_sure: str
    assist_stages: tuple[str, ...]
    assist_words: Mapping[str, str]
    page_title: str
    page_customer: str
    page_bot: str
    page_agent: str
    page_system: str
    page_empty: str
    page_not_found: str
    page_sessions: tuple[str, ...]
    page_image: str
    page_voice: str
    page_video: str
    page_file: str
    page_business_card: str
    page_other: str
    page_transition: str
    page_webhook: str
    page_why_answer: str
    page_why_smalltalk: str
    page_why_reply: str
    page_why_clarify: str
    page_why_flow: str
    page_rating: str
    page_stale: str
    page_recalled: str
    page_pending: str
    page_sending: str
    page_delivered: str
    page_refused: str
    page_superseded: str
    page_held: str
    page_expired: str
    page_unknown: str
    page_draft: str
    rating_words: Mapping[str, str]
    insight_words: Mapping[str, str]
    gap_words: Mapping[str, str]
    sample_words: Mapping[str, str]
    workshop_words: Mapping[str, str]
    calibration_words: Mapping[str, str]
    access_words: Mapping[str, str]
    admin_words: Mapping[str, str]
    entry_words: Mapping[str, str]
    publish_words: Mapping[str, str]
    notice_words: Mapping[str, str]
    curate_words: Mapping[str, str]
    review_words: Mapping[str, str]
    import_words: Mapping[str, str]
    explain_words: Mapping[str, str]
    try_words: Mapping[str, str]
    case_words: Mapping[str, str]
    case_page_words: Mapping[str, str]
    case_reply_phrases: tuple[str, ...]
    case_call_phrases: tuple[str, ...]
    case_handle_phrases: tuple[str, ...]
    case_later_phrases: tuple[str, ...]
    case_excluded_phrases: tuple[str, ...]
    left_message_phrases: tuple[str, ...]
    desk_words: Mapping[str, str]
    sidebar_words: Mapping[str, str]
    clarify_part_head: str
    unsure_part: str
    dissatisfied_head: str
    dissatisfied_phrases: tuple[str, ...]
    none_phrases: tuple[str, ...]
    reason_dissatisfied: str

    def score_caption(self, score: str) -> str:
        """Return what a score ("good", "fair" or "poor") is called."""
        return str(getattr(self, f"rating_{score}_caption"))

    def score_words(self, score: str) -> tuple[str, ...]:
        """Return the words that give a score."""
        words: tuple[str, ...] = getattr(self, f"rating_{score}_words")
        return (self.score_caption(score), *words)

    def handoff_reason(self, code: str) -> str:
        """Return the words for a handoff's reason code; the code itself where there are none."""
        return str(getattr(self, "reason_" + code.replace("-", "_"), code))


def placeholders(text: str) -> frozenset[str] | None:
    """Return the names in braces that are filled in, None if the braces are not well-formed.

    Variables, which have a group in front (``{助手.名字}``), are none of them.
    """
    try:
        names = (name for _, name, _, _ in Formatter().parse(text))
        return frozenset(name for name in names if name is not None and "." not in name)
    except ValueError:
        return None


def text_keys() -> Mapping[str, type]:
    """Return every key with the type of its value: ``str``, ``tuple`` or ``dict``."""
    return {name: type(value) for name, value in _shipped().items()}


def make_texts(overrides: Mapping[str, TextValue]) -> Texts:
    """Return the shipped texts with a brand's ``overrides`` of known keys.

    Of a sentence a language, or captions, only those that the brand words change.
    """
    shipped = _shipped()
    own = {key: _merged(shipped[key], value) for key, value in overrides.items()}
    return Texts(**{**shipped, **own})


def is_by_language(lines: Mapping[str, str]) -> bool:
    """Return whether the names of ``lines`` are languages."""
    return OTHER_LANGUAGE in lines


def in_language(lines: Mapping[str, str], language: str) -> str:
    """Return the one of ``lines`` that is for ``language``."""
    return lines.get(language) or lines[OTHER_LANGUAGE]


def _merged(shipped: TextValue, own: TextValue) -> TextValue:
    if isinstance(shipped, Mapping) and isinstance(own, Mapping):
        return {**shipped, **own}
    return own


@cache
def _shipped() -> Mapping[str, Any]:
    source = resources.files(__package__).joinpath("zh.yaml").read_text(encoding="utf-8")
    written: dict[str, Any] = yaml.load(source, yaml.CSafeLoader)
    values = {key: tuple(v) if isinstance(v, list) else v for key, v in written.items()}
    missing = {field.name for field in fields(Texts)} ^ values.keys()
    if missing:
        raise RuntimeError(f"chatbot/texts/zh.yaml and Texts disagree about: {sorted(missing)}")
    return values
