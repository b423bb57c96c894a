"""What every test shares; the people are in `tests/cast.py`."""

pytest_plugins = ["tests.cast", "tests.databases", "tests.smtp", "tests.browser", "tests.watch.world"]
