"""P17 来歴証明: the whole history of one card, proved and on paper."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from logistics.ledger import notes
from logistics.ledger.sequencer import Sequencer
from logistics.settings import Clock
from logistics.store.database import Database
from logistics.work.exports import until_signed
from tests.http.day import Day, new_card
from tests.http.rows import one
from tests.pure import labels_paper as paper

PURPOSE = {"purpose": "監査（令和8年度上期）"}


@pytest.fixture
async def sequencing(database: Database, clock: Clock, tmp_path: Path) -> AsyncIterator[None]:
    task = asyncio.create_task(Sequencer(database, tmp_path / "signer", clock).run())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_certificate_tells_the_whole_history_and_its_proof(
    day: Day, database: Database, sequencing: None
) -> None:
    sent = await day.received(1, 2)
    site, card = day.site(1), sent.cards[0]
    await site.scan(card)  # again: refused, and in the history
    await site.store(await site.first_slot(), card)
    assert await until_signed(database, 30)

    made = await day.manager.post(f"/cards/{card}/certificates", PURPOSE)
    response = await day.manager.ask("GET", f"/certificates/{made['number']}/certificate.pdf")
    again = await day.manager.ask("GET", f"/certificates/{made['number']}/certificate.pdf")

    history = (await day.manager.get(f"/cards/{card}/custody"))["entries"]
    assert (made["card"], made["state"], made["unsigned"]) == (card, "stored", 0)
    assert made["lines"] == len(history)
    text = " ".join(paper.texts(response.content))
    assert "来歴証明" in text
    assert "監査（令和8年度上期）" in text
    assert "収受済" in text
    assert "格納済" in text
    assert f"署名済 {len(history)} 件すべてが下記の照合値に含まれる" in text
    leaves = (
        "SELECT string_agg(encode(hash, 'hex'), ' ') FROM leaf JOIN entry_card USING (entry) WHERE card = "
    )
    for leaf in str(await one(database, f"{leaves} (SELECT id FROM card WHERE code = '{card}')")).split():  # noqa: S608
        assert leaf in text
    assert " ".join(made["root"][at : at + 4] for at in range(0, 32, 4)) in text
    assert (response.headers["x-document-copy"], again.headers["x-document-copy"]) == ("0", "1")
    note = await one(database, f"SELECT note FROM checkpoint WHERE size = {made['size']}")  # noqa: S608
    assert notes.parse_checkpoint(notes.parse_note(str(note)).text).root.hex() == made["root"]
    asked = str(await one(database, "SELECT body FROM entry WHERE act = 'ask' ORDER BY id DESC LIMIT 1"))
    assert '"question":"provenance"' in asked
    assert PURPOSE["purpose"] in asked


async def test_a_certificate_is_refused_for_an_unknown_card_by_a_stranger_and_before_anything_is_signed(
    day: Day, database: Database
) -> None:
    (card,) = await day.arrived({1: 1})

    unsigned = await day.manager.ask("POST", f"/cards/{card}/certificates", json=PURPOSE)
    stranger = await day.site(1).clerk.ask("POST", f"/cards/{card}/certificates", json=PURPOSE)

    assert (unsigned.status_code, stranger.status_code) == (400, 403)
    assert await one(database, "SELECT count(*) FROM document WHERE catalogue = 'P17'") == 0


async def test_a_certificate_of_a_card_nobody_knows_and_a_number_of_another_paper_are_not_found(
    day: Day, database: Database, sequencing: None
) -> None:
    sent = await day.received(1, 1)
    assert await until_signed(database, 30)

    unknown = await day.manager.ask("POST", f"/cards/{new_card()}/certificates", json=PURPOSE)
    missing = await day.manager.ask("GET", f"/certificates/{sent.manifest}/certificate.pdf")

    assert unknown.status_code == 404
    assert missing.status_code == 400
