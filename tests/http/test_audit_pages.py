"""The archive of papers and the auditor's questions, as pages: found, printed again, asked, kept."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import quote

from logistics.store.database import Database, driver
from seed.load import person_code, place_code
from tests.http.board_day import PlayedDay
from tests.http.conftest import OPENING
from tests.http.reader import HTML, Reader, words
from tests.sessions import headers_of

AUDITOR, CLERK, OTHER = person_code(0, 99), person_code(1, 2), person_code(2, 2)


async def _run(reader: Reader) -> PlayedDay:
    day = PlayedDay(reader.client, OPENING)
    await day.arrive({1: 2, 2: 1})
    await day.pack([1, 2])
    await day.dispatch()
    return day


async def test_a_paper_is_found_printed_again_under_the_next_number_and_checked(reader: Reader) -> None:
    day = await _run(reader)
    manifest = day.manifests[1]

    about = await reader.see(f"/papers?q={manifest.lower()}&on=2026-04-01", CLERK)
    of_kind = await reader.see("/papers?catalogue=P2", AUDITOR)
    none = await reader.see("/papers?on=2026-03-01", AUDITOR)
    files = [
        await reader.client.get(f"/papers/{manifest}/paper.pdf", headers=headers_of(CLERK)) for _ in range(3)
    ]
    page = words(await reader.see(f"/papers/{manifest}", CLERK))
    digest = hashlib.sha256(files[2].content).hexdigest()

    assert f"/papers/{manifest}" in about
    assert "授受票" in about, "what is about the manifest is found by its number, too"
    assert of_kind.count('href="/papers/T') == 4, "two transfer slips, each with two links"
    assert "この条件の帳票はありません" in none
    assert [file.headers["X-Document-Copy"] for file in files] == ["0", "1", "2"]
    assert "再発行 3 を印刷する" in page
    assert digest in page

    sent = headers_of(AUDITOR) | {"Content-Type": "application/pdf"}
    verdicts = [
        (await reader.client.post("/papers/verify", headers=sent, content=content)).text
        for content in (files[1].content, files[1].content + b"\n")
    ]
    assert "本物です" in verdicts[0]
    assert "再発行 1" in words(verdicts[0])
    assert "本物と確かめられません" in verdicts[1]


async def test_a_site_finds_no_paper_of_another(reader: Reader) -> None:
    day = await _run(reader)

    mine = await reader.see("/papers", OTHER)
    await reader.see(f"/papers/{day.manifests[1]}", OTHER, 404)
    foreign = await reader.client.get(
        f"/papers/{day.manifests[1]}/paper.pdf", headers=headers_of(OTHER) | HTML
    )

    assert day.manifests[2] in mine
    assert day.manifests[1] not in mine
    assert foreign.status_code == 404


async def test_every_question_is_answered_page_by_page_and_is_an_entry(
    reader: Reader, database: Database
) -> None:
    day = await _run(reader)
    card, here = day.cards[1][0], place_code(1)
    moment = quote("2026-04-01T09:05")
    asked = {
        f"question=entries&card={card}&act=dispatch": (card, "発送"),
        f"question=holder&card={card}&at={moment}": ("発送済",),
        f"question=contents&place={place_code(0)}&at={moment}": (card,),
        f"question=balance&batch={day.batches[1]}": ("出入りは合っています",),
        "question=gaps&minutes=1": ("当てはまるものはありません",),
        "question=late&minutes=90": ("当てはまるものはありません",),
        f"question=refused&place={here}&actor=&occurred_from=": ("当てはまるものはありません",),
    }

    for query, expected in asked.items():
        page = words(await reader.see(f"/audit?{query}&ask=1", AUDITOR))
        assert all(text in page for text in expected), (query, page)
        csv = re.search(r'href="(/api/v1/audit/[^"]+)"', await reader.see(f"/audit?{query}&ask=1", AUDITOR))
        assert csv is not None
        view = await reader.client.get(csv[1].replace("&amp;", "&"), headers=headers_of(AUDITOR))
        assert (view.status_code, view.headers["content-type"].partition(";")[0]) == (200, "text/csv")

    everything = await reader.see("/audit?question=entries&ask=1", AUDITOR)
    rest = re.search(r'href="(/audit\?[^"]*after=\d+)"', everything)
    assert rest is None or await reader.see(rest[1].replace("&amp;", "&"), AUDITOR)
    wrong = await reader.see("/audit?question=holder&card=C000&ask=1", AUDITOR)
    assert "もう一度読み取ってください" in wrong
    assert 'aria-invalid="true"' in wrong
    await reader.see("/audit", CLERK, 403)
    async with database.read() as session:
        entries = await (await driver(session)).fetchval("SELECT count(*) FROM entry WHERE act = 'ask'")
    assert entries == 3 * len(asked) + 1, "twice as a page, once as CSV; what was wrong was not answered"


async def test_a_question_is_kept_under_a_name_and_is_ones_own(reader: Reader) -> None:
    query = f"question=late&minutes=120&place={place_code(1)}"

    kept = await reader.send("/audit/saved", AUDITOR, name="北区の遅れ", query=query, back="/audit")
    again = await reader.send("/audit/saved", AUDITOR, name="北区の遅れ", query=query, back="/audit")
    others = await reader.see("/audit", person_code(0, 91))
    path = re.search(r'<a href="(/audit\?[^"]+)">北区の遅れ</a>', kept)
    number = re.search(r'name="saved" value="(\d+)"', kept)

    assert path is not None
    assert number is not None
    assert "minutes=120" in path[1]
    assert "を保存しました" in kept
    assert 'class="said fault"' in again, "a name is used once"
    assert "北区の遅れ" not in others
    answered = await reader.see(path[1].replace("&amp;", "&"), AUDITOR)
    assert 'id="answer"' in answered
    refused = await reader.send("/audit/saved/drop", person_code(0, 91), saved=number[1], back="/audit")
    assert 'class="said fault"' in refused
    assert "北区の遅れ" not in await reader.send("/audit/saved/drop", AUDITOR, saved=number[1], back="/audit")
