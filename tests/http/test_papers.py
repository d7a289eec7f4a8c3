"""Papers as they are handed out: the original once, then reprint n, and each file's hash is in the log before."""

from __future__ import annotations

import hashlib
from typing import Any

import httpx
import msgspec
import pypdfium2

from logistics.rules.codes import CodeType, random_code
from logistics.settings import Clock
from logistics.store.database import Database, driver
from logistics.work import documents, people
from tests.http.day import Day, Sent
from tests.http.reader import Reader
from tests.http.reader import words as text_of
from tests.http.rows import contents, one


async def printed(day: Day, sent: Sent, paper: str = "manifest.pdf") -> httpx.Response:
    response = await day.site(1).clerk.ask("GET", f"/manifests/{sent.manifest}/{paper}")
    assert (response.status_code, response.headers["content-type"]) == (200, "application/pdf")
    return response


def words(content: bytes) -> str:
    """The text of all pages, without the spaces that make codes readable."""
    document = pypdfium2.PdfDocument(content)
    try:
        return "".join("".join(page.get_textpage().get_text_range().split()) for page in document)
    finally:
        document.close()


async def prints(database: Database) -> list[dict[str, Any]]:
    async with database.read() as session:
        rows = await (await driver(session)).fetch(
            "SELECT body FROM entry WHERE act IN ('print', 'print_labels') ORDER BY id"
        )
    return [msgspec.json.decode(row["body"])["facts"] for row in rows]


async def test_the_first_print_is_the_original_and_the_second_is_reprint_one(
    day: Day, database: Database
) -> None:
    sent = (await day.dispatched({1: 2}))[1]

    first, second = await printed(day, sent), await printed(day, sent)

    assert [r.headers["X-Document-Copy"] for r in (first, second)] == ["0", "1"]
    assert [r.headers["Content-Disposition"] for r in (first, second)] == [
        f'inline; filename="P1-{sent.manifest}.pdf"',
        f'inline; filename="P1-{sent.manifest}-copy1.pdf"',
    ]
    assert {r.headers["Cache-Control"] for r in (first, second)} == {"no-store"}
    assert first.content != second.content
    assert [(p["copy"], p["sha256"], p["bytes"]) for p in await prints(database)] == [
        (n, hashlib.sha256(r.content).hexdigest(), len(r.content)) for n, r in enumerate((first, second))
    ]
    assert sent.manifest in words(first.content)


async def test_the_papers_of_a_day_are_in_the_archive(day: Day) -> None:
    sent = await day.received(1, 2)
    await day.site(1).close(sent.manifest)

    given = [await printed(day, sent, f"{name}.pdf") for name in ("manifest", "transfer-slip", "receipt")]

    archive = (await day.annex.get("/documents", manifest=sent.manifest))["items"]
    assert sorted((d["catalogue"], d["prints"]) for d in archive) == [("P1", 1), ("P2", 1), ("P3", 1)]
    for document, response in zip(sorted(archive, key=lambda d: str(d["catalogue"])), given, strict=True):
        assert response.content.startswith(b"%PDF")
        assert document["number"] in words(response.content)
    for card in sent.cards:
        assert card in words(given[0].content)


async def test_there_is_no_receipt_before_the_close_and_no_paper_of_nothing(
    day: Day, database: Database
) -> None:
    sent = await day.received(1, 1)
    before = await contents(database)

    paths = [
        f"/manifests/{sent.manifest}/receipt.pdf",
        f"/manifests/{random_code(CodeType.MANIFEST)}/manifest.pdf",
        f"/manifests/{random_code(CodeType.MANIFEST)}/transfer-slip.pdf",
    ]
    answers = [await day.site(1).clerk.ask("GET", path) for path in paths]

    assert [answer.json()["type"] for answer in answers] == ["/problems/not-found"] * 3
    assert await contents(database) == before


async def test_the_courier_prints_nothing(day: Day) -> None:
    sent = (await day.dispatched({1: 1}))[1]

    answer = await day.courier.ask("GET", f"/manifests/{sent.manifest}/manifest.pdf")

    assert answer.json()["type"] == "/problems/not-allowed"


async def test_a_frozen_paper_does_not_change_with_the_world(day: Day, database: Database) -> None:
    sent = (await day.in_transit({1: 2}))[1]
    record = "SELECT record || encode(digest, 'hex') FROM document WHERE number = $1"
    before = await one(database, record, sent.manifest)

    site = day.site(1)
    await site.accept(sent)
    await site.receive(*sent.cards)
    await site.close(sent.manifest)

    assert await one(database, record, sent.manifest) == before


