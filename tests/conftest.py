"""What every test shares; the people are in `tests/cast.py`."""

import os

import pytest
from django.conf import LazySettings
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker

pytest_plugins = ["tests.cast", "tests.databases", "tests.smtp", "tests.browser", "tests.watch.world"]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Let what a test has committed be cleaned away: by DELETE or TRUNCATE, which the history refuses."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DROP TRIGGER IF EXISTS history_no_delete")
        else:
            cursor.execute("DROP TRIGGER IF EXISTS history_no_truncate ON provisioning_auditevent")


LONGEST = ("test_every_page.py", "test_browser.py")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests of faults, which mostly wait, and then the longest ones, so that nobody waits in the end.

    The order of all others is random.
    """
    items.sort(key=lambda item: ("faults" not in item.path.parts, item.path.name not in LONGEST))


@pytest.fixture(autouse=True)
def no_token_is_known(settings: LazySettings) -> None:
    """Look up every token anew in this process, where a test may revoke one and ask at once."""
    settings.SCIM_TOKEN_SECONDS = 0


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip on PostgreSQL what depends on no database, before any of its fixtures starts."""
    if item.get_closest_marker("once") and "DATABASE_URL" in os.environ:
        pytest.skip("The half on SQLite runs it: it depends on no database.")
