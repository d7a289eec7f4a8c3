"""What every table is made of: naming of constraints, kinds of columns. Codes are text, times are aware."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlmodel import Field, SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "pk": "%(table_name)s_pkey",
}


class TransactionId(sa.types.UserDefinedType[int]):
    """PostgreSQL's xid8: a transaction id that never wraps around."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """The type's name in DDL."""
        return "xid8"


# Without it, comparing the schema with the tables would not know the type.
ischema_names["xid8"] = TransactionId


def text(**options: Any) -> Any:
    """A text column."""
    return Field(sa_type=sa.Text, **options)


def key(target: str, **options: Any) -> Any:
    """A text column that refers to `target`, as table.column."""
    return Field(sa_type=sa.Text, foreign_key=target, **options)


def time(**options: Any) -> Any:
    """An aware time."""
    return Field(sa_type=sa.DateTime(timezone=True), **options)


def listed(values: Iterable[str]) -> str:
    """Values as SQL lists them."""
    return ", ".join(f"'{value}'" for value in values)


def one_of(column: str, values: Iterable[str]) -> sa.CheckConstraint:
    """A CHECK that the column holds one of the values; it is named after the column."""
    return sa.CheckConstraint(f"{column} IN ({listed(values)})", name=column)


def partial(name: str, first: str, second: str) -> sa.Index:
    """An index of the rows that have a `first`."""
    return sa.Index(name, first, second, postgresql_where=sa.text(f"{first} IS NOT NULL"))


def by_entry(table: str) -> sa.Index:
    """Which rows cite an entry. They come in the order of their entries, so block ranges are enough, at next to no cost."""
    return sa.Index(
        f"{table}_entry_range_idx",
        "entry",
        postgresql_using="brin",
        postgresql_with={"autosummarize": "on", "pages_per_range": 16},
    )
