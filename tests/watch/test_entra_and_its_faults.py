"""Whole cycles of the simulated Entra, with faults, under a clock: the states and the mails they bring.

The product serves in this process, so that the test's clock is its clock; the mail server is real.
"""

from dataclasses import replace

import pytest
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from accounts import clock
from provisioning import tasks, tokens
from provisioning.history import COMMAND_LINE
from provisioning.management.entra.cycles import Simulation
from provisioning.management.entra.options import Options
from tests.factories import make_token
from tests.smtp import Inbox
from tests.watch.world import World

pytestmark = [
    pytest.mark.django_db(transaction=True),
    # Django's test server leaves the connections that Entra keeps alive to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
ISSUED = "A provisioning token was issued for Acme"
REVOKED = "A provisioning token of Acme was revoked"
WORKS = "Provisioning of Acme works: the first member is here"
QUIET = "Entra has gone quiet for Acme"
RISK = "Entra may quarantine the provisioning of Acme"
WELL = "Provisioning of Acme is healthy again"


class Play:
    """A simulated job against the product, its cycles 40 minutes apart, and the mails that came of it."""

    def __init__(self, world: World, url: str, inbox: Inbox, *, failing: int = 0) -> None:
        self.world, self.inbox = world, inbox
        self.options = Options(
            base=f"{url}/scim/v2",
            token=world.token.secret,
            users=30,
            groups=2,
            members=3,
            has_race=False,
            failing=failing,
        )
        self.simulation = Simulation(options=self.options)
        self.subjects: list[str] = []
        world.look()
        assert self.simulation.test_connection()

    def with_token(self, secret: str) -> None:
        """Give the job another token, as its admin does."""
        known = self.simulation._job
        self.simulation.close()
        self.simulation = Simulation(options=replace(self.options, token=secret))
        self.simulation._job.__dict__ |= {
            name: value for name, value in vars(known).items() if name not in {"client", "tally"}
        }

    def cycle(self, number: int) -> None:
        """Run a cycle and let 40 minutes pass, looked at minute by minute."""
        if number == 1:
            self.simulation.initial_cycle()
        else:
            self.simulation.incremental_cycle(number=number)
        for _ in range(40):
            self.world.passes(minutes=1)

    def mails(self) -> list[str]:
        """Return the subjects of the mails that arrived, in order, and end."""
        self.simulation.close()
        for _ in range(tasks.relay_notifications()):
            self.subjects.append(str(self.inbox.next()["Subject"]))
        assert self.inbox.arrived.empty()
        return self.subjects


@pytest.fixture
def url(live_server: LiveServer, inbox: Inbox, settings: Settings) -> str:
    """The address of the product, whose mails go to the inbox."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", inbox.port
    return str(live_server.url)


def test_cycles_without_a_fault_bring_one_good_news(world: World, url: str, inbox: Inbox) -> None:
    play = Play(world, url, inbox)
    for number in (1, 2, 3):
        play.cycle(number)

    report = play.simulation.report()

    assert list(report.wrong_answers) == []
    assert world.states == ["waiting", "healthy"]
    assert [cycle.kind for cycle in world.cycles] == ["initial", "incremental", "incremental"]
    assert play.mails() == [ISSUED, WORKS]


def test_failing_objects_bring_one_mail_and_a_recovery(world: World, url: str, inbox: Inbox) -> None:
    play = Play(world, url, inbox, failing=10)
    for number in (1, 2, 3):
        play.cycle(number)

    assert list(play.simulation.report().wrong_answers) == []
    assert world.states == ["waiting", "degraded", "healthy"]
    assert world.cycles[0].totals["User"]["failed"] == 10
    assert play.mails() == [ISSUED, WORKS, "10 provisioning failures in Acme", WELL]


def test_a_token_that_was_revoked_brings_the_risk_of_quarantine(world: World, url: str, inbox: Inbox) -> None:
    play = Play(world, url, inbox)
    play.cycle(1)
    make_token(world.organization, label="Spare")
    tokens.revoke_token(
        token_id=world.token.token.id, organization=world.organization, by=COMMAND_LINE, now=clock.now()
    )
    play.cycle(2)
    play.cycle(3)
    risky = world.states
    world.token = make_token(world.organization, label="New")
    play.with_token(world.token.secret)
    play.cycle(4)

    assert risky == ["waiting", "healthy", "quarantine_risk"]
    assert world.states == [*risky, "healthy"]
    assert play.mails() == [ISSUED, WORKS, ISSUED, REVOKED, RISK, ISSUED, WELL]


def test_silence_is_told_once_and_its_end_too(world: World, url: str, inbox: Inbox) -> None:
    play = Play(world, url, inbox)
    play.cycle(1)
    play.cycle(2)
    for _ in range(10):
        world.passes(minutes=30)
    quiet = world.states
    play.cycle(3)
    play.cycle(4)

    assert list(play.simulation.report().wrong_answers) == []
    assert quiet == ["waiting", "healthy", "silent"]
    assert world.states == [*quiet, "healthy"]
    assert play.mails() == [ISSUED, WORKS, QUIET, WELL]
