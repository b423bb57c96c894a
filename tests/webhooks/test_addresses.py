"""No address inside our own network is called, however it is written or whatever its name says next."""

import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from provisioning import outgoing
from provisioning.outgoing import AddressRefused, Answer, NotPublic
from tests.services import free_port
from tests.webhooks.receiving import HANG, Receiver, Request, Server

PUBLIC = "93.184.215.14"


def resolving(*addresses: str) -> Any:
    """Let every name have these addresses."""
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 443)) for each in addresses]
    return mock.patch.object(socket, "getaddrinfo", return_value=found)


@pytest.fixture
def deployed(settings: Any) -> None:
    """The product as it is deployed."""
    settings.WEBHOOKS_TO_LOOPBACK = False


@pytest.mark.parametrize(
    "url",
    [
        "http://siem.example.com/",
        "ftp://siem.example.com/",
        "https://",
        "https:///hook",
        "siem.example.com/hook",
        "https://user:secret@siem.example.com/",
        "https://siem.example.com/#part",
        "https://siem.example.com:99999/",
        "https://siem.example.com/a b",
        "https://siem.example.com/a\r\nX: y",
        "https://[::1",
        "https://siem.example.com/é",
        f"https://siem.example.com/{'a' * 500}",
    ],
)
def test_what_is_no_address_of_ours_to_call_is_refused(deployed: None, url: str) -> None:
    with resolving(PUBLIC), pytest.raises(AddressRefused):
        outgoing.check_url(url)


@pytest.mark.parametrize("url", ["https://siem.example.com", "https://siem.example.com:8443/a?b=c"])
def test_a_public_address_is_taken(deployed: None, url: str) -> None:
    with resolving(PUBLIC):
        outgoing.check_url(url)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.9.9.9",
        "0.0.0.0",  # noqa: S104 - refused
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "240.0.0.1",
        "::",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "::ffff:127.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::",
        "2001:0:a00:1::",
        "192.0.0.9",
        "192.88.99.1",
        "fec0::1",
        "3fff::1",
        "5f00::1",
        "168.63.129.16",
        "::ffff:168.63.129.16",
    ],
)
def test_a_name_that_leads_inside_is_refused(deployed: None, address: str) -> None:
    with resolving(PUBLIC, address), pytest.raises(AddressRefused, match="no public address"):
        outgoing.check_url("https://siem.example.com/")


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f.1", "localhost", "[::1]"])
def test_this_machine_is_refused_however_it_is_written(deployed: None, host: str) -> None:
    with pytest.raises(AddressRefused):
        outgoing.check_url(f"https://{host}/")


def test_a_name_that_nobody_has_is_refused(deployed: None) -> None:
    nobodys = mock.patch.object(socket, "getaddrinfo", side_effect=socket.gaierror(-2, "unknown"))
    with nobodys, pytest.raises(AddressRefused, match=r"siem\.example\.com is not found"):
        outgoing.check_url("https://siem.example.com/")


def test_whoever_types_a_name_waits_for_it_three_seconds_at_most(
    deployed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert outgoing.LOOKUP_SECONDS == 3
    monkeypatch.setattr(outgoing, "LOOKUP_SECONDS", 0.05)
    is_over, is_found = threading.Event(), threading.Event()

    def found_late(*_name: Any, **_type: Any) -> Any:
        is_over.wait(60)
        is_found.set()
        raise socket.gaierror(-3, "again")

    with mock.patch.object(socket, "getaddrinfo", side_effect=found_late):
        with pytest.raises(NotPublic, match=r"siem\.example\.com is not found within"):
            outgoing.check_url("https://siem.example.com/")
        was_waited_for = is_found.is_set()
        is_over.set()

    assert not was_waited_for


def test_a_name_that_changes_its_mind_leads_to_the_address_that_was_checked(deployed: None) -> None:
    answers = [[(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 443))] for each in (PUBLIC, "127.0.0.1")]
    connect = mock.patch.object(socket, "create_connection", side_effect=ConnectionRefusedError)
    with mock.patch.object(socket, "getaddrinfo", side_effect=answers) as asked, connect as connected:
        answer = outgoing.post("https://siem.example.com/", body=b"", headers={})

    assert asked.call_count == 1
    assert [call.args for call in connected.call_args_list] == [((PUBLIC, 443),)]
    assert answer.error == "It refuses connections."


