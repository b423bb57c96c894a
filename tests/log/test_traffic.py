"""What may wait gives way to a request of Entra, and to no other, and not for ever."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hootprov import wsgi
from provisioning import traffic

FOR_EVER = 60.0


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> dict[str, set[int]]:
    """Which threads served a request of Entra while each door answered."""
    seen: dict[str, set[int]] = {}

    def door(name: str) -> Callable[..., list[bytes]]:
        def answer(_environ: dict[str, Any], _start: Callable[..., Any]) -> list[bytes]:
            seen[name] = set(traffic.serving)
            return []

        return answer

    for name in ("scim", "pages"):
        monkeypatch.setattr(wsgi, name, door(name))
    return seen


@pytest.fixture
def elsewhere() -> Iterator[threading.Event]:
    """A request of Entra in another thread, until it is told to end."""
    begun, end = threading.Event(), threading.Event()

    def serve() -> None:
        traffic.begin()
        begun.set()
        end.wait(FOR_EVER)
        traffic.end()

    thread = threading.Thread(target=serve)
    thread.start()
    begun.wait(FOR_EVER)
    yield end
    end.set()
    thread.join()


def test_a_request_of_entra_is_noted_for_as_long_as_it_is_answered(served: dict[str, set[int]]) -> None:
    for path in ("/scim/v2/Users", "/console/"):
        wsgi.application({"PATH_INFO": path}, lambda *_: None)

    assert served == {"scim": {threading.get_ident()}, "pages": set()}
    assert traffic.serving == set()


def test_one_that_breaks_is_over_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(wsgi, "scim", broken)
    with pytest.raises(RuntimeError):
        wsgi.application({"PATH_INFO": "/scim/v2/Users"}, lambda *_: None)

    assert traffic.serving == set()


def test_who_gives_way_goes_on_when_it_is_answered(elsewhere: threading.Event) -> None:
    waiting = threading.Thread(target=traffic.give_way, kwargs={"most_seconds": FOR_EVER})
    waiting.start()
    waiting.join(0.05)
    was_waiting = waiting.is_alive()
    elsewhere.set()
    waiting.join(FOR_EVER / 2)

    assert (was_waiting, waiting.is_alive()) == (True, False)


def test_who_gives_way_does_not_wait_for_ever(elsewhere: threading.Event) -> None:
    traffic.give_way(most_seconds=0.01)

    assert not elsewhere.is_set()


def test_who_has_nobody_to_give_way_to_goes_on() -> None:
    traffic.give_way(most_seconds=FOR_EVER)

    assert traffic.serving == set()
