"""Many at once add and remove members, over two web processes: nothing is lost, and nobody locks another out."""

from tests.factories import user_body
from tests.faults.racing import MOST, ROUNDS, Call, Racers, members, patch, racing
from tests.processes import Product

HALF = MOST // 2


def people(racers: Racers, count: int) -> list[str]:
    """Create users; return their ids."""
    return racers.create("/Users", *[user_body(f"user{number}@acme.example") for number in range(count)])


def one(verb: str, group: str, id_: str, place: int) -> Call:
    """Return a PATCH that adds or removes one member, in one dialect or the other."""
    if verb == "remove" and place % 2:
        return patch(f"/Groups/{group}", {"op": "remove", "path": f'members[value eq "{id_}"]'})
    return patch(f"/Groups/{group}", members(verb.capitalize() if place % 2 else verb, [id_]))


def test_members_that_come_and_go_one_by_one_are_all_counted(product: Product) -> None:
    with racing(product) as racers:
        users = people(racers, MOST)
        inside, outside = users[:HALF], users[HALF:]
        [group] = racers.create(
            "/Groups", {"displayName": "News", "members": [{"value": id_} for id_ in inside]}
        )

        for number in range(1, ROUNDS + 1):
            coming = [one("add", group, id_, place) for place, id_ in enumerate(outside)]
            going = [one("remove", group, id_, place) for place, id_ in enumerate(inside)]
            answers = racers.at_once([call for pair in zip(coming, going, strict=True) for call in pair])
            inside, outside = outside, inside

            assert {answer.status for answer in answers} == {204}
            assert racers.members_of(group) == set(inside)
            assert racers.call(Call("GET", f"/Groups/{group}")).etag == f'W/"{1 + number * MOST}"'

        assert racers.count("accounts_teammembership") == HALF


def test_overlapping_members_in_opposite_orders_never_deadlock(product: Product) -> None:
    with racing(product) as racers:
        users = people(racers, 12)
        groups = racers.create("/Groups", *[{"displayName": f"Team {number}"} for number in range(4)])

        for number in range(ROUNDS):
            verb = "remove" if number % 2 else "add"
            calls = []
            for place in range(MOST):
                window = users[place % 4 : place % 4 + 9]
                ordered = window if place % 2 else window[::-1]
                calls.append(patch(f"/Groups/{groups[place // 8]}", members(verb, ordered)))
            answers = racers.at_once(calls)

            expected = set() if number % 2 else set(users)
            assert {answer.status for answer in answers} == {204}
            assert [racers.members_of(group) for group in groups] == [expected] * 4


def test_whole_lists_of_members_never_mix(product: Product) -> None:
    with racing(product) as racers:
        users = people(racers, 12)
        [group] = racers.create("/Groups", {"displayName": "News"})
        path = f"/Groups/{group}"

        for _ in range(ROUNDS):
            lists = [users[start : start + 4] for start in range(8)]
            puts = [
                Call("PUT", path, {"displayName": "News", "members": [{"value": id_} for id_ in ids]})
                for ids in lists
            ]
            replaced = [patch(path, members("replace", ids[::-1])) for ids in lists]
            answers = racers.at_once(puts + replaced)

            assert {answer.status for answer in answers} == {200, 204}
            assert racers.members_of(group) in [set(ids) for ids in lists]
