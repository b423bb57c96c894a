"""Two processes ask for the same secret at once: exactly one shows it."""

import threading
from typing import Any

import pytest
from django.db import connections
from django.http import HttpRequest, HttpResponse

from accounts import clock
from accounts.models import Operator
from accounts.permissions import Role
from provisioning.admin import secret_once
from tests import factories

READERS = 8


@pytest.mark.django_db(transaction=True)
def test_of_readers_at_once_exactly_one_gets_the_secret() -> None:
    issued, operator = factories.make_token(factories.make_organization()), factories.make_operator(Role.CSM)
    response, shown, ready = HttpResponse(), [], threading.Barrier(READERS)
    whose: dict[str, Any] = {"row_id": issued.token.id, "operator_id": operator.id, "now": clock.now()}
    secret_once.keep(response, secret=issued.secret, page="/", **whose)

    def read(operator: Operator) -> None:
        request = HttpRequest()
        request.COOKIES = {name: morsel.value for name, morsel in response.cookies.items()}
        ready.wait()
        shown.append(secret_once.take(request, digest=issued.token.digest, **whose))
        connections.close_all()

    threads = [threading.Thread(target=read, args=[operator]) for _ in range(READERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(map(str, shown)) == sorted([issued.secret, *["None"] * (READERS - 1)])
