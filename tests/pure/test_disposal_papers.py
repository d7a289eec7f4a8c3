"""P7 and P8, looked at as finished PDFs: every barcode reads, and what does not add up is not drawn."""

from __future__ import annotations

import random
from datetime import date, timedelta

import msgspec
import pytest

from labels import certificate, proposal
from logistics.rules.codes import CodeType, sequenced_code
from logistics.rules.disposal import CHIPS, METHODS, Chip, Method
from logistics.rules.disposal_records import (
    CertificateRecord,
    DestroyedLine,
    Presence,
    ProposalLine,
    ProposalRecord,
)
from logistics.rules.records import KindCount
from logistics.rules.retention import PRESETS, in_japanese, parse
from tests.pure import labels_paper as paper
from tests.pure import labels_records as records

NUMBER = sequenced_code(CodeType.PROPOSAL, 7, fiscal_year=8)
KINDS = (("collected", "回収カード"), ("returned_notice", "個人番号通知書（返戻）"))


def counts(kinds: list[str]) -> tuple[KindCount, ...]:
    return tuple(KindCount(kind, name, kinds.count(kind)) for kind, name in KINDS if kind in kinds)


def p7(cards: int) -> ProposalRecord:
    rng, rules = random.Random(cards), list(PRESETS.values())  # noqa: S311 - the same paper each time
    kinds = [KINDS[n % 2] for n in range(cards)]
    lines = tuple(
        ProposalLine(
            n + 1,
            records.card_code(rng),
            *kinds[n],
            "S001A001Q",
            date(2026, 4, 1) + timedelta(days=n),
            rules[n % 3],
        )
        for n in range(cards)
    )
    return ProposalRecord(
        number=NUMBER,
        issued_at=records.ISSUED,
        issued_by=records.CLERK,
        place=records.ANNEX,
        policy="R8-市民-123",
        note="保管期間満了のため",
        counts=counts([kind for kind, _ in kinds]),
        lines=lines,
    )


def p8(cards: int, *, witnesses: int = 1, photos: int = 2) -> CertificateRecord:
    of = p7(cards)
    begun = records.ISSUED + timedelta(hours=1)
    return CertificateRecord(
        number=sequenced_code(CodeType.DOCUMENT, 3, fiscal_year=8),
        issued_at=begun + timedelta(hours=2),
        issued_by=records.CLERK,
        place=records.ANNEX,
        proposal=of.number,
        proposed_by=records.RECEIVER,
        approved_by=records.SUPERVISOR,
        approved_at=records.ISSUED,
        due_on=date(2026, 4, 8),
        method=Method.SHRED,
        chip=Chip.SHREDDED,
        machine="裁断機 1号",
        begun_at=begun,
        ended_at=begun + timedelta(hours=2),
        witness_requested=witnesses > 0,
        witnesses=tuple(
            Presence(records.SUPERVISOR, begun, begun + timedelta(minutes=n) if n else None)
            for n in range(witnesses)
        ),
        photos=tuple(f"IMG-{n:04d}.jpg" for n in range(photos)),
        counted=cards + 1,
        remaining=1,
        counts=of.counts,
        lines=tuple(
            DestroyedLine(line.position, line.card, line.kind, line.kind_name, begun) for line in of.lines
        ),
    )


@pytest.mark.parametrize("dpi", paper.RESOLUTIONS)
@pytest.mark.parametrize("cards", [1, 45, 120])
def test_every_barcode_of_a_proposal_reads_and_none_is_missing_or_too_many(cards: int, dpi: int) -> None:
    record = p7(cards)

    pdf = proposal.render(record, records.imprint(record))

    pages = [record.number] * len(paper.texts(pdf))
    assert paper.codes_in(pdf, dpi) == sorted([*pages, *(line.card for line in record.lines)])


@pytest.mark.parametrize("dpi", paper.RESOLUTIONS)
@pytest.mark.parametrize(("cards", "witnesses"), [(1, 0), (45, 1), (120, 5)])
def test_every_barcode_of_a_certificate_reads_and_none_is_missing_or_too_many(
    cards: int, witnesses: int, dpi: int
) -> None:
    record = p8(cards, witnesses=witnesses)

    pdf = certificate.render(record, records.imprint(record))

    pages = [record.number] * len(paper.texts(pdf))
    codes = [record.proposal, *pages, *(line.card for line in record.lines)]
    assert paper.codes_in(pdf, dpi) == sorted(codes)


def test_a_certificate_says_what_the_contract_asks_for() -> None:
    record = p8(3)

    text = "".join(paper.texts(certificate.render(record, records.imprint(record))))

    for said in (
        "令和8年4月1日（水）10時05分",
        record.issued_by.name,
        METHODS[record.method],
        CHIPS[record.chip],
        record.machine,
        record.approved_by.name,
        "令和8年4月8日（水）",
        "IMG-0001.jpg",
    ):
        assert said in text


def test_a_proposal_says_its_rules_in_words() -> None:
    record = p7(3)

    text = "".join("".join(paper.texts(proposal.render(record, records.imprint(record)))).split())

    assert all(in_japanese(parse(line.rule)) in text for line in record.lines)
    assert in_japanese(parse("ANY(reminded_on + 90 days, blocked_on set)")) == (
        "いずれか早い日（再通知日から90日を経過・失効・停止日以後）"
    )


def test_what_does_not_add_up_is_not_drawn() -> None:
    asked, done = p7(3), p8(3)
    fewer = msgspec.structs.replace(asked, lines=asked.lines[1:])
    with pytest.raises(ValueError, match=asked.number):
        proposal.render(fewer, records.imprint(fewer))
    for wrong in (
        msgspec.structs.replace(done, lines=done.lines[1:]),
        msgspec.structs.replace(done, remaining=0),
    ):
        with pytest.raises(ValueError, match=done.number):
            certificate.render(wrong, records.imprint(wrong))
