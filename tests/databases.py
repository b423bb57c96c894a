"""A freshly migrated database for a test whose processes must share one, of this half's kind."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest

from tests.processes import Product

SERVER = os.environ.get("DATABASE_URL", "")


def rows(url: str, statement: str) -> list[tuple[Any, ...]]:
    """Return what a statement finds, by the driver alone."""
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///"), timeout=30) as connection:
            return connection.execute(statement).fetchall()
    with psycopg.connect(url) as database:
        return database.execute(statement).fetchall()


def administer(statement: str) -> None:
    """Create or drop a database on the PostgreSQL server of this half."""
    with psycopg.connect(SERVER, autocommit=True) as server:
        server.execute(statement)


def url_of(name: str) -> str:
    """Return the URL of a database beside that of this half."""
    return urlsplit(SERVER)._replace(path=f"/{name}").geturl()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A migrated database that others are copied from."""
    folder = tmp_path_factory.mktemp("template")
    if not SERVER:
        url = f"sqlite:///{folder / 'template.sqlite3'}"
        Product(url, folder).manage("migrate", "-v0")
        yield url
        return
    name = f"template_{uuid4().hex}"
    administer(f"CREATE DATABASE {name}")
    Product(url_of(name), folder).manage("migrate", "-v0")
    yield name
    administer(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def new_product(template: str, folder: Path) -> Iterator[Product]:
    """An installation with an empty database of its own, until the block ends."""
    if not SERVER:
        shutil.copy(template.removeprefix("sqlite:///"), folder / "product.sqlite3")
        yield Product(f"sqlite:///{folder / 'product.sqlite3'}", folder)
        return
    name = f"product_{uuid4().hex}"
    administer(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield Product(url_of(name), folder)
    administer(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def product(template: str, tmp_path: Path) -> Iterator[Product]:
    """An installation with an empty database of its own."""
    with new_product(template, tmp_path) as product:
        yield product
