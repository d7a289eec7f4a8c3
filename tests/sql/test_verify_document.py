"""Was this very file issued: every forgery is refused with its reason, every print is found with its proof."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from labels import checking, transfer_slip
from labels.signing import Identity, Press
from logistics.ledger import merkle, notes
from logistics.rules.records import Record
from logistics.store.database import Database
from logistics.store.server import Server
from logistics.work import documents, people, verifying
from seed.load import person_code
from tests.conftest import as_superuser
from tests.pure import labels_records as records
from tests.pure.test_signing import retitled
from tests.sql.test_sequencer import at_work

RECORD = records.transfer_slip(2)
NOW = datetime(2026, 4, 1, 0, 6, tzinfo=UTC)


class Desk:
    """Prints papers, and is asked about files."""

    def __init__(self, database: Database, press: Press) -> None:
        self.database = database
        self.press = press

    async def freeze(self, number: str, record: Record) -> None:
        async with self.database.begin() as session:
            await documents.freeze(session, [documents.Paper(number, "P2", "M08", record)], NOW)

    async def printed(self, number: str = RECORD.number) -> bytes:
        async with self.database.begin() as session:
            actor = await people.actor(session, person_code(0, 2))
            render = self.press(transfer_slip.render)
            return (await documents.print_paper(session, actor, number, render, NOW)).content

    async def asked(self, content: bytes, number: str | None = None) -> verifying.Verdict:
        check = partial(checking.check, trusted=self.press.trusted)
        async with self.database.read() as session:
            return await verifying.verify_document(session, content, check, number)

    async def against(self, content: bytes, number: str | None = None) -> tuple[str, ...]:
        return (await self.asked(content, number)).against


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> Desk:
    """A desk with one frozen paper and somebody to sign."""
    desk = Desk(database, Press(Identity.development(tmp_path / "papers")))
    await desk.freeze(RECORD.number, RECORD)
    return desk


async def test_each_print_is_known_by_its_copy_its_printer_and_its_entry(desk: Desk) -> None:
    files = [await desk.printed(), await desk.printed()]

    verdicts = [await desk.asked(content) for content in files]

    assert [verdict.genuine for verdict in verdicts] == [True, True]
    assert [verdict.sha256 for verdict in verdicts] == [hashlib.sha256(f).hexdigest() for f in files]
    issues = [verdict.issue for verdict in verdicts]
    assert [(i.number, i.catalogue, i.copy, i.actor, i.printed_at, i.proof) for i in issues if i] == [
        (RECORD.number, "P2", copy, person_code(0, 2), NOW, None) for copy in (0, 1)
    ]
    assert {verdict.signature.state for verdict in verdicts} == {"sound"}


async def test_a_sequenced_print_is_proved_against_the_last_checkpoint(desk: Desk, tmp_path: Path) -> None:
    content = await desk.printed()
    async with at_work(desk.database, tmp_path) as (worker, _):
        await worker.round()
    await desk.printed()

    verdict = await desk.asked(content)

    assert verdict.issue is not None
    proof = verdict.issue.proof
    assert proof is not None
    signed = notes.parse_checkpoint(notes.parse_note(proof.note).text)
    assert (signed.size, signed.root.hex()) == (proof.size, proof.root)
    way = [bytes.fromhex(item) for item in proof.hashes]
    leaf = bytes.fromhex(verdict.issue.entry_hash)
    assert merkle.included(leaf, proof.leaf_index, proof.size, signed.root, way)
    assert verdict.lines()[-1] == "GENUINE"


async def test_every_forged_variant_is_refused_with_its_reason(desk: Desk, tmp_path: Path) -> None:
    other = records.transfer_slip(3)
    content = await desk.printed()
    flipped = bytearray(content)
    flipped[2_000] ^= 1
    stranger = Press(Identity.development(tmp_path / "stranger"))
    imprint = records.imprint(other)
    by_stranger, by_us = [
        await asyncio.to_thread(press(transfer_slip.render), other, imprint)
        for press in (stranger, desk.press)
    ]

    assert await desk.against(retitled(content)) == ("not_issued", "added")
    assert await desk.against(content + b"\n% junk") == ("not_issued", "added", "number_of_another")
    assert await desk.against(bytes(flipped)) == ("not_issued", "changed", "number_of_another")
    assert await desk.against(by_stranger) == (
        "not_issued", "foreign", "number_of_another",
    )  # fmt: skip
    assert await desk.against(transfer_slip.render(other, imprint)) == (
        "not_issued", "unsigned", "number_of_another",
    )  # fmt: skip
    # Even our own key does not make a paper that the log does not know.
    assert await desk.against(by_us) == (
        "not_issued", "number_of_another",
    )  # fmt: skip


async def test_one_flipped_bit_anywhere_is_refused_in_the_signature_too(desk: Desk) -> None:
    content = await desk.printed()
    start = content.index(b"/Contents <")

    for at in range(start, start + 4_000, 400):
        changed = bytearray(content)
        changed[at] ^= 1
        assert "not_issued" in await desk.against(bytes(changed))


async def test_a_paper_presented_under_another_number_is_refused(desk: Desk) -> None:
    content = await desk.printed()

    assert await desk.against(content, RECORD.number) == ()
    assert await desk.against(content, RECORD.manifest) == ("another_number",)


async def test_a_print_stays_genuine_when_the_certificate_is_replaced(desk: Desk, tmp_path: Path) -> None:
    content = await desk.printed()
    later = Desk(desk.database, Press(Identity.development(tmp_path / "later")))

    verdict = await later.asked(content)

    assert (verdict.genuine, verdict.signature.state) == (True, "foreign")


async def test_a_row_put_into_the_register_alone_does_not_make_a_paper(desk: Desk, server: Server) -> None:
    await desk.printed()
    forged = transfer_slip.render(RECORD, records.imprint(RECORD, copy=7))
    digest = hashlib.sha256(forged).hexdigest()

    await as_superuser(
        server,
        "INSERT INTO document_print SELECT document, 7, "  # noqa: S608 - our own digest
        f"'\\x{digest}', entry, printed_at FROM document_print",
        str(desk.database.engine.url.database),
    )

    assert await desk.against(forged) == ("log_differs",)


async def test_asking_writes_nothing_and_every_reason_has_its_words(desk: Desk) -> None:
    content = await desk.printed()
    async with desk.database.read() as session:
        before = await documents.archive(session, "", 10)

    await desk.asked(content)

    async with desk.database.read() as session:
        assert await documents.archive(session, "", 10) == before
    assert all(en and ja for en, ja in verifying.REASONS.values())
