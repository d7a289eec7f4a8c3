"""Records to draw papers from: made up, without any person's data."""

from __future__ import annotations

import hashlib
import random
from datetime import UTC, date, datetime

import msgspec

from logistics.rules.codes import ALPHABET, CodeType, seal_with_check, sequenced_code
from logistics.rules.records import (
    Carriage,
    Difference,
    DifferenceKind,
    HandOver,
    Imprint,
    KindCount,
    ManifestLine,
    ManifestRecord,
    NamedPerson,
    NamedPlace,
    ReceiptRecord,
    Record,
    SealCheck,
    SealedBatch,
    TransferSlipRecord,
)

ANNEX = NamedPlace(
    sequenced_code(CodeType.PLACE, 1, width=3), "マイナンバーカード分室", "京都市右京区太秦下刑部町12"
)
SITE = NamedPlace(
    sequenced_code(CodeType.PLACE, 7, width=3),
    "伏見区役所深草支所マイナンバーカード交付コーナー",
    "京都市伏見区深草向畑町93-1",
)
CLERK = NamedPerson(sequenced_code(CodeType.PERSON, 12, width=4), "分室 担当者")
RECEIVER = NamedPerson(sequenced_code(CodeType.PERSON, 71, width=4), "拠点 担当者")
SUPERVISOR = NamedPerson(sequenced_code(CodeType.PERSON, 5, width=4), "本市 立会職員")
CARRIAGE = Carriage(
    sequenced_code(CodeType.COURIER, 1, width=3),
    "都配送株式会社",
    "京都市同意第8-12号",
    ("乗務員 一号", "乗務員 二号"),
    "京都 100 あ 12-34",
)
ISSUED = datetime(2026, 4, 1, 0, 5, tzinfo=UTC)
KINDS = (("card", "マイナンバーカード"), ("residence_card", "特定在留カード"), ("notice", "交付通知書"))


def card_code(rng: random.Random) -> str:
    """A card's code from a repeatable source."""
    return seal_with_check(CodeType.CARD + "".join(rng.choice(ALPHABET) for _ in range(8)))


def imprint(record: Record, copy: int = 0) -> Imprint:
    """The imprint that belongs to `record`."""
    digest = hashlib.sha256(msgspec.json.encode(record)).hexdigest()
    return Imprint(copy, datetime(2026, 4, 1, 0, 6, tzinfo=UTC), digest)


def counts(kinds: list[int]) -> tuple[KindCount, ...]:
    """How many of each kind, from indexes into KINDS."""
    return tuple(KindCount(*kind, kinds.count(index)) for index, kind in enumerate(KINDS) if index in kinds)


