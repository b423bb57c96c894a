"""The mixed load of customers whose Entra is at work: what each sends, when, and what must come back.

Of 100 requests 60 look a user up by userName, 25 change one attribute, 10 create and 5 delete. Before each
creation Entra looks whether the user is there, so 10 of the look-ups find nobody. A person is in one request at a
time, so that what must come back is known; the same load for the same seed.

The load is an open loop: each request has a time at which it is due, is sent then, however late the answers to
others are, and is timed from then. So whatever waits because a server stalls is charged to the server; a closed
loop would send less meanwhile and not notice.
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from bench import client
from bench.scenarios import (
    CREATED,
    DELETED,
    DISABLED,
    MAILED,
    MATCHED,
    MISSED,
    NAMED,
    PATCH,
    SEED,
    USERS,
    Ask,
    Entra,
    holds,
    is_empty,
    is_right,
    is_user,
    matched,
)

MIX = {MATCHED: 50, MISSED: 10, NAMED: 9, DISABLED: 8, MAILED: 8, CREATED: 10, DELETED: 5}
WORK_ADDRESS = 'emails[type eq "work"].value'


@dataclass
class Person:
    """Somebody of a customer's; without an id until they were created."""

    body: dict[str, Any]
    id: str = ""
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class Sent:
    """One request that was sent: how long after it was due it was answered and had been sent, and what was wrong."""

    customer: str
    kind: str
    seconds: float
    late_seconds: float
    wrong: str


class Customer:
    """One organization's Entra, and whom it has provisioned so far."""

    def __init__(self, name: str, secret: str) -> None:
        self.name, self.secret = name, secret
        self.entra = Entra(secret, 0, 0, name=name)
        self.people: deque[Person] = deque()
        self.numbers = count(1)
        self.dice = random.Random(f"{SEED} {name}")

    def kind(self) -> str:
        """Draw what is sent next."""
        [kind] = self.dice.choices(list(MIX), list(MIX.values()))
        return kind

    def person(self, kind: str) -> Person:
        """Return whom a request is about, whom no other is about until its answer has come."""
        if kind in {CREATED, MISSED}:
            number = next(self.numbers)
            return Person(self.entra.person(number if kind == CREATED else -number))
        return self.people.popleft()

    async def send(self, kind: str, connection: client.Connection) -> tuple[client.Answer, str]:
        """Send a request of a kind; return its answer, and what is wrong with it: nothing where it is empty."""
        person = self.person(kind)
        method, path, body, judge = ASKS[kind](person, next(self.numbers))
        answer = await connection.ask(client.request(method, path, body, secret=self.secret))
        is_good = is_right(judge, answer)
        if kind == CREATED and is_good:
            person.id = answer.document()["id"]
        if person.id and kind != DELETED:
            self.people.append(person)
        return answer, "" if is_good else f"{kind}: {answer.status} {answer.content[:300]!r}"


def switched(person: Person, _number: int) -> Ask:
    """Return the PATCH that disables a person, or enables them again, as Entra spells it."""
    person.is_active = not person.is_active
    operation = {"op": "Replace", "path": "active", "value": str(person.is_active)}
    judge = holds(200, "active", {"active": person.is_active})
    return "PATCH", f"{USERS}/{person.id}", {"schemas": [PATCH], "Operations": [operation]}, judge


ASKS: dict[str, Callable[[Person, int], Ask]] = {
    MATCHED: lambda person, _: matched(person.body, is_there=True),
    MISSED: lambda person, _: matched(person.body, is_there=False),
    NAMED: lambda person, number: Entra.replaced(person.id, f"New name {number}", "displayName"),
    DISABLED: switched,
    MAILED: lambda person, number: Entra.replaced(person.id, f"new{number}@customer.example", WORK_ADDRESS),
    CREATED: lambda person, _: ("POST", USERS, person.body, is_user(person.body, 201)),
    DELETED: lambda person, _: ("DELETE", f"{USERS}/{person.id}", None, is_empty),
}

Due = tuple[float, Customer, str]  # seconds from the beginning, whose request, and its kind


def by_the_clock(rates: Mapping[Customer, int], seconds: int) -> list[Due]:
    """Return so many requests of each customer in each second, each at a moment of it that is drawn."""
    return sorted(
        (
            (second + customer.dice.random(), customer, customer.kind())
            for second in range(seconds)
            for customer, rate in rates.items()
            for _ in range(rate)
        ),
        key=lambda each: each[0],
    )


def as_fast_as_it_goes(customers: Sequence[Customer], requests: int) -> list[Due]:
    """Return that many requests of customers in turn, all due at once: a closed loop."""
    turns = (customers[number % len(customers)] for number in range(requests))
    return [(0.0, each, each.kind()) for each in turns]


def creations(customers: Sequence[Customer], people: int) -> list[Due]:
    """Return the making of that many people for each customer."""
    return [(0.0, each, CREATED) for each in customers for _ in range(people)]


async def drive(connections: client.Client, requests: Iterable[Due]) -> list[Sent]:
    """Send requests when they are due, or by the next connection that is free then; return what came of them."""
    sent: list[Sent] = []
    waiting, began = iter(requests), time.perf_counter()
    await asyncio.gather(*(work(each, waiting, began, sent) for each in connections.connections))
    return sent


async def work(connection: client.Connection, waiting: Iterator[Due], began: float, sent: list[Sent]) -> None:
    """Send what is due next, again and again."""
    for due, customer, kind in waiting:
        await asyncio.sleep(began + due - time.perf_counter())
        late = max(time.perf_counter() - began - due, 0.0)
        answer, wrong = await customer.send(kind, connection)
        sent.append(Sent(customer.name, kind, late + answer.seconds, late, wrong))
