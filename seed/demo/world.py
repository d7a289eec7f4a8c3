"""The day as it physically is: what lies in which box and bag, whatever lists and records say of it.

Chance is seeded by the day, so a day goes wrong in the same way each time. What the service should notice is
derived here from where things lie, and is told to nobody before the day is over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import ceil
from random import Random
from typing import Literal

from logistics.rules.codes import ALPHABET, RANDOM_CHARACTERS, CodeType, seal_with_check
from seed import contract

MOST_IN_BAG = 50
VISITS = (
    3  # people booked at a site whose cards came that very morning; our assumption, to keep the day short
)
FEWEST_IN_BOX, MOST_IN_BOX = 10, 12
# Cards in a hundred that are not standard ones. Express cards go straight home and are stock only when the mail
# returns them (domain research 9.4: 2 %); the two others are our assumption, the contract counts neither.
SHARES = {
    "express": contract.express_share() * Fraction(2, 100),
    "mail_return": Fraction(1, 100),
    "overseas": Fraction(1, 200),
}


@dataclass(frozen=True, slots=True)
class Card:
    """A card and what its list says of it."""

    code: str
    kind: str
    site: int


@dataclass(slots=True)
class Box:
    """A small box: what its list names, and what lies in it."""

    label: str
    listed: list[Card]
    inside: list[str]


@dataclass(slots=True)
class Bag:
    """A container for a site: what is scanned into it, and what the site will find.

    `seal_shown` is the number on the seal it comes with; empty where the seal is gone.
    """

    site: int
    seal: str
    packed: list[str]
    inside: list[str]
    seal_shown: str
    intact: bool = True
    code: str = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody is booked to fetch a card; `comes` says who does. The number of the notice is made up."""

    card: str
    booked_for: str
    notice: str
    comes: Literal["self", "agent", "nobody"]


@dataclass(frozen=True, slots=True)
class Mishaps:
    """What goes wrong. Sites are place numbers; `swapped` names the two whose bags stood side by side."""

    lost: Card  # listed, and nowhere
    stuck: Card  # sticks to another sleeve, is counted with it as one, and comes out at the site `stuck_at`
    torn: Card  # damaged on arrival
    dead: Card  # its chip cannot be set up; stays at the annex
    strayed: Card  # lies in another box than it is listed in
    unlisted: str  # lies in a box, and on no list
    swapped: tuple[int, int]
    stuck_at: int
    cut_at: int  # a bag comes without its seal and a card short
    resealed_at: int  # a bag comes with another seal than on the manifest
    overlooked_at: int  # a card stays in the lining of a bag until after the receipt was closed
    crushed_at: int  # a card comes damaged
    foreign_at: int  # a sleeve that nobody has registered lies between two others


@dataclass(frozen=True)
class World:
    """Everything there is on the day."""

    day: date
    cards: Sequence[Card]
    boxes: Sequence[Box]
    bags: Sequence[Bag]
    mishaps: Mishaps
    crushed: frozenset[str]
    overlooked: frozenset[str]
    visits: Mapping[int, Sequence[Visit]]

    def bags_for(self, site: int) -> list[Bag]:
        """The bags of one site."""
        return [bag for bag in self.bags if bag.site == site]

    def waits_for(self, site: int) -> int | None:
        """The site that closes its receipt before this one opens its bags."""
        first, second = self.mishaps.swapped
        return first if site == second else None


def make(day: date, volumes: Mapping[int, int]) -> World:
    """The day on which `volumes[site]` cards leave for each site; a few more arrive, and stay behind."""
    chance = Random(f"demonstration {day.isoformat()}")  # noqa: S311 - a story, not a secret
    sites = [site for site, cards in volumes.items() for _ in range(cards)]
    extras = [_card(chance, "standard", chance.choice(sites)) for _ in range(4)]
    leaving = [
        _card(chance, kind, site) for kind, site in zip(_kinds(chance, len(sites)), sites, strict=True)
    ]
    mishaps = _mishaps(chance, sorted(volumes), extras, leaving)
    cards = [*leaving, *extras]
    chance.shuffle(cards)
    bags = [
        bag for site in volumes for bag in _bags(chance, site, [c.code for c in leaving if c.site == site])
    ]
    for number, bag in enumerate(bags, start=1):
        bag.seal = bag.seal_shown = f"KS-{day:%m%d}-{number:03d}"
    crushed, overlooked = _spoil(chance, bags, mishaps)
    boxes = _boxes(chance, cards, mishaps)
    visits = {site: _visits(day, site, bags, crushed | overlooked) for site in sorted(volumes)}
    return World(day, cards, boxes, bags, mishaps, crushed, overlooked, visits)


