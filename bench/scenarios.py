"""What Entra sends in an initial and an incremental cycle, and reads, step by step, and what must come back.

A step is many requests of one kind, ready to send, and a judge of each answer; a wrong body is an error.
The same for the same number. Source: Entra's pages on SCIM, in either dialect of PATCH: with the flag `aadOptscim062020`, and without.
"""

import random
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from bench import client

SEED = 2026
USERS, GROUPS = "/scim/v2/Users", "/scim/v2/Groups"
CORE = "urn:ietf:params:scim:schemas:core:2.0:"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
GIVEN = ("Amélie", "Bo", "Chiara", "Dmitri", "Élodie", "Farah", "Goran", "Hana")
FAMILY = ("Arslan", "Brandt", "Castillo", "Dąbrowski", "Eriksen", "Fournier", "Gupta", "Haddad")
PAGE = 100
AT_ONCE = 100
MOST_MEMBERS = 200
SINGLY = 8  # of each group
MATCHED, MISSED = "match a user, hit", "match a user, miss"
CREATED, READ, DELETED = "create a user", "GET a user", "DELETE a user"
NAMED, DISABLED, MAILED = "PATCH displayName", "PATCH active", "PATCH work e-mail"
LISTED, ADDED = "list of 100 users", "add 100 members"
# How often each user is read: with less, a step is over within a tenth of a second, and so a matter of luck.
READ_TIMES = 10
ONE_OUT, ONE_IN = "remove 1 member", "add 1 member"
BARE_GROUP, WHOLE_GROUP = "group without members", "group with members"
CHECK = "check: "  # of a step that looks at what another has done, and has no figures of its own

Judge = Callable[[int, Any], bool]
Documents = list[Any]
Ask = tuple[str, str, Any, Judge]


@dataclass(frozen=True)
class Step:
    """Requests of one kind, with a judge of status and decoded body for each."""

    name: str
    contents: list[bytes]
    judges: list[Judge]


Steps = Generator[Step, Documents, None]


