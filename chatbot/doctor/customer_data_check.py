"""The system that knows customers' orders: may it be asked, and does it answer as agreed?"""

from __future__ import annotations

import time

from chatbot.clock import Clock
from chatbot.doctor.form_checks import HOSTS, WEBHOOK_SECRET
from chatbot.doctor.report import Finding, Verdict
from chatbot.doctor.words import finding, say
from chatbot.forms.hosts import AddressRefused, check_address
from chatbot.pipeline.customer_answer import AnswerUnreadable, read_answer
from chatbot.pipeline.customer_data import ANSWER_SECONDS, QUESTION
from chatbot.pipeline.webhook_client import WebhookClient, webhook_session
from chatbot.settings import Settings

DATA_URL = "CHATBOT_CUSTOMER_DATA_URL"
#: Nobody's: whoever answers says that nothing is known of them.
_NOBODY = {"ask": QUESTION, "customer": "wmDoctor", "account": "wkDoctor"}


async def check_customer_data(settings: Settings, clock: Clock) -> Verdict[float]:
    """Ask about a customer that there is not; the fact is how long that took, in seconds."""
    if not settings.customer_data_url:
        return Verdict((), say("customer_data_none"))
    findings = _may_be_asked(settings)
    if findings:
        return Verdict(tuple(findings))
    began = time.perf_counter()
    async with webhook_session(settings.outbound_hosts) as session:
        client = WebhookClient(session, clock, settings.outbound_hosts, settings.webhook_secret)
        answer = await client.ask(settings.customer_data_url, _NOBODY, ANSWER_SECONDS)
    seconds = time.perf_counter() - began
    if answer.kind != "done":
        key = "customer_data_silent" if answer.kind == "again" else "customer_data_refused"
        return Verdict((finding(key, DATA_URL, problem=answer.problem),))
    try:
        read_answer(answer.result)
    except AnswerUnreadable as error:
        return Verdict((finding("customer_data_unreadable", DATA_URL, field=error),))
    summary = say("customer_data", milliseconds=round(1000 * seconds))
    return Verdict((), summary, seconds)


def _may_be_asked(settings: Settings) -> list[Finding]:
    findings = []
    try:
        check_address(settings.customer_data_url, settings.outbound_hosts)
    except AddressRefused as error:
        findings.append(finding("customer_data_address", DATA_URL, HOSTS, problem=error))
    if not settings.webhook_secret.get_secret_value():
        findings.append(finding("customer_data_unsigned", WEBHOOK_SECRET))
    return findings