def batches_of(cards: int, batches: int) -> list[int]:
    """`cards` shared out over `batches`."""
    return [cards // batches + (index < cards % batches) for index in range(batches)]


def manifest(cards: int = 353, batches: int = 3) -> ManifestRecord:
    """A manifest of `cards` cards in `batches` containers."""
    rng = random.Random(cards)  # noqa: S311
    kinds = [0 if rng.random() < 0.9 else rng.choice((1, 2)) for _ in range(cards)]
    lines: list[ManifestLine] = []
    sealed: list[SealedBatch] = []
    for number, share in enumerate(batches_of(cards, batches), 1):
        code = sequenced_code(CodeType.BATCH, 4000 + number)
        of_batch = kinds[len(lines) : len(lines) + share]
        sealed.append(SealedBatch(code, f"S-{70210 + number}", share, counts(of_batch), ISSUED))
        for kind in of_batch:
            lines.append(ManifestLine(len(lines) + 1, card_code(rng), *KINDS[kind], code))
    return ManifestRecord(
        number=sequenced_code(CodeType.MANIFEST, 123, fiscal_year=8),
        issued_at=ISSUED,
        issued_by=CLERK,
        run=sequenced_code(CodeType.RUN, 41, fiscal_year=8),
        run_date=date(2026, 4, 1),
        run_sequence=1,
        origin=ANNEX,
        destination=SITE,
        carriage=CARRIAGE,
        batches=tuple(sealed),
        counts=counts(kinds),
        lines=tuple(lines),
        transfer_slip=sequenced_code(CodeType.TRANSFER_SLIP, 123, fiscal_year=8),
    )


def transfer_slip(batches: int = 3, *, known: bool = False) -> TransferSlipRecord:
    """A transfer slip; `known` fills both changes of hands in."""
    of = manifest(200, batches)
    nobody = HandOver(None, None, None)
    crew = NamedPerson(sequenced_code(CodeType.PERSON, 900, width=4), "乗務員 一号")
    return TransferSlipRecord(
        number=of.transfer_slip,
        issued_at=ISSUED,
        issued_by=CLERK,
        manifest=of.number,
        run=of.run,
        run_date=of.run_date,
        run_sequence=1,
        origin=ANNEX,
        destination=SITE,
        carriage=CARRIAGE,
        batches=of.batches,
        cards=200,
        taken_over=HandOver(datetime(2026, 4, 1, 0, 30, tzinfo=UTC), CLERK, crew) if known else nobody,
        delivered=HandOver(datetime(2026, 4, 1, 2, 4, tzinfo=UTC), crew, RECEIVER) if known else nobody,
    )


DIFFERENCE_KINDS: tuple[DifferenceKind, ...] = (
    "short", "over", "damaged", "misrouted", "unknown", "broken_seal",
)  # fmt: skip


def receipt(differences: int = 0) -> ReceiptRecord:
    """A receipt of 353 cards with `differences` of all kinds in turn."""
    rng = random.Random(differences)  # noqa: S311
    of = manifest(353)
    found = tuple(_difference(rng, number, of) for number in range(1, differences + 1))
    rejected = sum(one.kind == "damaged" for one in found)
    missing = sum(one.kind == "short" for one in found)
    return ReceiptRecord(
        number=sequenced_code(CodeType.RECEIPT, 88, fiscal_year=8),
        issued_at=datetime(2026, 4, 1, 3, 0, tzinfo=UTC),
        issued_by=RECEIVER,
        supervisor=SUPERVISOR,
        manifest=of.number,
        run=of.run,
        run_date=of.run_date,
        run_sequence=1,
        origin=ANNEX,
        destination=SITE,
        carriage=CARRIAGE,
        arrived_at=datetime(2026, 4, 1, 2, 4, tzinfo=UTC),
        closed_at=datetime(2026, 4, 1, 2, 58, tzinfo=UTC),
        dispatched=353,
        accepted=353 - rejected - missing,
        rejected=rejected,
        missing=missing,
        unexpected=sum(one.kind in ("over", "misrouted", "unknown") for one in found),
        counts=(KindCount(*KINDS[0], 353 - rejected - missing),),
        seals=tuple(
            _seal_check(batch, broken=differences > 5 and index == 1)
            for index, batch in enumerate(of.batches)
        ),
        differences=found,
    )


def _seal_check(batch: SealedBatch, *, broken: bool) -> SealCheck:
    seen = None if broken else batch.seal_number
    return SealCheck(batch.code, batch.seal_number, seen, not broken, batch.cards, batch.cards)


def _difference(rng: random.Random, number: int, of: ManifestRecord) -> Difference:
    kind = DIFFERENCE_KINDS[(number - 1) % 6]
    line = of.lines[number % len(of.lines)]
    card = None if kind == "broken_seal" else line.card if kind in ("short", "damaged") else card_code(rng)
    note = (
        ""
        if number % 3
        else "封印の一部にはがれ。職員立会いのもと開封し、全数を再度数えた。" * (1 + number % 2)
    )
    code = sequenced_code(CodeType.DISCREPANCY, number, fiscal_year=8)
    return Difference(code, kind, card, line.batch, note)
