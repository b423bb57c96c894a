"""Mails through a provider's web API, by django-anymail: an extra that EMAIL_URL asks for."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from pytest_django.fixtures import Settings

from accounts.models import Operator, Organization
from accounts.organizations import change_organization
from hootprov import env
from provisioning import tasks
from provisioning.models import Notification
from tests.factories import make_token

pytestmark = pytest.mark.once


def configured(monkeypatch: pytest.MonkeyPatch, **variables: str) -> dict[str, object]:
    """Return the e-mail settings that an environment makes."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return env.email("EMAIL_URL", "")


def test_a_provider_and_its_settings_are_named_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = configured(
        monkeypatch, EMAIL_URL="anymail://postmark", ANYMAIL='{"POSTMARK_SERVER_TOKEN": "x"}'
    )

    assert settings == {
        "EMAIL_BACKEND": "anymail.backends.postmark.EmailBackend",
        "ANYMAIL": {"POSTMARK_SERVER_TOKEN": "x"},
    }


@pytest.mark.parametrize(
    ("url", "anymail", "remedy"),
    [
        ("anymail://pigeon", "{}", "EMAIL_URL must name a provider as django-anymail does"),
        ("anymail://", "{}", "EMAIL_URL must name a provider as django-anymail does"),
        ("anymail://postmark", "[]", "ANYMAIL must be a JSON object"),
        ("anymail://postmark", "{", "ANYMAIL must be a JSON object"),
    ],
)
def test_a_wrong_value_is_refused_with_its_name(
    monkeypatch: pytest.MonkeyPatch, url: str, anymail: str, remedy: str
) -> None:
    with pytest.raises(ImproperlyConfigured, match=remedy):
        configured(monkeypatch, EMAIL_URL=url, ANYMAIL=anymail)


class Provider(BaseHTTPRequestHandler):
    """A provider's web API that refuses every mail with the status it was given."""

    status: ClassVar[int]

    def do_POST(self) -> None:
        """Refuse."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self.status)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_arguments: Any) -> None:
        """Say nothing."""


@pytest.fixture
def provider(settings: Settings) -> Iterator[type[Provider]]:
    """A provider that is asked for every mail."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
    settings.ANYMAIL = {
        "POSTMARK_SERVER_TOKEN": "x",
        "POSTMARK_API_URL": f"http://127.0.0.1:{server.server_port}/",
    }
    yield Provider
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(
    ("status", "attempts"),
    [(401, [1, 1]), (422, [1, 1]), (429, [0, 0]), (503, [0, 0])],
)
def test_what_a_provider_refuses_costs_an_attempt_and_what_it_can_not_take_does_not(
    acme: Organization,
    org_admin: Operator,
    csm: Operator,
    provider: type[Provider],
    status: int,
    attempts: list[int],
) -> None:
    change_organization(acme, time_zone="UTC", success_manager=csm)
    provider.status = status
    make_token(acme)

    assert tasks.relay_notifications() == 0

    mails = Notification.objects.order_by("recipient")
    assert [mail.attempts for mail in mails] == attempts
    assert all(mail.sent_at is None for mail in mails)


def test_a_mail_reaches_the_provider_whole(
    acme: Organization, org_admin: Operator, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = "anymail.backends.test.EmailBackend"
    make_token(acme)

    assert tasks.relay_notifications() == 1

    [message] = mail.outbox
    handed_over = vars(message)["anymail_test_params"]
    headers = {name.lower(): value for name, value in handed_over["extra_headers"].items()}
    assert message.to == ["admin@acme.example"]
    assert headers["message-id"] == f"<{Notification.objects.get().id}@127.0.0.1>"
    assert headers["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
