"""What a subcommand is, and the database that the environment names for it."""

from __future__ import annotations

import argparse
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import date

from logistics.settings import Settings
from logistics.store.database import Database
from logistics.store.server import embedded


def _nothing(_: argparse.ArgumentParser) -> None: ...


@dataclass(frozen=True)
class Command:
    """A subcommand: what it does, and the arguments it takes."""

    name: str
    run: Callable[[argparse.Namespace], int]
    arguments: Callable[[argparse.ArgumentParser], None] = _nothing


@contextmanager
def database_url(settings: Settings) -> Iterator[str]:
    """The owner's address of the database the environment names, or of the embedded server's."""
    if settings.database_url:
        yield settings.database_owner_url or settings.database_url
    else:
        with embedded(settings.data_dir) as url:
            yield url


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    """The database at an address, closed afterwards."""
    database = Database(url)
    try:
        yield database
    finally:
        await database.close()


def month(text: str) -> date:
    """The first day of a month such as 2026-04, as an argument."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a month such as 2026-04") from None
