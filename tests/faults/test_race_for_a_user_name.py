"""Many at once create the same userName in other spellings, over two web processes."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import product as every
from threading import Barrier

from tests.databases import rows
from tests.factories import user_body
from tests.processes import Product

THREADS = 8
ROUNDS = 10


def spellings(name: str) -> list[str]:
    """Return spellings of a name that differ in case alone."""
    heads = [
        "".join(letters) for letters in every(*((letter.lower(), letter.upper()) for letter in name[:3]))
    ]
    return [head + name[3:] for head in heads]


def test_one_creation_wins_and_the_rest_are_conflicts(product: Product) -> None:
    secret = product.manage("issue_scim_token", "acme", "--create-organization")

    with product.web(workers=2), ThreadPoolExecutor(THREADS) as pool:
        for number in range(ROUNDS):
            barrier = Barrier(THREADS)

            def create(user_name: str, barrier: Barrier = barrier) -> tuple[int, str | None]:
                barrier.wait()
                status, answer = product.call("POST", "/scim/v2/Users", user_body(user_name), secret=secret)
                return status, answer.get("scimType")

            answers = Counter(pool.map(create, spellings(f"amelie{number}@acme.example")))
            assert answers == {(201, None): 1, (409, "uniqueness"): THREADS - 1}

    assert rows(product.database_url, "SELECT count(*) FROM accounts_member") == [(ROUNDS,)]
    entries = "SELECT status, count(*) FROM provisioning_provisioninglogentry GROUP BY status ORDER BY status"
    assert rows(product.database_url, entries) == [("failure", ROUNDS * (THREADS - 1)), ("success", ROUNDS)]
