"""One simulated enterprise: everything put together."""

from __future__ import annotations

from chatbot.simulator.api import Platform
from chatbot.simulator.app.api import AppCalls
from chatbot.simulator.app.members import MemberRoom
from chatbot.simulator.app.office import Office
from chatbot.simulator.callbacks import CallbackSender
from chatbot.simulator.clock import MovableClock
from chatbot.simulator.config import SimulatorConfig
from chatbot.simulator.contacts.api import ContactCalls
from chatbot.simulator.contacts.book import ContactBook
from chatbot.simulator.contacts.chats import FriendChats
from chatbot.simulator.contacts.tags_api import TagCalls
from chatbot.simulator.directory import Directory
from chatbot.simulator.faults import FaultBox
from chatbot.simulator.jssdk.api import TicketCalls
from chatbot.simulator.jssdk.tickets import TicketDesk
from chatbot.simulator.jssdk.verification import Verifier
from chatbot.simulator.kf.accounts_api import KfAccounts
from chatbot.simulator.kf.api import KfMessages
from chatbot.simulator.kf.customers import PhoneRoom
from chatbot.simulator.kf.desk import KfDesk
from chatbot.simulator.kf.staff import StaffRoom
from chatbot.simulator.live import LiveHub
from chatbot.simulator.log import ControlLog
from chatbot.simulator.media import MediaStore
from chatbot.simulator.sso.api import LoginCalls
from chatbot.simulator.sso.desk import LoginDesk
from chatbot.simulator.tokens import TokenDesk


class World:
    """The parts of one enterprise. ``reset`` makes those that change anew, from the config.

    Access tokens, tickets, the clock, the numbering of the log and the callback connections
    outlive a reset, so that a bot under test goes on without noticing.
    """

    directory: Directory
    media: MediaStore
    desk: KfDesk
    phones: PhoneRoom
    staff: StaffRoom
    office: Office
    members: MemberRoom
    contacts: ContactBook
    friends: FriendChats
    logins: LoginDesk
    platform: Platform

    def __init__(self, config: SimulatorConfig, clock: MovableClock) -> None:
        self.config = config
        self.clock = clock
        self.live = LiveHub()
        self.log = ControlLog(clock.timestamp, capacity=config.rules.log_entries)
        self.faults = FaultBox(clock.timestamp)
        self.tokens = TokenDesk(config, clock.timestamp)
        self.tickets = TicketDesk(config.rules, clock.timestamp)
        self.verifier = Verifier(config, self.tickets)
        self.sender = CallbackSender(config, clock, self.log)
        self.reset()

    def reset(self) -> None:
        """Forget everything that happened and start from the config again."""
        now = self.clock.timestamp
        self.faults.clear()
        self.log.clear()
        self.directory = Directory(self.config.members, self.config.customers)
        self.media = MediaStore(now)
        self._open_desk()
        self.office = Office(
            self.directory,
            self.log,
            self.live,
            now,
            per_minute=self.config.rules.member_messages_per_minute,
        )
        self.members = MemberRoom(self.config, self.office, self.directory, self.sender, self.log)
        self.contacts = ContactBook(self.config, self.directory, self.sender, now)
        self.friends = FriendChats(self.contacts, self.log, self.live, now)
        self.logins = LoginDesk(self.config, self.directory, now)
        self.platform = self._open_platform()
        self.live.touch_all()

    def _open_desk(self) -> None:
        now = self.clock.timestamp
        self.desk = KfDesk(self.config, self.directory, self.sender, self.log, self.live, now)
        self.phones = PhoneRoom(self.desk, self.directory, self.media)
        self.staff = StaffRoom(self.desk, self.directory, self.log)

    def _open_platform(self) -> Platform:
        callback_url = self.config.app.callback_url
        busy = self.config.rules.busy_seconds
        endpoints = {
            **KfMessages(self.desk, self.media).endpoints(),
            **KfAccounts(self.desk, self.directory).endpoints(),
            **AppCalls(self.office, self.directory, self.media, callback_url).endpoints(),
            **ContactCalls(
                self.contacts, self.directory, self.media, self.log, busy_seconds=busy
            ).endpoints(),
            **TagCalls(self.contacts).endpoints(),
            **TicketCalls(self.tickets).endpoints(),
            **LoginCalls(self.logins, self.directory).endpoints(),
        }
        return Platform(endpoints, self.tokens, self.faults, self.log)