async def test_equal_records_give_equal_bytes_for_the_same_copy(
    day: Day, database: Database, clock: Clock
) -> None:
    """Drawn twice with the same copy number at the same moment, each time in a transaction taken back."""
    import labels.manifest

    sent, moment = (await day.dispatched({1: 3}))[1], clock()
    drawn = []

    for _ in range(2):
        async with database.engine.connect() as connection, database._sessions(bind=connection) as session:
            clerk = await people.actor(session, day.annex.code)
            paper = await documents.print_paper(session, clerk, sent.manifest, labels.manifest.render, moment)
            drawn.append((paper.copy, paper.content))
            await session.rollback()

    assert drawn[0] == drawn[1]


async def test_labels_are_drawn_and_logged(day: Day, database: Database) -> None:
    batch = await day.packed(1, await day.ready({1: 2}))
    requests = [
        ("/labels/batches", {"batches": [batch.code]}),
        ("/labels/sleeves", {"cards": batch.cards, "sheet": "sleeves-44", "skip": 3}),
    ]

    given = [await day.annex.ask("POST", path, json=body) for path, body in requests]
    ruler = await day.annex.ask("POST", "/labels/calibration", json={"sheet": "sleeves-24", "dx_mm": -1.5})

    assert [r.status_code for r in (*given, ruler)] == [200, 200, 200], given[1].text
    assert all(r.content.startswith(b"%PDF") for r in (*given, ruler))
    logged = await prints(database)
    assert [(p["labels"], p["sha256"]) for p in logged] == [
        (what, hashlib.sha256(r.content).hexdigest())
        for what, r in zip(("batches", "sleeves"), given, strict=True)
    ]
    assert [p["codes"] for p in logged] == [[batch.code], batch.cards]


async def test_a_label_of_a_container_nobody_knows_is_refused(day: Day, database: Database) -> None:
    before = await contents(database)

    problem = await day.annex.refused("/labels/batches", {"batches": [random_code(CodeType.BATCH)]})

    assert problem["type"] == "/problems/not-found"
    assert await contents(database) == before


async def test_labels_are_printed_from_their_page_where_a_bag_that_was_left_behind_is_taken_back(
    day: Day, reader: Reader, database: Database
) -> None:
    sent = (await day.dispatched({1: 2}))[1]
    bag, leader = sent.batches[0].code, day.manager.code
    form = {"sheet": "batches-8", "skip": "1", "back": "/labels"}
    sleeves = {"cards": "\n".join(sent.cards), "sheet": "sleeves-24", "dx_mm": "0.5", "back": "/labels"}

    assert f">{bag}</textarea>" in await reader.see(f"/labels?batch={bag}", leader)
    given = [
        await reader.post("/labels/batches", leader, batches=bag, **form),
        await reader.post("/labels/sleeves", leader, **sleeves),
        await reader.post("/labels/calibration", leader, sheet="sleeves-24", back="/labels"),
    ]
    none = await reader.post("/labels/batches", leader, batches=bag, **form | {"sheet": "sleeves-24"})

    assert [answer.headers["content-type"] for answer in given] == ["application/pdf"] * 3
    assert bag in words(given[0].content)
    assert all(card in words(given[1].content) for card in sent.cards)
    assert [p["sha256"] for p in await prints(database) if "labels" in p] == [
        hashlib.sha256(answer.content).hexdigest() for answer in given[:2]
    ]
    assert none.content[:4] != b"%PDF"
    assert len(pypdfium2.PdfDocument(given[2].content)) == 1

    assert "積み残しを引き戻す" in await reader.see(f"/batches/{bag}", leader)
    assert "積み残しを引き戻す" not in await reader.see(f"/batches/{bag}", day.annex.code)
    later = {"run_day": "2026-04-02", "recall_reason": "配送業者が積み残した", "back": f"/batches/{bag}"}
    page = text_of(await reader.send(f"/batches/{bag}/recall", leader, **later))
    assert "4月2日の便に積みます" in page
    assert "残しの戻し → 封印済" in page
    assert [await day.state(card) for card in sent.cards] == ["packed", "packed"]
    assert "積み残しを引き戻す" not in await reader.see(f"/batches/{bag}", leader)
