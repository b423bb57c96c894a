"""Many at once change one user or group, over two web processes: nothing is lost, and If-Match holds."""

from collections import Counter
from collections.abc import Callable

import pytest

from tests.factories import ENTERPRISE_SCHEMA, user_body
from tests.faults.racing import ROUNDS, Call, patch, racing
from tests.processes import Product

ATTRIBUTES = [
    "externalId",
    "displayName",
    "name.givenName",
    "name.familyName",
    "name.formatted",
    "preferredLanguage",
    "timezone",
    "title",
    "nickName",
    "userType",
    "locale",
    'emails[type eq "work"].value',
    'phoneNumbers[type eq "mobile"].value',
    'addresses[type eq "work"].locality',
    f"{ENTERPRISE_SCHEMA}:department",
    f"{ENTERPRISE_SCHEMA}:employeeNumber",
]
WRITERS = 16
LOGGED = "status = 'success' AND method = 'PATCH'"


def value_at(user: dict[str, object], path: str) -> object:
    """Return the value at a path of a user."""
    schema, _, name = path.rpartition(":")
    value: object = user[schema] if schema else user
    for part in name.replace("[", ".").split("."):
        if isinstance(value, dict):
            value = value[part]
        elif isinstance(value, list) and part.startswith("type eq"):
            value = next(each for each in value if each["type"] == part.split('"')[1])
    return value


def test_changes_of_different_attributes_lose_nothing(product: Product) -> None:
    with racing(product) as racers:
        [user] = racers.create("/Users", user_body())

        for number in range(1, ROUNDS + 1):
            wanted = {path: f"{place}-{number}" for place, path in enumerate(ATTRIBUTES)}
            calls = [
                patch(f"/Users/{user}", {"op": "replace", "path": path, "value": value})
                for path, value in wanted.items()
            ]
            answers = racers.at_once(calls)

            after = racers.call(Call("GET", f"/Users/{user}"))
            assert {answer.status for answer in answers} == {200}
            assert {path: value_at(after.body, path) for path in wanted} == wanted
            assert after.etag == f'W/"{1 + number * len(ATTRIBUTES)}"'
            assert {answer.etag for answer in answers} == {
                f'W/"{1 + (number - 1) * len(ATTRIBUTES) + step}"' for step in range(1, len(ATTRIBUTES) + 1)
            }

        assert racers.count("provisioning_provisioninglogentry", LOGGED) == ROUNDS * len(ATTRIBUTES)


def users_writers(user: str, etag: str, number: int) -> list[Call]:
    """Return writers of one user who all saw the same version."""
    path = f"/Users/{user}"
    patches = [
        patch(path, {"op": "replace", "path": "title", "value": f"{number}-{writer}"}, if_match=etag)
        for writer in range(WRITERS // 2)
    ]
    puts = [
        Call("PUT", path, user_body(title=f"{number}-put-{writer}"), etag) for writer in range(WRITERS // 2)
    ]
    return patches + puts


def groups_writers(group: str, etag: str, number: int) -> list[Call]:
    """Return writers of one group who all saw the same version."""
    path = f"/Groups/{group}"
    return [
        patch(path, {"op": "replace", "path": "displayName", "value": f"{number}-{writer}"}, if_match=etag)
        for writer in range(WRITERS)
    ]


@pytest.mark.parametrize(
    ("collection", "writers"), [("/Users", users_writers), ("/Groups", groups_writers)], ids=["user", "group"]
)
def test_of_writers_who_saw_the_same_version_one_wins(
    product: Product, collection: str, writers: Callable[[str, str, int], list[Call]]
) -> None:
    with racing(product) as racers:
        [id_] = racers.create(collection, user_body() if collection == "/Users" else {"displayName": "News"})

        for number in range(1, ROUNDS + 1):
            etag = racers.call(Call("GET", f"{collection}/{id_}")).etag
            answers = racers.at_once(writers(id_, etag, number))

            won = [answer for answer in answers if answer.status in (200, 204)]
            assert etag == f'W/"{number}"'
            assert Counter(answer.status for answer in answers)[412] == WRITERS - 1
            assert [answer.etag for answer in won] == [f'W/"{number + 1}"']
            assert racers.call(Call("GET", f"{collection}/{id_}")).etag == won[0].etag


def test_of_deletions_of_the_same_version_one_wins(product: Product) -> None:
    with racing(product) as racers:
        for number in range(ROUNDS):
            [user] = racers.create("/Users", user_body(f"user{number}@acme.example"))
            path, tag = f"/Users/{user}", 'W/"1"'
            change = patch(path, {"op": "replace", "path": "title", "value": "x"}, if_match=tag)

            answers = racers.at_once([Call("DELETE", path, if_match=tag), change] * (WRITERS // 2))

            statuses = Counter(answer.status for answer in answers)
            assert statuses[204] + statuses[200] == 1
            assert statuses[404] + statuses[412] == WRITERS - 1
            assert racers.call(Call("GET", path)).status == (404 if statuses[204] else 200)
