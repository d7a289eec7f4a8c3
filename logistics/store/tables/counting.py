"""Counts of a vault, and cases of missing cards. All of it is written once: a count is opened, added to, and ended."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlmodel import Field, SQLModel

from logistics.rules.counting import CaseEnd, CountEnd, CountKind, Finding
from logistics.store.tables.columns import key, one_of, partial, text, time


def _entry() -> sa.Column[int]:
    return sa.Column(sa.BigInteger, sa.ForeignKey("entry.id"), nullable=False)


class StockCount(SQLModel, table=True):
    """A count (棚卸し) of a vault: `slots` are its scope, `aside` says that cards outside slots belong to it.

    `expected` is how many cards were frozen as its expectation; no answer to a counter tells it.
    """

    __tablename__ = "stock_count"
    __table_args__ = (
        one_of("kind", CountKind),
        sa.Index("stock_count_vault_day_idx", "vault", "day"),
        sa.Index("stock_count_place_code_idx", "place", "code"),
    )
    code: str = text(primary_key=True)
    kind: str = text()
    place: str = key("place.code")
    vault: str = key("vault.code")
    day: date
    slots: list[str] = Field(sa_type=pg.ARRAY(sa.Text))
    aside: bool
    expected: int
    opened_at: datetime = time()
    opened_by: str = key("person.code")
    witness: str | None = key("person.code", default=None)
    supervisor: str | None = key("person.code", default=None)
    sheet: str = key("document.number")
    entry: int = Field(sa_column=_entry())


class StockCountCard(SQLModel, table=True):
    """The expectation as it was frozen when the count was opened; `slot` is null for what lay outside slots."""

    __tablename__ = "stock_count_card"
    count: str = key("stock_count.code", primary_key=True)
    card: int = Field(sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("card.id"), primary_key=True))
    slot: str | None = key("slot.code", default=None)


class StockCountSighting(SQLModel, table=True):
    """A card that was scanned in a count, once in each round, and the slot in which it was found."""

    __tablename__ = "stock_count_sighting"
    count: str = key("stock_count.code", primary_key=True)
    round: int = Field(primary_key=True)
    card: int = Field(sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("card.id"), primary_key=True))
    slot: str | None = key("slot.code", default=None)
    counter: str = key("person.code")
    entry: int = Field(sa_column=_entry())
    occurred_at: datetime = time()


class StockCountTally(SQLModel, table=True):
    """How many sleeves somebody counted in a slot by hand; `agrees` is the server's verdict, which it keeps."""

    __tablename__ = "stock_count_tally"
    __table_args__ = (
        sa.Index("stock_count_tally_count_idx", "count"),
        sa.Index("stock_count_tally_slot_occurred_at_idx", "slot", "occurred_at"),
    )
    id: UUID = Field(primary_key=True)
    count: str = key("stock_count.code")
    round: int
    slot: str = key("slot.code")
    cards: int
    agrees: bool
    counter: str = key("person.code")
    entry: int = Field(sa_column=_entry())
    occurred_at: datetime = time()


class StockCountRound(SQLModel, table=True):
    """A round of counting that is over: the first, or the second counter's; `slots` differed, `aside` did."""

    __tablename__ = "stock_count_round"
    count: str = key("stock_count.code", primary_key=True)
    round: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    finished_at: datetime = time()
    finished_by: str = key("person.code")
    counters: list[str] = Field(sa_type=pg.ARRAY(sa.Text))
    slots: list[str] = Field(sa_type=pg.ARRAY(sa.Text))
    aside: bool
    entry: int = Field(sa_column=_entry())


class StockCountEnd(SQLModel, table=True):
    """How a count ended; the numbers are those of its report."""

    __tablename__ = "stock_count_end"
    __table_args__ = (one_of("how", CountEnd),)
    count: str = key("stock_count.code", primary_key=True)
    how: str = text()
    reason: str | None = text(default=None)
    matched: int
    explained: int
    missing: int
    misplaced: int
    unexpected: int
    report: str | None = key("document.number", default=None)
    ended_at: datetime = time()
    ended_by: str = key("person.code")
    entry: int = Field(sa_column=_entry())


class StockCountFinding(SQLModel, table=True):
    """What a concluded count found of a card that did not match. `card` may be a code that nobody knows.

    `moved_by` is the entry that put the card into the slot in which it was found.
    """

    __tablename__ = "stock_count_finding"
    __table_args__ = (
        one_of("finding", Finding),
        partial("stock_count_finding_found_in_moved_by_idx", "found_in", "moved_by"),
    )
    count: str = key("stock_count.code", primary_key=True)
    card: str = text(primary_key=True)
    finding: str = text()
    expected_in: str | None = key("slot.code", default=None)
    found_in: str | None = key("slot.code", default=None)
    note: str = text()
    moved_by: int | None = Field(
        default=None, sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("entry.id"), nullable=True)
    )


class MissingCase(SQLModel, table=True):
    """An inquiry into a card that is missing; `opened_by` is the entry that said so."""

    __tablename__ = "missing_case"
    __table_args__ = (
        sa.Index("missing_case_card_idx", "card"),
        sa.Index("missing_case_place_code_idx", "place", "code"),
    )
    code: str = text(primary_key=True)
    card: str = key("card.code")
    place: str = key("place.code")
    cause: str = text()
    subject: str | None = text(default=None)
    last_slot: str | None = key("slot.code", default=None)
    opened_at: datetime = time()
    entry: int = Field(sa_column=_entry())


class MissingCaseMark(SQLModel, table=True):
    """A line of the search that was done, or a word on it; `item` is null for words alone."""

    __tablename__ = "missing_case_mark"
    __table_args__ = (sa.Index("missing_case_mark_case_code_idx", "case_code"),)
    entry: int = Field(
        sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("entry.id"), primary_key=True, autoincrement=False)
    )
    case_code: str = key("missing_case.code")
    item: str | None = key("search_item.code", default=None)
    note: str = text()
    marked_by: str = key("person.code")
    marked_at: datetime = time()


class MissingCaseEnd(SQLModel, table=True):
    """How a case ended: found again, or given up as lost by the city's decision."""

    __tablename__ = "missing_case_end"
    __table_args__ = (one_of("how", CaseEnd),)
    case_code: str = key("missing_case.code", primary_key=True)
    how: str = text()
    reason: str = text()
    ended_at: datetime = time()
    ended_by: str = key("person.code")
    decided_by: str | None = key("person.code", default=None)
    entry: int = Field(sa_column=_entry())


class SearchItem(SQLModel, table=True):
    """A line of the search checklist, in force from a day on."""

    __tablename__ = "search_item"
    code: str = text(primary_key=True)
    position: int
    ja: str = text()
    en: str = text()
    starts_on: date
    ends_on: date | None = None


class DiscrepancyNote(SQLModel, table=True):
    """What is being done about a difference that is not settled yet."""

    __tablename__ = "discrepancy_note"
    __table_args__ = (sa.Index("discrepancy_note_discrepancy_idx", "discrepancy"),)
    entry: int = Field(
        sa_column=sa.Column(sa.BigInteger, sa.ForeignKey("entry.id"), primary_key=True, autoincrement=False)
    )
    discrepancy: str = key("discrepancy.code")
    note: str = text()
    noted_by: str = key("person.code")
    noted_at: datetime = time()