def code(chance: Random) -> str:
    """A control number as our labels carry it."""
    body = "".join(chance.choice(ALPHABET) for _ in range(RANDOM_CHARACTERS))
    return seal_with_check(f"{CodeType.CARD}{body}")


def _card(chance: Random, kind: str, site: int) -> Card:
    return Card(code(chance), kind, site)


def _kinds(chance: Random, cards: int) -> list[str]:
    special = [kind for kind, share in SHARES.items() for _ in range(ceil(cards * share))]
    kinds = [*special, *["standard"] * (cards - len(special))]
    chance.shuffle(kinds)
    return kinds


def _mishaps(
    chance: Random, sites: Sequence[int], extras: Sequence[Card], leaving: Sequence[Card]
) -> Mishaps:
    lost, stuck, torn, dead = extras
    first, second, *others = chance.sample(sites, 8)
    stuck_at, cut_at, resealed_at, overlooked_at, crushed_at, foreign_at = others
    return Mishaps(
        lost=lost,
        stuck=stuck,
        torn=torn,
        dead=dead,
        strayed=chance.choice(leaving),
        unlisted=code(chance),
        swapped=(first, second),
        stuck_at=stuck_at,
        cut_at=cut_at,
        resealed_at=resealed_at,
        overlooked_at=overlooked_at,
        crushed_at=crushed_at,
        foreign_at=foreign_at,
    )


def _boxes(chance: Random, cards: Sequence[Card], mishaps: Mishaps) -> list[Box]:
    boxes: list[Box] = []
    waiting = list(cards)
    while waiting:
        size = chance.randint(FEWEST_IN_BOX, MOST_IN_BOX)
        listed, waiting = waiting[:size], waiting[size:]
        inside = [c.code for c in listed if c not in (mishaps.lost, mishaps.stuck)]
        boxes.append(Box(f"{len(boxes) + 1:03d}", listed, inside))
    home = next(box for box in boxes if mishaps.strayed in box.listed)
    other = chance.choice([box for box in boxes if box is not home])
    home.inside.remove(mishaps.strayed.code)
    other.inside.append(mishaps.strayed.code)
    chance.choice(boxes).inside.append(mishaps.unlisted)
    return boxes


def _bags(chance: Random, site: int, codes: Sequence[str]) -> Iterator[Bag]:
    start = 0
    for size in contract.spread(len(codes), max(1, ceil(len(codes) / MOST_IN_BAG))):
        packed = list(codes[start : start + size])
        start += size
        yield Bag(site, "", packed, chance.sample(packed, len(packed)), "")


def _visits(day: date, site: int, bags: Sequence[Bag], spoilt: frozenset[str]) -> list[Visit]:
    """Who is booked at a site for cards that came well; the last of several does not come."""
    chance = Random(f"counter {day.isoformat()} {site}")  # noqa: S311 - a story, not a secret
    packed = [code for bag in bags if bag.site == site for code in bag.packed]
    inside = {code for bag in bags if bag.site == site for code in bag.inside}
    there = [code for code in packed if code in inside - spoilt][:VISITS]
    comes: list[Literal["self", "agent", "nobody"]] = ["self", "agent", "nobody"]
    return [
        Visit(
            code,
            f"{9 + n // 6:02d}:{n % 6}0",
            f"{chance.choice('ABCDEFGH')}{chance.randrange(10)}{chance.choice('KLMNP')}-{chance.randrange(10**6):06d}",
            comes[n],
        )
        for n, code in enumerate(there)
    ]


def _spoil(chance: Random, bags: Sequence[Bag], mishaps: Mishaps) -> tuple[frozenset[str], frozenset[str]]:
    """Let the mishaps of the way happen; the cards that come damaged, and those that are overlooked at first."""
    at = {bag.site: bag for bag in bags}
    one, other = (at[site] for site in mishaps.swapped)
    # The two counts before sealing come out right, so nobody notices until the cards are scanned again.
    one.inside[0], other.inside[0] = other.inside[0], one.inside[0]
    at[mishaps.stuck_at].inside.append(mishaps.stuck.code)
    cut = at[mishaps.cut_at]
    cut.intact, cut.seal_shown = False, ""
    cut.inside.pop()
    at[mishaps.resealed_at].seal_shown = "KS-9999-001"
    at[mishaps.foreign_at].inside.insert(1, code(chance))
    crushed = chance.choice(at[mishaps.crushed_at].packed)
    overlooked = chance.choice(at[mishaps.overlooked_at].packed)
    return frozenset({crushed}), frozenset({overlooked})
