"""Who owns a conversation: WeCom's session states, followed message by message.

Pure functions from a conversation and something that happened to the conversation as it is
afterwards. States (WeCom developer documentation, 微信客服/会话状态): 0 new, 1 bot, 2 waiting in
the pool, 3 a person serves, 4 ended. ``session_version`` grows whenever the owner changes; a
reply that was made for an earlier version is never sent.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from chatbot.store.conversations import Conversation
from chatbot.wecom.kf import ServiceState, SessionState
from chatbot.wecom.kf_items import SessionChange

#: A session without an end lasts this long, and so does the right to answer a message.
WINDOW = timedelta(hours=48)


#: States in which the bot may write.
BOT_STATES = frozenset({SessionState.NEW, SessionState.BOT})


def is_the_bots(conversation: Conversation) -> bool:
    """Return whether the bot may write, as far as we know."""
    return conversation.service_state in BOT_STATES


def is_with_people(conversation: Conversation) -> bool:
    """Return whether the session waits in the pool, or a person has it."""
    return conversation.service_state in {SessionState.POOL, SessionState.SERVICER}


def is_where(conversation: Conversation, found: ServiceState) -> bool:
    """Return whether a session is where we believe it to be; 0 and 1 are both the bot's."""
    if found.state in BOT_STATES:
        return is_the_bots(conversation)
    here = (conversation.service_state, conversation.servicer_userid or "")
    return (found.state, found.servicer_userid) == here


def customer_wrote(conversation: Conversation, at: datetime) -> Conversation:
    """Follow a customer's message: it opens a session if none is running.

    It also opens the 48 hours and the five messages anew; messages that went out between the
    customer's writing and our reading of it count already, so the caller adds them (see
    `budget_reset`).
    """
    wrote = conversation.customer_wrote_at
    conversation = replace(conversation, customer_wrote_at=max(at, wrote) if wrote else at)
    if conversation.service_state == SessionState.ENDED:
        return _new_session(conversation, at, certain=True)
    if is_over(conversation, at):
        # WeCom ends a session by itself after 48 hours without telling; ask before writing.
        return _new_session(conversation, at, certain=False)
    return conversation


def budget_reset(conversation: Conversation, sent: int) -> Conversation:
    """Begin a new count of sent messages with those sent since the customer's message."""
    return replace(conversation, sent_since_customer=sent)


def staff_wrote(
    conversation: Conversation, servicer_userid: str | None, at: datetime
) -> Conversation:
    """Follow a staff member's message: only the person who serves can write."""
    if (
        conversation.service_state == SessionState.SERVICER
        and conversation.servicer_userid == servicer_userid
    ):
        return conversation
    return _owned(conversation, SessionState.SERVICER, servicer_userid, at)


def status_changed(
    conversation: Conversation, change: SessionChange, new_servicer: str | None, at: datetime
) -> Conversation:
    """Follow what staff did in their client."""
    if change is SessionChange.ENDED:
        return ended(conversation)
    if change is SessionChange.REOPENED:
        conversation = replace(conversation, session_started_at=at)
    return _owned(conversation, SessionState.SERVICER, new_servicer, at)


def ended(conversation: Conversation) -> Conversation:
    """Follow the end of a session: the bot forgets what was said in it."""
    return replace(_owned(conversation, SessionState.ENDED, None), context={})


def handed_over(
    conversation: Conversation, state: SessionState, servicer_userid: str | None
) -> Conversation:
    """Follow our own transition to a person or into the pool."""
    return _owned(conversation, state, servicer_userid)


def observed(
    conversation: Conversation, state: int, servicer_userid: str | None, at: datetime
) -> Conversation:
    """Follow what the platform says the state is."""
    if state == conversation.service_state and servicer_userid == conversation.servicer_userid:
        return replace(conversation, state_certain=True)
    if {state, conversation.service_state} == BOT_STATES:
        # The platform moves 0 → 1 by itself at the first reply: the owner is the same.
        return replace(conversation, service_state=state, state_certain=True)
    if state == SessionState.ENDED:
        return ended(conversation)
    if state in BOT_STATES:
        return replace(_new_session(conversation, at, certain=True), service_state=state)
    # A state the platform may add one day is not ours to talk in.
    known = SessionState(state) if state in set(SessionState) else SessionState.SERVICER
    return _owned(conversation, known, servicer_userid, at)


def doubted(conversation: Conversation) -> Conversation:
    """Remember that the platform contradicted us, so that it is asked before the next message."""
    return replace(conversation, state_certain=False)


def bot_replied(conversation: Conversation) -> Conversation:
    """Follow a reply of ours: the platform moves a new session to the bot."""
    if conversation.service_state == SessionState.NEW:
        return replace(conversation, service_state=SessionState.BOT)
    return conversation


def _new_session(conversation: Conversation, at: datetime, *, certain: bool) -> Conversation:
    return replace(
        conversation,
        service_state=SessionState.NEW,
        state_certain=certain,
        servicer_userid=None,
        session_version=conversation.session_version + 1,
        session_started_at=at,
        context={},
    )


def _owned(
    conversation: Conversation,
    state: SessionState,
    servicer_userid: str | None,
    at: datetime | None = None,
) -> Conversation:
    return replace(
        conversation,
        session_started_at=conversation.session_started_at or at,
        service_state=state,
        state_certain=True,
        servicer_userid=servicer_userid,
        session_version=conversation.session_version + 1,
    )


def is_over(conversation: Conversation, at: datetime) -> bool:
    """Return whether WeCom has ended the session by itself: it does not tell."""
    started = conversation.session_started_at
    return started is not None and at - started >= WINDOW
