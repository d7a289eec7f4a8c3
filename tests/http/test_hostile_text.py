"""Whatever somebody types is shown as text, and reaches the database as a value: on every page that shows it."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest

from logistics.store.database import Database, driver
from seed.load import COURIER, person_code, place_code
from tests.http.board_day import PlayedDay
from tests.http.conftest import OPENING
from tests.http.reader import HTML, Reader
from tests.sessions import headers_of

AUDITOR, HEAD, LEADER, CLERK = (person_code(0, 99), person_code(0, 1), person_code(1, 1), person_code(1, 2))
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' OR 1=1; DROP TABLE card; --",
    "{{ 7*7 }}${7*7}",
    "javascript:alert(1)\u202etxt",
)


def assert_inert(page: str) -> None:
    """The text is nowhere as markup, and nothing was made of it."""
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert not re.search(r'(?:href|src|action)="\s*javascript:', page)


@pytest.mark.parametrize("text", HOSTILE)
async def test_what_is_asked_for_is_a_value_and_is_shown_as_text(reader: Reader, text: str) -> None:
    asked = quote(text)

    for path in (
        f"/papers?q={asked}&catalogue={asked}",
        f"/papers?on={asked}",
        f"/papers?before={asked}",
        f"/audit?question=entries&seal={asked}&device={asked}&act={asked}&ask=1",
        f"/audit?question=holder&card={asked}&at={asked}&ask=1",
        f"/audit?question=gaps&minutes={asked}&ask=1",
        f"/audit?question={asked}",
        f"/people?site={asked}",
        f"/rosters?site={asked}",
    ):
        answer = await reader.client.get(path, headers=HTML | headers_of(HEAD))
        assert answer.status_code < 500, (path, answer.text)
        assert_inert(answer.text)


async def test_what_was_typed_is_kept_as_it_was_and_shown_as_text(reader: Reader, database: Database) -> None:
    day = PlayedDay(reader.client, OPENING)
    await day.arrive({1: 1})
    for n, text in enumerate(HOSTILE):
        name = f"{n} {text}"
        saved = {"name": name[:60], "query": "question=late&minutes=5", "back": "/audit"}
        await reader.send("/audit/saved", HEAD, **saved)
        typed = {"purpose": "receive", "card": day.cards[1][0], "reason": name, "back": "/manual"}
        await reader.send("/manual", CLERK, **typed)
        device = {"name": name[:60], "area": name[:60], "place": place_code(1), "back": "/devices"}
        await reader.send("/devices/add", HEAD, **device)
        consent = {"courier": COURIER, "number": name[:60], "scope": name, "contract": name}
        period = {"valid_from": "2026-04-01", "valid_to": "2027-03-31", "back": "/registers"}
        await reader.send("/registers/consents", HEAD, **consent, **period)
        limit = {"kind": "out", "value": str(30 + n), "unit": "minutes", "reason": name, "back": "/settings"}
        await reader.send("/settings/limits", HEAD, **limit)

    for path, by in (
        ("/audit", HEAD),
        ("/approvals", LEADER),
        ("/devices", HEAD),
        ("/registers", HEAD),
        ("/settings", HEAD),
    ):
        page = await reader.see(path, by)
        assert_inert(page)
        assert "DROP TABLE card" in page or path == "/settings", path
    async with database.read() as session:
        connection = await driver(session)
        scopes = {row["scope"] for row in await connection.fetch("SELECT scope FROM consent")}
        cards = await connection.fetchval("SELECT count(*) FROM card")
    assert {f"{n} {text}" for n, text in enumerate(HOSTILE)} <= scopes, "to the letter"
    assert cards == 1
