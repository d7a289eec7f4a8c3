"""What a contract year holds: from the contract's monthly counts, how many cards come and are issued on which day.

The cards issued at a site in a month are those the contract counted, times the scale. Beside them come cards that
nobody fetches, and on the first run the stock that the contractor before has left.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction

from logistics.rules.calendar import Calendar, PlaceKind, month_days
from seed import contract

SITES = contract.SITES
CENTER = 13
# So many of a hundred cards are fetched by nobody.
FORGOTTEN = Fraction(6, 100)
# What lies at a site when the year begins, of a month's cards.
INHERITED = Fraction(3, 10)
FIRST_MONTH = date(2026, 4, 1)
MONTHS = tuple(date(2026 + (m > 12), (m - 1) % 12 + 1, 1) for m in range(4, 16))


@dataclass(frozen=True)
class Odd:
    """At which sites, by number, a month's odd things happen; no two of them at one site."""

    card_of: int
    card_at: int
    bag_of: int
    bag_at: int
    torn: int
    lost: int
    typed: int
    left_behind: int
    damaged: int


@dataclass
class Plan:
    """Cards by site and day: `comes` are to be fetched, `left` are those that nobody will fetch.

    Something goes wrong in each month, or only in the months of `wrong`.
    """

    scale: Fraction
    months: tuple[date, ...] = MONTHS
    wrong: tuple[date, ...] | None = None
    calendar: Calendar = field(default_factory=Calendar)
    comes: dict[tuple[int, date], int] = field(default_factory=dict)
    left: dict[tuple[int, date], int] = field(default_factory=dict)
    issues: dict[tuple[int, date], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for site in SITES:
            for month in self.months:
                self._spread(site, month)
        for month in self.months if self.wrong is None else self.wrong:
            day = self.odd_day(month)
            odd = self.odd(day)
            # One card more that nobody fetches, where something happens to one.
            for site in (odd.card_of, odd.card_at, odd.bag_of, odd.torn, odd.lost, odd.typed):
                self.left[site, day] += 1

    def volume(self, site: int, month: date) -> int:
        """Cards that a site issues in a month: the contract's count, scaled and rounded."""
        return round(contract.month_volume(site, month.month) * self.scale)

    def _spread(self, site: int, month: date) -> None:
        days = month_days(month.year, month.month)
        runs = self.calendar.run_days(days[0], days[-1], site)
        cards = self.volume(site, month)
        forgotten = round(cards * FORGOTTEN) or int(cards > 0 and (site + month.month) % 6 == 0)
        for day, comes, left in zip(
            runs, contract.spread(cards, len(runs)), contract.spread(forgotten, len(runs)), strict=True
        ):
            self.comes[site, day], self.left[site, day] = comes, left
        if month == self.months[0]:
            self.comes[site, runs[0]] += round(cards * INHERITED) + 1
        opened = [day for day in days if self.is_open(site, day) and day >= runs[0]]
        for day, issued in zip(opened, contract.spread(cards, len(opened)), strict=True):
            self.issues[site, day] = issued

    def odd_day(self, month: date) -> date:
        """The day of a month on which what is not every day's happens: its first run day."""
        return self.calendar.next_run_day(month - timedelta(days=1))

    def goes_wrong(self, day: date) -> bool:
        """Whether what goes wrong once a month does so on this day."""
        month = day.replace(day=1)
        return day == self.odd_day(month) and (self.wrong is None or month in self.wrong)

    def odd(self, day: date) -> Odd:
        """Where it happens."""

        def site(offset: int) -> int:
            return SITES[(day.month + offset) % len(SITES)]

        return Odd(
            card_of=site(4),
            card_at=site(5),
            bag_of=site(6),
            bag_at=site(7),
            torn=site(8),
            lost=site(9),
            typed=site(10),
            left_behind=site(0),
            damaged=site(12),
        )

    def is_open(self, site: int, day: date) -> bool:
        """Whether the site hands cards out on a day."""
        kind = PlaceKind.CENTER if site == CENTER else PlaceKind.COUNTER
        return bool(self.calendar.sessions(kind, day, site))

    def days(self) -> Iterator[date]:
        """Every day of the months played."""
        last = month_days(self.months[-1].year, self.months[-1].month)[-1]
        day = self.months[0]
        while day <= last:
            if day.replace(day=1) in self.months:
                yield day
            day += timedelta(days=1)

    def last_open(self, site: int, month: date) -> date:
        """The last day of a month on which a site is open."""
        days = month_days(month.year, month.month)
        return max(day for day in days if self.is_open(site, day))

    @property
    def cards(self) -> int:
        """Cards that come on arrival lists."""
        return sum(self.comes.values()) + sum(self.left.values())
