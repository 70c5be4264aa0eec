"""Forms that other systems are to carry out: may they be called, and will they believe it?"""

from __future__ import annotations

from collections.abc import Iterator

from chatbot.doctor.report import Finding, Verdict
from chatbot.doctor.words import finding, listed, say
from chatbot.forms.form import WebhookAction
from chatbot.forms.hosts import AddressRefused, check_address
from chatbot.knowledge.content import Content
from chatbot.settings import Settings
from chatbot.understanding.intents import Intent

HOSTS = "CHATBOT_OUTBOUND_HOSTS"
WEBHOOK_SECRET = "CHATBOT_WEBHOOK_SECRET"  # noqa: S105 - the variable's name


def check_forms(content: Content, settings: Settings) -> Verdict[int]:
    """Check the webhooks of all forms against the settings; calls none of them."""
    flows = [(intent, intent.flow) for intent in content.intents if intent.flow]
    webhooks = [
        (intent, flow.action) for intent, flow in flows if isinstance(flow.action, WebhookAction)
    ]
    findings: list[Finding] = []
    for intent, action in webhooks:
        findings += _address(intent, action, settings)
    if webhooks and not settings.webhook_secret.get_secret_value():
        names = listed([intent.title for intent, _ in webhooks])
        findings.append(finding("webhook_unsigned", WEBHOOK_SECRET, forms=names))
    summary = say("forms", count=len(flows), webhooks=len(webhooks))
    return Verdict(tuple(findings), summary, len(flows))


def _address(intent: Intent, action: WebhookAction, settings: Settings) -> Iterator[Finding]:
    try:
        check_address(action.url, settings.outbound_hosts)
    except AddressRefused as error:
        yield finding("webhook_refused", HOSTS, form=intent.title, problem=error)
