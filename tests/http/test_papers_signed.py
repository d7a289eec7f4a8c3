"""Papers over HTTP: signed on their way out, and known again when somebody brings them back."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar

from labels.signing import Identity, Press
from logistics.ledger import notes
from logistics.settings import Clock
from logistics.store.database import Database
from tests.applications import application
from tests.http.day import RUN_DAY, Clerk, Day
from tests.http.rows import contents
from tests.http.walk import NUMBER
from tests.sql.test_sequencer import at_work

PDF = {"content-type": "application/pdf"}


@pytest.fixture
def app(database: Database, clock: Clock, tmp_path: Path) -> Litestar:
    """The application with somebody who signs."""
    return application(database, clock, press=Press(Identity.development(tmp_path / "papers")))


async def fetched(clerk: Clerk, path: str) -> bytes:
    response = await clerk.ask("GET", path)
    assert response.status_code == 200, response.text
    return response.content


async def verdict(clerk: Clerk, content: bytes, **query: str) -> dict[str, Any]:
    response = await clerk.ask("POST", "/documents/verify", content=content, headers=PDF, params=query)
    assert response.status_code == 200, response.text
    said: dict[str, Any] = response.json()
    return said


async def test_every_paper_comes_signed_and_is_known_again(day: Day) -> None:
    sent = (await day.dispatched({1: 2}))[1]
    for paper in ("manifest", "transfer-slip"):
        for copy in range(2):
            content = await fetched(day.annex, f"/manifests/{sent.manifest}/{paper}.pdf")

            said = await verdict(day.annex, content)

            assert (said["genuine"], said["against"]) == (True, [])
            assert said["sha256"] == hashlib.sha256(content).hexdigest()
            assert said["signature"]["state"] == "sound"
            assert said["signature"]["number"] == said["issue"]["number"]
            assert (said["issue"]["copy"], said["issue"]["actor"]) == (copy, day.annex.code)


async def test_a_changed_paper_is_refused_in_both_languages(day: Day) -> None:
    sent = (await day.dispatched({1: 1}))[1]
    content = await fetched(day.annex, f"/manifests/{sent.manifest}/manifest.pdf")

    said = await verdict(day.annex, content + b"\n")
    other = await verdict(day.annex, content, number="M080000999")

    assert (said["genuine"], said["issue"]) == (False, None)
    assert [reason["code"] for reason in said["against"]] == ["not_issued", "added", "number_of_another"]
    assert all(reason["message"] and reason["message_ja"] for reason in said["against"])
    assert [reason["code"] for reason in other["against"]] == ["another_number"]


async def test_a_pdf_is_no_text_whatever_rows_of_digits_it_holds(day: Day, database: Database) -> None:
    before = await contents(database)

    said = await verdict(day.annex, b"%PDF-1.4\n" + NUMBER.encode())

    assert said["signature"] == {"state": "unreadable", "number": None, "by": None, "at": None}
    assert NUMBER not in str(said)
    assert await contents(database) == before


@pytest.mark.parametrize(
    ("content", "kind"),
    [(NUMBER.encode(), "application/pdf"), (b"%PDF-1.4\n" + NUMBER.encode(), "text/plain")],
)
async def test_what_is_no_pdf_is_read_as_the_text_that_it_is(day: Day, content: bytes, kind: str) -> None:
    response = await day.annex.ask(
        "POST", "/documents/verify", content=content, headers={"content-type": kind}
    )

    assert response.json()["type"] == "/problems/my-number-refused"


async def test_a_file_that_is_no_pdf_or_too_large_is_a_problem(day: Day) -> None:
    async def asked(content: bytes, headers: dict[str, str]) -> httpx.Response:
        return await day.annex.ask("POST", "/documents/verify", content=content, headers=headers)

    answers = [
        await asked(b"words", PDF),
        await asked(b"", PDF),
        await asked(b"%PDF-1.4", {"content-type": "application/octet-stream"}),
        await asked(b"%PDF-" + bytes(8_000_000), PDF),
    ]

    assert [answer.status_code for answer in answers] == [415, 415, 415, 413]
    assert {answer.headers["content-type"] for answer in answers} == {"application/problem+json"}


async def test_a_day_is_closed_once_with_the_log_as_it_was_signed(
    day: Day, database: Database, tmp_path: Path
) -> None:
    await day.arrived({1: 2})
    async with at_work(database, tmp_path) as (worker, _):
        await worker.round()

    first = await day.annex.post("/closings", {"day": RUN_DAY})
    await day.arrived({1: 1})
    again = await day.annex.post("/closings", {"day": RUN_DAY})

    signed = notes.parse_checkpoint(notes.parse_note(first["note"]).text)
    assert (signed.size, signed.root.hex()) == (first["size"], first["root"])
    assert (first["entries"], first["unsigned"]) == (first["size"], 0)
    assert first == again
    sheet = await fetched(day.annex, f"/closings/{RUN_DAY}/closing-sheet.pdf")
    issue = (await verdict(day.annex, sheet))["issue"]
    assert (issue["number"], issue["catalogue"], issue["subject"]) == (first["number"], "P0", RUN_DAY)


async def test_a_day_that_cannot_be_closed_is_refused_by_name(day: Day, database: Database) -> None:
    before = await contents(database)

    unsigned = await day.annex.refused("/closings", {"day": RUN_DAY})
    to_come = await day.annex.refused("/closings", {"day": "2026-04-02"})
    elsewhere = await day.site(1).clerk.refused("/closings", {"day": RUN_DAY})
    unknown = await day.annex.ask("GET", f"/closings/{RUN_DAY}/closing-sheet.pdf")

    assert [problem["errors"][0]["field"] for problem in (unsigned, to_come)] == ["day", "day"]
    assert elsewhere["type"] == "/problems/not-allowed"
    assert unknown.status_code == 404
    assert await contents(database) == before
