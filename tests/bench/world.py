"""A made-up past: cards on their way to 13 sites, each with its history, and runs that wait to leave.

Rows are copied in as a superuser whose foreign-key triggers sleep, which is the only quick way; they are what the
service itself would have written, and constraints, keys and indexes hold.
"""

from __future__ import annotations

import hashlib
import random
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg

from logistics.ledger.canonical import canonical, leaf_hash
from logistics.ledger.log import new_uuid, timestamp
from logistics.rules.codes import ALPHABET, CodeType, seal_with_check, sequenced_code
from seed.load import COURIER, VEHICLE_NUMBER, person_code, place_code

NOW = datetime(2026, 4, 1, 2, 0, tzinfo=UTC)
TODAY = date(2026, 4, 1)
FAR = date(2100, 1, 1)
SITES = range(1, 14)
ANNEX, VEHICLE = place_code(0), place_code(VEHICLE_NUMBER)
CLERK = person_code(0, 2)
CARDS_PER_BATCH = 100
# What a card has behind it when its courier drives; a custody entry each, shared by the cards of its batch.
HISTORY = (
    ("expect", "new", "expected"),
    ("check_in", "expected", "arrived"),
    ("set_up", "arrived", "ready"),
    ("pack", "ready", "packed"),
    ("dispatch", "packed", "dispatched"),
    ("take_over", "dispatched", "in_transit"),
)
COLUMNS = {
    "arrival": "code imported_at imported_by digest cards",
    "box": "code arrival label cards",
    "run": "code day sequence courier crew vehicle departed_at consent consent_from consent_to",
    "manifest": "code run origin destination transfer_slip cards dispatched_at dispatched_by taken_over_at taken_over_by",
    "batch": "code run origin destination state place custodian manifest opened_at seal_number sealed_cards sealed_at"
    " loaded_at",
    "card": "id code kind state place custodian destination box batch",
    "entry": "id uuid act actor site manifest from_party to_party occurred_at recorded_at body hash",
    "entry_card": "card entry from_state step to_state",
    "manifest_card": "manifest card batch position",
    "scan": "id entry purpose subject code card outcome accepted content occurred_at",
}


# Of the made-up past alone, and of the far days on which loaded runs wait.
_CONSENT = ("BENCH-1", date(2000, 1, 1), date(2199, 12, 31))


def site_clerk(site: int) -> str:
    """Who scans at a site."""
    return person_code(site, 2)


def supervisor(site: int) -> str:
    """The city employee who directs it."""
    return person_code(site, 91)


@dataclass(frozen=True, slots=True)
class Card:
    """A card on its way: `site` is the number of its destination."""

    id: int
    code: str
    manifest: str
    site: int


@dataclass(frozen=True, slots=True)
class Run:
    """A run that is loaded: its batches by destination, and the ids and codes of each batch's cards."""

    code: str
    day: date
    batches: dict[str, list[str]]
    cards: dict[str, list[tuple[int, str]]]


