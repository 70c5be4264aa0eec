"""A WeCom (企业微信) on one's own machine: the wire, the rules, a phone page and a staff page.

It knows nothing of any bot: it calls a callback URL and answers ``/cgi-bin/…`` like the platform,
so it serves any program that talks to WeCom. ``docs/simulator.md`` is its manual.
"""

from chatbot.simulator.config import SimulatorConfig, load_config
from chatbot.simulator.server import create_app

__all__ = ["SimulatorConfig", "create_app", "load_config"]
