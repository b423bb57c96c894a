"""What is asked of a directory of a size, and what must come back: `bench.sizes` drives it through these steps.

What has to be compared is yielded together, and then asked in turns. Users of even numbers are read and those of odd numbers are changed, both of the upper half, whom no group of `sizes_data.SIZES` holds.
"""

import random
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from bench.scenarios import (
    AT_ONCE,
    CHECK,
    CORE,
    CREATED,
    GROUPS,
    NAMED,
    PAGE,
    READ,
    SEED,
    USERS,
    Ask,
    Documents,
    Entra,
    Judge,
    Step,
    has_members,
    is_empty,
    is_list,
    is_user,
    membership,
)
from bench.sizes_data import GROUPS as STORED_GROUPS
from bench.sizes_data import group_id, sizes_in, user, user_id

Bunches = Generator[list[Step], Documents, None]  # what is sent back are the bodies of the first step

ENTRAS_MAIL = 'emails[type eq "work"].value eq "{}"'
OTHER_MAIL = 'emails[type eq "work" and value eq "{}"]'
# Of users: the name of a step, the filter, and whose value of it is asked for.
FILTERS: dict[str, tuple[str, Callable[[dict[str, Any]], str]]] = {
    "userName": ('userName eq "{}"', lambda person: str(person["userName"]).lower()),
    "externalId": ('externalId eq "{}"', lambda person: str(person["externalId"])),
    "work e-mail": (ENTRAS_MAIL, lambda person: str(person["userName"]).lower()),
    "work e-mail in brackets": (OTHER_MAIL, lambda person: str(person["userName"])),
}
GROUP_FILTER = "group displayName"
HIT, MISS = "filter {}, hit", "filter {}, miss"
FLAT = [form.format(each) for each in (*FILTERS, GROUP_FILTER) for form in (HIT, MISS)] + [
    READ,
    CREATED,
    NAMED,
]
BARE = "group without members"
READ_BESIDE, NAMED_BESIDE = f"{READ}, in turns with groups", f"{NAMED}, in turns with members"
FIRST_PAGE, LAST_PAGE = "list of 100, first page", "list of 100, last page by startIndex"
NO_PAGE = "list of none: one COUNT"
FIRST_LEAF, LAST_LEAF = "list of 100, first page by cursor", "list of 100, last page by cursor"
ONE_IN, ONE_OUT = "add 1 member to {:,}", "remove 1 member of {:,}"
MANY_IN, MANY_OUT = "add 100 members to {:,}", "remove 100 members of {:,}"
BARE_OF, WHOLE_OF = "group of {:,} without members", "group of {:,} with members"
FILL, FILLED = "fill a group, 100 a PATCH", 10_000
FEW, HUNDREDS, PAGES, HUGE = 3, 5, 10, 100_000
PAIRS = 3  # times as many of what one is to be taken from the other of