class World:
    """Hands out each card and each run once, so that every measurement meets fresh ones."""

    def __init__(self) -> None:
        self.rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in COLUMNS}
        self._under_way: dict[int, deque[Card]] = {site: deque() for site in SITES}
        self._waiting: dict[tuple[int, int], deque[Run]] = defaultdict(deque)
        self._rng = random.Random(2026)  # noqa: S311 - made up, and the same every time
        self._cards = self._entries = self._papers = self._days = 0
        self._arrival = sequenced_code(CodeType.ARRIVAL, 1, fiscal_year=7)
        digest = hashlib.sha256(b"bench").digest()
        self.rows["arrival"].append((self._arrival, NOW, CLERK, digest, 0))

    def scans(self, count: int) -> list[Card]:
        """Cards on their way, to one site after the other."""
        return [self._under_way[SITES[n % len(SITES)]].popleft() for n in range(count)]

    def to_one_site(self, count: int) -> list[Card]:
        """Cards on their way to the site to which most are."""
        site = max(SITES, key=lambda number: len(self._under_way[number]))
        return [self._under_way[site].popleft() for _ in range(count)]

    def run(self, cards: int, manifests: int) -> Run:
        """A loaded run of this size."""
        return self._waiting[cards, manifests].popleft()

    def add_under_way(self, cards: int) -> None:
        """Cards that couriers carry, a batch of each run and site, since the day before yesterday and before."""
        for number in range(-(-cards // (CARDS_PER_BATCH * len(SITES)))):
            run = self._run(TODAY - timedelta(days=number + 2), departed=True)
            for site in SITES:
                manifest, slip = self._paper(CodeType.MANIFEST), self._paper(CodeType.TRANSFER_SLIP)
                to = place_code(site)
                stamps = (NOW, CLERK, NOW, person_code(VEHICLE_NUMBER, 1))
                self.rows["manifest"].append((manifest, run, ANNEX, to, slip, CARDS_PER_BATCH, *stamps))
                batch = self._batch(run, site, CARDS_PER_BATCH, manifest)
                made = list(self._fill(batch, site, CARDS_PER_BATCH, "in_transit"))
                self._under_way[site].extend(Card(id_, code, manifest, site) for id_, code in made)
                self.rows["manifest_card"] += [
                    (manifest, id_, batch, n) for n, (id_, _) in enumerate(made, 1)
                ]
                for step in HISTORY:
                    self._remember(step, to, manifest, made)

    def add_waiting(self, cards: int, manifests: int) -> None:
        """A run that is loaded and waits for its day."""
        self._days += 1
        day = FAR + timedelta(days=self._days)
        code = self._run(day, departed=False)
        shares = [cards // manifests + (n < cards % manifests) for n in range(manifests)]
        batches: dict[str, list[str]] = {}
        filled: dict[str, list[tuple[int, str]]] = {}
        for site, share in zip(SITES, shares, strict=False):
            for part in range(0, share, CARDS_PER_BATCH):
                held = min(CARDS_PER_BATCH, share - part)
                batch = self._batch(code, site, held, None)
                filled[batch] = list(self._fill(batch, site, held, "packed"))
                batches.setdefault(place_code(site), []).append(batch)
        self._waiting[cards, manifests].append(Run(code, day, batches, filled))

    async def store(self, superuser: asyncpg.Connection) -> None:
        """Copy everything in, move the sequences behind it, and gather statistics."""
        await superuser.execute("SET session_replication_role = replica")
        for table, rows in self.rows.items():
            await superuser.copy_records_to_table(table, columns=COLUMNS[table].split(), records=rows)
            rows.clear()
        await superuser.execute(
            "INSERT INTO consent (number, courier, scope, contract, valid_from, valid_to, recorded_at)"
            " VALUES ($1, $2, 'bench', 'bench', $3, $4, $5) ON CONFLICT DO NOTHING",
            _CONSENT[0],
            COURIER,
            *_CONSENT[1:],
            NOW,
        )
        await superuser.execute("SET session_replication_role = origin")
        for table in ("card", "entry"):
            await superuser.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"  # noqa: S608
            )
        await superuser.execute("VACUUM (ANALYZE)")
        await superuser.execute("CHECKPOINT")

    def _run(self, day: date, *, departed: bool) -> str:
        code = self._random(CodeType.RUN)
        left = NOW if departed else None
        self.rows["run"].append(
            (code, day, 1, COURIER, ["配送乗務員1"], "京都 400 あ 12-34", left, *_CONSENT)
        )
        return code

    def _batch(self, run: str, site: int, cards: int, manifest: str | None) -> str:
        code, box = self._random(CodeType.BATCH), self._random(CodeType.BOX)
        state, place, holder = ("in_transit", VEHICLE, COURIER) if manifest else ("loaded", ANNEX, ANNEX)
        stamps = (NOW, f"S-{code[1:]}", cards, NOW, NOW)
        self.rows["batch"].append(
            (code, run, ANNEX, place_code(site), state, place, holder, manifest, *stamps)
        )
        self.rows["box"].append((box, self._arrival, code, cards))
        return code

    def _fill(self, batch: str, site: int, count: int, state: str) -> Iterator[tuple[int, str]]:
        """New cards of a batch; yields id and code of each."""
        box = self.rows["box"][-1][0]
        place, holder = (VEHICLE, COURIER) if state == "in_transit" else (ANNEX, ANNEX)
        for _ in range(count):
            self._cards += 1
            code = self._random(CodeType.CARD)
            self.rows["card"].append(
                (self._cards, code, "standard", state, place, holder, place_code(site), box, batch)
            )
            yield self._cards, code

    def _remember(
        self, step: tuple[str, str, str], to: str, manifest: str, cards: Sequence[tuple[int, str]]
    ) -> None:
        """A custody entry of one step of all these cards."""
        self._entries += 1
        act, before, after = step
        uuid = new_uuid()
        of = manifest if act in ("dispatch", "take_over") else None
        seen = [uuid4() for _ in cards] if act == "check_in" else []
        box = self.rows["box"][-1][0]
        body = canonical(_body(str(uuid), step, of, cards, [str(scan) for scan in seen], box))
        columns = (act, CLERK, ANNEX, of, ANNEX, ANNEX, NOW, NOW, body, leaf_hash(body))
        self.rows["entry"].append((self._entries, uuid, *columns))
        self.rows["entry_card"] += [(id_, self._entries, before, act, after) for id_, _ in cards]
        if act == "check_in":
            self.rows["scan"] += [
                (scan, self._entries, act, box, code, id_, "checked_in", True, uuid.bytes, NOW)
                for scan, (id_, code) in zip(seen, cards, strict=True)
            ]

    def _random(self, kind: CodeType) -> str:
        return seal_with_check(kind + "".join(self._rng.choices(ALPHABET, k=8)))

    def _paper(self, kind: CodeType) -> str:
        self._papers += 1
        return sequenced_code(kind, self._papers, fiscal_year=7)


def _body(
    uuid: str,
    step: tuple[str, str, str],
    manifest: str | None,
    cards: Sequence[tuple[int, str]],
    scans: Sequence[str],
    box: str,
) -> dict[str, Any]:
    """What the entry says, as the service writes it: its copies are compared with it while it serves."""
    act, before, after = step
    codes = sorted(code for _, code in cards)
    said: dict[str, Any] = {
        "v": 1,
        "id": uuid,
        "act": act,
        "actor": CLERK,
        "site": ANNEX,
        "from": ANNEX,
        "to": ANNEX,
        "manifest": manifest,
        "occurred_at": timestamp(NOW),
        "recorded_at": timestamp(NOW),
        "cards": [{"step": act, "from": before, "to": after, "codes": codes}],
        "scans": [
            {"id": scan, "code": code, "outcome": "checked_in", "at": timestamp(NOW), "subject": box}
            for scan, (_, code) in zip(scans, cards, strict=bool(scans))
        ],
    }
    return {name: value for name, value in said.items() if value}