def test_the_next_address_of_a_name_is_tried(receiver: Receiver) -> None:
    answers = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 0)) for each in ("127.0.0.2", "127.0.0.1")]
    with mock.patch.object(socket, "getaddrinfo", return_value=answers):
        target = outgoing.target_of(f"http://receiver.example:{receiver.port}/")
    with closing(outgoing.connect(target, until=time.monotonic() + 5)) as connection:
        assert connection.getpeername() == ("127.0.0.1", receiver.port)


def test_no_redirect_is_followed(receiver: Receiver) -> None:
    receiver.conduct, receiver.headers = (lambda _number: 307), {"Location": receiver.url}

    answer = post(receiver)

    assert (answer.status, answer.is_taken, len(receiver.messages)) == (307, False, 1)


def test_no_proxy_of_the_environment_is_used(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")

    assert post(receiver).is_taken


def post(receiver: Receiver) -> Answer:
    """Send a message to a receiver."""
    return outgoing.post(receiver.url, body=b"{}", headers={"webhook-id": "1"})


NOT_SO_LATE_MS = 8000  # on a busy machine, where the product itself would wait 10 seconds


def test_whoever_never_answers_is_left_when_the_time_is_over(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver.conduct = lambda _number: HANG
    monkeypatch.setattr(outgoing, "SECONDS", 0.3)

    answer = post(receiver)

    assert answer.error.startswith("It gave no answer in time")
    assert 250 <= answer.duration_ms < NOT_SO_LATE_MS


def test_whoever_answers_a_byte_at_a_time_is_left_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "SECONDS", 0.3)
    over = threading.Event()

    def trickle(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            for _ in range(1200):
                connection.sendall(b"H")
                if over.wait(0.05):
                    return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=lambda: _quietly(trickle, listener))
        thread.start()
        answer = outgoing.post(f"http://127.0.0.1:{listener.getsockname()[1]}/", body=b"", headers={})
        over.set()
        thread.join()

    assert answer.error.startswith("It gave no answer in time")
    assert answer.duration_ms < NOT_SO_LATE_MS


def _quietly(work: Any, *arguments: Any) -> None:
    """Do a piece of work until the other side hangs up."""
    try:
        work(*arguments)
    except OSError:
        return


def test_a_long_answer_is_read_to_its_4096th_byte(receiver: Receiver) -> None:
    receiver.answer = b"x" * 100_000

    assert post(receiver).body == "x" * 4096


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of localhost's own making, with its key."""
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=DNS:localhost", "-keyout", path, "-out", path.with_suffix(".crt")]
    try:
        subprocess.run([*command.split(), *map(str, names)], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("No openssl: a webhook over TLS is not tested.")
    path.write_bytes(path.read_bytes() + path.with_suffix(".crt").read_bytes())
    return path


@pytest.fixture
def over_tls(certificate: Path) -> Iterator[Receiver]:
    """A receiver that speaks TLS as localhost."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    receiver = Receiver()
    server = Server(("127.0.0.1", 0), Request)
    server.receiver, receiver.port = receiver, server.server_address[1]
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield receiver
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_certificate_must_be_vouched_for_and_be_of_the_name(over_tls: Receiver, certificate: Path) -> None:
    def answer_of(host: str) -> Answer:
        return outgoing.post(f"https://{host}:{over_tls.port}/hook", body=b"{}", headers={})

    unknown = answer_of("localhost")
    known = ssl.create_default_context(cafile=certificate.with_suffix(".crt"))
    with mock.patch.object(outgoing, "tls", return_value=known):
        right, wrong = answer_of("localhost"), answer_of("127.0.0.1")

    assert (right.status, right.body) == (200, "thanks")
    assert [each.headers["host"] for each in over_tls.messages] == [f"localhost:{over_tls.port}"]
    assert unknown.error.startswith("Its certificate is not valid: self-signed certificate")
    assert wrong.error.startswith("Its certificate is not valid: IP address mismatch")


def test_whoever_speaks_no_tls_is_told_so(receiver: Receiver) -> None:
    answer = outgoing.post(receiver.url.replace("http:", "https:"), body=b"{}", headers={})

    assert answer.error.startswith("SSLError: ")
    assert receiver.messages == []
