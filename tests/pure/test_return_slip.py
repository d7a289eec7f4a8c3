"""P4, looked at as a finished PDF: every barcode reads, every count agrees with the list."""

from __future__ import annotations

import msgspec
import pytest

from labels import return_slip
from logistics.rules.return_records import ReasonCount, ReturnLine, ReturnRecord
from logistics.rules.returns import REASONS, WhyReturned, fits
from tests.pure import labels_paper as paper
from tests.pure import labels_records as records


def slip(cards: int, batches: int) -> ReturnRecord:
    """A return slip with the containers of a manifest, its reasons dealt out in turn."""
    of, reasons = records.manifest(cards, batches), list(WhyReturned)
    lines = tuple(
        ReturnLine(line.position, line.card, line.kind, line.kind_name, line.batch, reasons[n % len(reasons)])
        for n, line in enumerate(of.lines)
    )
    counted = [(why, sum(line.reason is why for line in lines)) for why in reasons]
    values = {name: getattr(of, name) for name in msgspec.structs.asdict(of) if name != "lines"}
    return ReturnRecord(
        **values | {"origin": of.destination, "destination": of.origin},
        reasons=tuple(ReasonCount(why, n) for why, n in counted if n),
        lines=lines,
    )


@pytest.mark.parametrize("dpi", paper.RESOLUTIONS)
@pytest.mark.parametrize(("cards", "batches"), [(1, 1), (40, 3), (150, 12)])
def test_every_barcode_of_a_return_slip_reads_and_none_is_missing_or_too_many(
    cards: int, batches: int, dpi: int
) -> None:
    record = slip(cards, batches)

    pdf = return_slip.render(record, records.imprint(record))

    codes = [record.transfer_slip, *(b.code for b in record.batches), *(line.card for line in record.lines)]
    assert paper.codes_in(pdf, dpi) == sorted([*codes, *[record.number] * len(paper.texts(pdf))])


def test_a_return_slip_names_every_reason_and_says_which_way_it_goes() -> None:
    record = slip(12, 1)

    text = "".join(paper.texts(return_slip.render(record, records.imprint(record))))

    assert all(word in text for word in REASONS.values())
    assert text.index(record.destination.name) < text.index(record.origin.name)


def test_a_return_slip_that_does_not_add_up_is_not_drawn() -> None:
    record = slip(12, 1)
    fewer = msgspec.structs.replace(record, reasons=record.reasons[1:])

    with pytest.raises(ValueError, match="reasons state"):
        return_slip.render(fewer, records.imprint(fewer))


def test_what_belongs_where_it_lies_was_not_misrouted() -> None:
    assert fits(WhyReturned.MISROUTED, "standard", belongs_here=False)
    assert not fits(WhyReturned.MISROUTED, "standard", belongs_here=True)
    assert not fits(WhyReturned.UNDELIVERED, "collected", belongs_here=False)
