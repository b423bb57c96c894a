"""Deletions against everything else, over two web processes: gone is gone, and nothing points to it."""

from collections import Counter

from tests.factories import user_body
from tests.faults.racing import ROUNDS, Answer, Call, Racers, members, patch, racing
from tests.processes import Product

DANGLING = (
    "NOT EXISTS (SELECT 1 FROM accounts_member WHERE accounts_member.id = member_id) "
    "OR NOT EXISTS (SELECT 1 FROM accounts_team WHERE accounts_team.id = team_id)"
)
RENAME = {"op": "replace", "path": "displayName", "value": "Renamed"}


def statuses(answers: list[Answer], calls: list[Call], method: str, path: str) -> Counter[int]:
    """Return how the requests with a method and a path were answered."""
    return Counter(
        answer.status
        for answer, call in zip(answers, calls, strict=True)
        if (call.method, call.path) == (method, path)
    )


def version_of(racers: Racers, group: str) -> int:
    """Return the number in the version of a group."""
    return int(racers.call(Call("GET", f"/Groups/{group}")).etag.strip('W/"'))


def check_gone(racers: Racers, path: str, name: str) -> None:
    """Check that a deleted user can be found by nothing."""
    assert racers.call(Call("GET", path)).status == 404
    assert racers.call(Call("GET", f"/Users?filter=userName+eq+%22{name}%22")).body["totalResults"] == 0
    assert racers.count("accounts_teammembership", DANGLING) == 0


def test_a_deleted_user_is_changed_by_nobody_afterwards(product: Product) -> None:
    with racing(product) as racers:
        [stays] = racers.create("/Users", user_body("stays@acme.example"))
        groups = racers.create(
            "/Groups", *[{"displayName": name, "members": [{"value": stays}]} for name in "ab"]
        )

        for number in range(ROUNDS):
            name = f"goes{number}@acme.example"
            [goes] = racers.create("/Users", user_body(name))
            path = f"/Users/{goes}"
            calls = [
                *[patch(path, RENAME), Call("PUT", path, user_body(name, title="Editor"))] * 4,
                *[patch(f"/Groups/{group}", members("add", [goes])) for group in groups] * 4,
                *[Call("DELETE", path)] * 2,
            ]
            calls = calls[number:] + calls[:number]
            before = [version_of(racers, group) for group in groups]
            answers = racers.at_once(calls)

            assert statuses(answers, calls, "DELETE", path) == {204: 1, 404: 1}
            assert statuses(answers, calls, "PATCH", path).keys() <= {200, 404}
            assert statuses(answers, calls, "PUT", path).keys() <= {200, 404}
            for group, version in zip(groups, before, strict=True):
                joined = statuses(answers, calls, "PATCH", f"/Groups/{group}")
                assert joined.keys() <= {204, 400}
                assert racers.members_of(group) == {stays}
                # Who came in has gone out again: two versions on, however many were told that they came.
                assert version_of(racers, group) == version + 2 * (joined[204] > 0)
            check_gone(racers, path, name)

        assert racers.count("accounts_tombstone") == ROUNDS


def test_two_groups_and_a_deleted_member_they_share_never_deadlock(product: Product) -> None:
    with racing(product) as racers:
        users = racers.create("/Users", *[user_body(f"{name}@acme.example") for name in "abcd"])
        groups = racers.create("/Groups", *[{"displayName": name} for name in ("News", "Press")])

        for number in range(ROUNDS):
            name = f"shared{number}@acme.example"
            [shared] = racers.create("/Users", user_body(name))
            for group in groups:
                racers.call(patch(f"/Groups/{group}", members("replace", [shared])))
            both = [*users, shared]
            calls = [
                *[patch(f"/Groups/{group}", members("add", users)) for group in groups],
                *[patch(f"/Groups/{group}", members("add", users[::-1])) for group in groups[::-1]],
                *[patch(f"/Groups/{group}", members("remove", both[::-1])) for group in groups],
                *[patch(f"/Groups/{group}", members("add", both)) for group in groups[::-1]],
                *[patch(f"/Groups/{group}", members("add", both[::-1])) for group in groups],
                Call("DELETE", f"/Users/{shared}"),
            ] * 2
            answers = racers.at_once(calls)

            assert statuses(answers, calls, "DELETE", f"/Users/{shared}") == {204: 1, 404: 1}
            for group in groups:
                assert statuses(answers, calls, "PATCH", f"/Groups/{group}").keys() <= {204, 400}
                assert racers.members_of(group) <= set(users)
            check_gone(racers, f"/Users/{shared}", name)


def test_a_group_and_its_members_are_deleted_at_once(product: Product) -> None:
    with racing(product) as racers:
        for number in range(ROUNDS):
            bodies = [user_body(f"user{number}-{place}@acme.example") for place in range(4)]
            users = racers.create("/Users", *bodies)
            values = [{"value": id_} for id_ in users]
            names = [f"{name}{number}" for name in ("News", "Press")]
            goes, stays = racers.create("/Groups", *[{"displayName": n, "members": values} for n in names])
            calls = [
                *[Call("DELETE", f"/Users/{id_}") for id_ in users[:2]],
                *[Call("DELETE", f"/Groups/{goes}")] * 2,
                *[patch(f"/Groups/{group}", members("add", users[::-1])) for group in (stays, goes)] * 2,
                *[patch(f"/Groups/{group}", members("add", users[2:])) for group in (goes, stays)] * 2,
            ]
            answers = racers.at_once(calls)

            assert statuses(answers, calls, "DELETE", f"/Groups/{goes}") == {204: 1, 404: 1}
            assert [answer.status for answer in answers[:2]] == [204, 204]
            assert statuses(answers, calls, "PATCH", f"/Groups/{goes}").keys() <= {204, 400, 404}
            assert statuses(answers, calls, "PATCH", f"/Groups/{stays}").keys() <= {204, 400}
            assert racers.members_of(stays) == set(users[2:])
            assert racers.count("accounts_teammembership", DANGLING) == 0

        assert racers.count("accounts_teammembership") == 2 * ROUNDS
        assert racers.count("accounts_team") == ROUNDS