@dataclass(frozen=True)
class Entra:
    """One customer's Entra: whom it has, how many groups, the token, and its dialect. `others` were there before."""

    secret: str
    people: int
    groups: int
    others: int = 0
    name: str = "person"
    is_flagged: bool = False

    def step(self, name: str, asks: Sequence[Ask]) -> Step:
        """Return a step, its requests ready to send."""
        said = [(verb, path, flagged(body) if self.is_flagged else body) for verb, path, body, _ in asks]
        contents = [client.request(*each, secret=self.secret) for each in said]
        return Step(name, contents, [judge for *_, judge in asks])

    def everything(self, *, with_groups: bool) -> Steps:
        """Yield the steps in order; what is sent back into it are the decoded bodies of each one's answers.

        Everybody but the last third is in groups; those change, are read and go. So what the servers answer of
        them names no group.
        """
        bodies = [self.person(number) for number in range(self.people)]
        yield self.step(MISSED, [matched(each, is_there=False) for each in bodies])
        created = yield self.step(CREATED, [("POST", USERS, each, is_user(each, 201)) for each in bodies])
        ids = [str(each["id"]) if each else "" for each in created]
        joined = self.people * 2 // 3
        members = ids[:joined][:MOST_MEMBERS]
        groups: list[str] = []
        if with_groups:
            groups = yield from self.fill_groups(members)
        yield from self.change(bodies[joined:], ids[joined:])
        if with_groups:
            yield from self.change_and_read_groups(groups, members)
            yield self.step(LISTED, [("GET", f"{USERS}?count={PAGE}", None, self.is_page)] * 20)
        yield self.step(DELETED, [("DELETE", f"{USERS}/{id_}", None, is_empty) for id_ in ids[joined:]])

    def person(self, number: int) -> dict[str, Any]:
        """Return a user as Entra creates it: the eight attributes of the Hootsuite tutorial."""
        dice = random.Random(f"{SEED} {self.name} {number}")
        given, family = dice.choice(GIVEN), dice.choice(FAMILY)
        address = f"{self.name}{number}@customer.example"
        return {
            "schemas": [f"{CORE}User"],
            "externalId": f"{self.name}-{number}",
            "userName": address,
            "displayName": f"{given} {family} {number}",
            "name": {"givenName": given, "familyName": family},
            "active": True,
            "preferredLanguage": "en-US",
            "timezone": "Europe/Paris",
            "emails": [{"value": address, "type": "work", "primary": True}],
        }

    def fill_groups(self, members: list[str]) -> Generator[Step, Documents, list[str]]:
        """Yield the making of the groups and their filling, 100 members a PATCH; return their ids."""
        names = [f"{self.name}s of group {number}" for number in range(self.groups)]
        asks = [("GET", filtered(GROUPS, "displayName", each), None, is_list(0)) for each in names]
        yield self.step("match a group, miss", asks)
        bodies = [{"schemas": [f"{CORE}Group"], "externalId": each, "displayName": each} for each in names]
        created = yield self.step(
            "create a group", [("POST", GROUPS, each, holds(201, "displayName", each)) for each in bodies]
        )
        ids = [str(each["id"]) if each else "" for each in created]
        hundreds = [members[start : start + AT_ONCE] for start in range(0, len(members), AT_ONCE)]
        yield self.step(ADDED, [membership(id_, "Add", each) for each in hundreds for id_ in ids])
        return ids

    def change(self, people: list[dict[str, Any]], ids: list[str]) -> Steps:
        """Yield the incremental cycle of some users, and what is read of them."""
        yield self.step(MATCHED, [matched(each, is_there=True) for each in people] * READ_TIMES)
        work = 'emails[type eq "work"].value'
        asks, addresses = [f"New name {id_}" for id_ in ids], [f"new.{each['userName']}" for each in people]
        yield self.step(NAMED, [self.replaced(*each, "displayName") for each in zip(ids, asks, strict=True)])
        yield self.step(DISABLED, [self.replaced(id_, "False", "active") for id_ in ids])
        yield self.step(MAILED, [self.replaced(*each, work) for each in zip(ids, addresses, strict=True)])
        judges = [holds(200, "userName", each) for each in people]
        reads = [("GET", f"{USERS}/{id_}", None, judge) for id_, judge in zip(ids, judges, strict=True)]
        yield self.step(READ, reads * READ_TIMES)

    @staticmethod
    def replaced(id_: str, value: str, path: str) -> Ask:
        """Return a PATCH of one attribute, answered with the user as it is then."""
        body = {"schemas": [PATCH], "Operations": [{"op": "Replace", "path": path, "value": value}]}
        wanted: Any = {"displayName": value, "active": False}.get(path)

        def judge(status: int, user: Any) -> bool:
            found = user.get(path) if wanted is not None else user["emails"][0]["value"]
            return status == 200 and found == (value if wanted is None else wanted)

        return "PATCH", f"{USERS}/{id_}", body, judge

    def change_and_read_groups(self, groups: list[str], members: list[str]) -> Steps:
        """Yield one member out and in again, eight of each group, and both ways to read a group."""
        pairs = [(group, member) for member in members[:SINGLY] for group in groups]
        yield self.step(ONE_OUT, [membership(group, "Remove", [member]) for group, member in pairs])
        rest = has_members(set(members) - set(members[:SINGLY]))
        yield self.step(f"{CHECK}{ONE_OUT}", [("GET", f"{GROUPS}/{id_}", None, rest) for id_ in groups])
        yield self.step(ONE_IN, [membership(group, "Add", [member]) for group, member in pairs])
        whole = [("GET", f"{GROUPS}/{id_}", None, has_members(set(members))) for id_ in groups]
        yield self.step(WHOLE_GROUP, whole * 2)
        bare = [
            ("GET", f"{GROUPS}/{id_}?excludedAttributes=members", None, has_members(None)) for id_ in groups
        ]
        yield self.step(BARE_GROUP, bare * max(self.people // 3 * READ_TIMES // len(groups), 1))

    def is_page(self, status: int, body: Any) -> bool:
        """Whether an answer is the first page of everybody."""
        total, names = self.people + self.others, {each["userName"] for each in body["Resources"]}
        return status == 200 and body["totalResults"] == total and len(names) == min(PAGE, total)


def filtered(collection: str, attribute: str, value: str) -> str:
    """Return the address of a question for one attribute."""
    question = f'{attribute} eq "{value}"'
    return f"{collection}?filter={quote(question)}"


def matched(person: dict[str, Any], *, is_there: bool) -> Ask:
    """Return the question for a user by userName."""
    name = person["userName"]

    def judge(status: int, body: Any) -> bool:
        names = [each["userName"] for each in body["Resources"]]
        return is_list(int(is_there))(status, body) and names == [name] * is_there

    return "GET", filtered(USERS, "userName", name), None, judge


def membership(group: str, verb: str, members: list[str]) -> Ask:
    """Return a PATCH that lets members in or out; any success will do, since peers answer the whole group."""
    operation = {"op": verb, "path": "members", "value": [{"value": each} for each in members]}
    body = {"schemas": [PATCH], "Operations": [operation]}
    return "PATCH", f"{GROUPS}/{group}", body, lambda status, _: status in {200, 204}


def flagged(body: Any) -> Any:
    """Return a PATCH as Entra says it with the flag: in lower case, with real booleans, names without a path, members out by a filter."""
    if body is None or "Operations" not in body:
        return body
    (operation,) = body["Operations"]
    verb, path, value = operation["op"].lower(), operation["path"], operation["value"]
    said: Any = [{"op": verb, "path": path, "value": value}]
    if path == "displayName":
        said = [{"op": verb, "value": {path: value}}]
    elif path == "active":
        said = [{"op": verb, "path": path, "value": value == "True"}]
    elif verb == "remove":
        said = [{"op": verb, "path": f'{path}[value eq "{each["value"]}"]'} for each in value]
    return body | {"Operations": said}


def is_list(total: int) -> Judge:
    """Return a judge of lists with so many results."""
    return lambda status, body: status == 200 and body["totalResults"] == total == len(body["Resources"])


def holds(status: int, name: str, wanted: dict[str, Any]) -> Judge:
    """Return a judge of a resource that has an id and one attribute as wanted."""
    return lambda given, body: given == status and bool(body["id"]) and body[name] == wanted[name]


def is_user(wanted: dict[str, Any], status: int) -> Judge:
    """Return a judge of a user as it was created."""
    address = wanted["emails"][0]["value"]

    def judge(given: int, body: Any) -> bool:
        same = all(body[name] == wanted[name] for name in ("userName", "externalId", "displayName", "active"))
        names = all(body["name"][part] == value for part, value in wanted["name"].items())
        return (
            given == status and bool(body["id"]) and same and names and body["emails"][0]["value"] == address
        )

    return judge


def has_members(wanted: set[str] | None) -> Judge:
    """Return a judge of a group with these members, or without any told (None)."""

    def judge(status: int, body: Any) -> bool:
        if wanted is None:
            return status == 200 and "members" not in body
        return status == 200 and {each["value"] for each in body["members"]} == wanted

    return judge


def is_empty(status: int, body: Any) -> bool:
    """Whether an answer is that of a deletion."""
    return status == 204 and body is None


def is_right(judge: Judge, answer: client.Answer) -> bool:
    """Whether an answer is as it must be; what lacks what a judge looks at is not."""
    try:
        return judge(answer.status, answer.document())
    except (KeyError, TypeError, IndexError, AttributeError):
        return False