@dataclass
class Directory:
    """The first organization of a database: how many users were stored, and how many have been created since."""

    secret: str
    users: int
    last_page: str  # a cursor
    created: int = 0

    def step(self, name: str, asks: list[Ask]) -> Step:
        """Return a step, its requests ready to send."""
        return Entra(self.secret, self.users, STORED_GROUPS).step(name, asks)

    def got(self, name: str, asks: list[tuple[str, Judge]]) -> Step:
        """Return a step of reads."""
        return self.step(name, [("GET", address, None, judge) for address, judge in asks])

    def some(self, turn: int, many: int, *, are_changed: bool) -> list[int]:
        """Return the numbers of users to be read, or to be changed, in a round."""
        upper = range(self.users // 2 // 2 * 2 + are_changed, self.users, 2)
        return random.Random(f"{SEED} {turn} {are_changed}").sample(upper, min(many, len(upper)))

    def is_page(self, numbers: range) -> Judge:
        """Return a judge of a page that holds these users, in their order."""
        wanted = [user_id(number) for number in numbers]

        def judge(status: int, body: Any) -> bool:
            found = [each["id"] for each in body["Resources"]]
            return status == 200 and body["totalResults"] == self.users + self.created and found == wanted

        return judge


def flat(directory: Directory, turn: int, many: int) -> Bunches:
    """Yield what costs the same at any size, and lists."""
    read = directory.some(turn, many, are_changed=False)
    for name, (form, value_of) in FILTERS.items():
        hits = [(asked(form, value_of(user(number))), finds(number)) for number in read]
        misses = [(asked(form, f"nobody-{number}"), is_list(0)) for number in read]
        yield [directory.got(HIT.format(name), hits)]
        yield [directory.got(MISS.format(name), misses)]
    names = [number % STORED_GROUPS for number in read]
    hits = [(group_asked(f"Group {name}"), finds_group(name)) for name in names]
    yield [directory.got(HIT.format(GROUP_FILTER), hits)]
    misses = [(group_asked(f"Nobodies {name}"), is_list(0)) for name in names]
    yield [directory.got(MISS.format(GROUP_FILTER), misses)]
    people = [(f"{USERS}/{user_id(number)}", is_person(number)) for number in read]
    bare = [(bare_address(group_id(name)), has_members(None)) for name in names]
    yield [directory.got(READ, people), directory.got(BARE, bare)]
    yield from pages(directory, min(many, PAGES))
    newcomers = [user(directory.users + directory.created + number) for number in range(many)]
    directory.created += many
    yield [directory.step(CREATED, [("POST", USERS, each, is_user(each, 201)) for each in newcomers])]
    changed = [user_id(number) for number in directory.some(turn, many, are_changed=True)]
    yield [directory.step(NAMED, [renamed(id_, f"Name {turn}") for id_ in changed])]


def pages(directory: Directory, many: int) -> Bunches:
    """Yield the first and the last page of all users, both ways; who was created stands behind the last one."""
    first, last = range(PAGE), range(directory.users - PAGE, directory.users)
    for times, bunch in (
        (
            many * PAIRS,
            [(FIRST_PAGE, f"count={PAGE}", first), (NO_PAGE, "count=0", range(0))],
        ),
        (many, [(LAST_PAGE, f"count={PAGE}&startIndex={last.start + 1}", last)]),
        (
            many,
            [
                (FIRST_LEAF, f"count={PAGE}&cursor=", first),
                (LAST_LEAF, f"count={PAGE}&cursor={directory.last_page}", last),
            ],
        ),
    ):
        yield [
            directory.got(name, [(f"{USERS}?{paging}", directory.is_page(numbers))] * times)
            for name, paging, numbers in bunch
        ]


def groups(directory: Directory, turn: int, many: int) -> Bunches:
    """Yield what is done with groups of sizes, each left as it was, and the filling of one."""
    numbers = directory.some(turn, many + HUNDREDS * AT_ONCE, are_changed=True)
    changed = [user_id(number) for number in numbers]
    ones, rest = [[each] for each in changed[:many]], changed[many:]
    hundreds = [rest[start : start + AT_ONCE] for start in range(0, len(rest), AT_ONCE)]
    patched = [renamed(members[0], f"Beside {turn}") for members in ones]
    yield from members_change(directory, ones, (ONE_IN, ONE_OUT), directory.step(NAMED_BESIDE, patched))
    yield from members_change(directory, hundreds, (MANY_IN, MANY_OUT))
    sizes = sizes_in(directory.users)
    bare = {size: [(bare_address(group_id(size, called="of")), has_members(None))] * many for size in sizes}
    read = directory.some(turn, many, are_changed=False)
    people = [(f"{USERS}/{user_id(number)}", is_person(number)) for number in read]
    beside = [directory.got(BARE_OF.format(size), asks) for size, asks in bare.items()]
    yield [directory.got(READ_BESIDE, people), *beside]
    for size in sizes:
        everybody = has_members({user_id(number) for number in range(size)})
        whole = (f"{GROUPS}/{group_id(size, called='of')}", everybody)
        yield [directory.got(WHOLE_OF.format(size), [whole] * (FEW if size >= HUGE else PAGES))]
    if directory.users >= FILLED * 2:
        yield from fill(directory, turn)


def members_change(
    directory: Directory, sets: list[list[str]], names: tuple[str, str], *beside: Step
) -> Bunches:
    """Yield how some come into a group of each size, and how they go, with a look at one of them each time."""
    for verb, name in zip(("Add", "Remove"), names, strict=True):
        sized = [(name.format(size), group_id(size, called="of")) for size in sizes_in(directory.users)]
        changes = [
            directory.step(step, [membership(group, verb, each) for each in sets]) for step, group in sized
        ]
        yield [*changes, *(beside if verb == "Add" else ())]
        for step, group in sized:
            judge = is_in(group, is_there=verb == "Add")
            yield [directory.got(f"{CHECK}{step}", [(f"{USERS}/{members[0]}", judge) for members in sets])]


def fill(directory: Directory, turn: int) -> Bunches:
    """Yield the making of a group, its filling, a look at who is in it, and its deletion."""
    body = {"schemas": [f"{CORE}Group"], "displayName": f"Filled {turn}"}
    (made,) = yield [
        directory.step(f"{CHECK}make", [("POST", GROUPS, body, lambda status, _: status == 201)])
    ]
    group, members = made["id"], [user_id(number) for number in range(FILLED)]
    hundreds = [members[start : start + AT_ONCE] for start in range(0, FILLED, AT_ONCE)]
    yield [directory.step(FILL, [membership(group, "Add", each) for each in hundreds])]
    yield [directory.got(f"{CHECK}filled", [(f"{GROUPS}/{group}", has_members(set(members)))])]
    yield [directory.step(f"{CHECK}delete", [("DELETE", f"{GROUPS}/{group}", None, is_empty)])]


def renamed(id_: str, name: str) -> Ask:
    """Return a PATCH of a user's displayName."""
    return Entra.replaced(id_, name, "displayName")


def asked(form: str, value: str) -> str:
    """Return the address of a question for users."""
    return f"{USERS}?filter={quote(form.format(value))}"


def group_asked(name: str) -> str:
    """Return the address of a question for a group by its name, as Entra asks."""
    question = f'displayName eq "{name}"'
    return f"{GROUPS}?excludedAttributes=members&filter={quote(question)}"


def bare_address(group: str) -> str:
    """Return the address of a group without its members."""
    return f"{GROUPS}/{group}?excludedAttributes=members"


def is_person(number: int) -> Judge:
    """Return a judge of a stored user."""
    return lambda status, body: is_user(user(number), 200)(status, body) and body["id"] == user_id(number)


def finds(number: int) -> Judge:
    """Return a judge of a list of one stored user."""
    return lambda status, body: is_list(1)(status, body) and is_person(number)(status, body["Resources"][0])


def finds_group(number: int) -> Judge:
    """Return a judge of a list of one stored group without its members."""

    def judge(status: int, body: Any) -> bool:
        found = body["Resources"][0]
        return is_list(1)(status, body) and found["id"] == group_id(number) and "members" not in found

    return judge


def is_in(group: str, *, is_there: bool) -> Judge:
    """Return a judge of a user who is in a group, or is not."""
    return lambda status, body: (
        status == 200 and is_there == (group in {each["value"] for each in body.get("groups", [])})
    )
