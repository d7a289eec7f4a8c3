"""Pages of what is done now and then: retention and reminders, numbers of notices, a new site, a review, earlier years."""

from __future__ import annotations

import re
from typing import Any

from api.pages.retention import CLOCK_WORDS, TOLD
from logistics.rules.retention import TOLD_BY_ACTS, Clock
from logistics.store.database import Database, driver
from seed.load import person_code, place_code
from tests.http.day import RUN_DAY, Day
from tests.http.reader import Reader, words
from tests.sessions import headers_of

MANAGER, ANNEX, CITY, OTHER_CITY = (person_code(0, n) for n in (1, 2, 91, 92))
LEADER, CLERK = person_code(1, 1), person_code(1, 2)
PRIVACY, AUDITOR = person_code(0, 94), person_code(0, 99)
FAULT, BACK = 'class="said fault"', "/retention"


async def _value(database: Database, query: str, *values: Any) -> Any:
    async with database.read() as session:
        return await (await driver(session)).fetchval(query, *values)


async def test_the_city_decides_how_long_things_are_kept_and_nobody_else_is_offered_to(
    reader: Reader, database: Database
) -> None:
    decision = {
        "effective_from": "2026-04-01",
        "approver": OTHER_CITY,
        "reference": "R8-市民-7",
        "note": "令和8年度の保管期間",
        "preset-standard": "LATER-OF",
        "preset-collected": "own",
        "rule-collected": "arrived_on + 1 months",
        "preset-documents": "",
        "back": BACK,
    }
    before = words(await reader.see(BACK, CITY))
    wrong = await reader.send(
        "/retention/policies", CITY, **(decision | {"rule-collected": "arrived_on + 1 weeks"})
    )
    alone = await reader.send("/retention/policies", CITY, **(decision | {"approver": CITY}))
    foreign = await reader.send("/retention/policies", MANAGER, **decision)
    assert await _value(database, "SELECT count(*) FROM retention_policy") == 0
    after = words(await reader.send("/retention/policies", CITY, **decision))

    assert "本市の決定はまだありません。" in before
    assert 'data-field="rule-collected"' in wrong
    assert 'value="R8-市民-7"' in wrong, "what was typed is still there"
    assert 'data-field="approver"' in alone
    assert FAULT in foreign
    assert "決定 R8-市民-7 を記録しました。4月1日から効きます。" in after
    assert "LATER-OF いずれか遅い日（交付通知日から12か月を経過・再通知日から3か月を経過）" in after
    assert "個別の規則 着荷・受入日から1か月を経過" in after
    assert 'action="/retention/policies"' not in await reader.see(BACK, MANAGER)


async def test_reminders_and_returned_notices_are_recorded_off_the_list_and_by_scan(
    reader: Reader, day: Day, database: Database
) -> None:
    listed, scanned, late = await day.stored(1, 3)
    await day.annex.post("/notices", {"cards": [listed, scanned, late], "day": RUN_DAY})
    told = {"clock": "notice_deadline", "counts_from": "2026-03-31", "reason": "通知書の期限", "back": BACK}
    clock = words(await reader.send("/retention/clocks", LEADER, counted=f"{listed}\n{late}", **told))
    due = await reader.see(BACK, ANNEX)
    reminders = {"deadline": "2026-05-01", "back": BACK}
    ticked = {f"card-{listed}": "yes", "scanned": scanned.lower()}
    future = await reader.send("/retention/reminders", ANNEX, day="2026-04-02", **ticked, **reminders)
    none = await reader.send("/retention/reminders", ANNEX, day=RUN_DAY, scanned="", **reminders)
    site = await reader.send("/retention/reminders", CLERK, day=RUN_DAY, **ticked, **reminders)
    done = await reader.send("/retention/reminders", ANNEX, day=RUN_DAY, **ticked, **reminders)
    back = await reader.send(
        "/retention/returned-notices", CLERK, returned=late, returned_on=RUN_DAY, back=BACK
    )
    early = await reader.send(
        "/retention/returned-notices", CLERK, returned=late, returned_on="2026-03-31", back=BACK
    )

    assert "交付期限を 2 件に記録しました。" in clock
    assert f'name="card-{listed}" value="yes" checked' in due
    assert f"card-{scanned}" not in due
    assert 'data-field="day"' in future
    assert f'name="card-{listed}" value="yes" checked' in future
    assert f'name="card-{late}" value="yes" aria' in future, "what was not ticked does not come back ticked"
    assert 'data-field="scanned"' in none
    assert FAULT in site
    assert "再通知 2 件の発送を記録しました。" in words(done)
    assert f"card-{listed}" not in done
    assert "通知の返戻 1 件を記録しました。" in words(back)
    assert 'data-field="returned_on"' in early
    reminded = "SELECT count(*) FROM card WHERE reminded_on = '2026-04-01' AND code = ANY ($1::text[])"
    assert await _value(database, reminded, [listed, scanned, late]) == 2
    one = words(await reader.see(f"{BACK}?card={late}", CLERK))
    assert "交付期限 令和8年3月31日（火）" in one
    assert "通知返戻日 令和8年4月1日（水）" in one
    other = words(await reader.see(f"{BACK}?card={late}", person_code(2, 2)))
    assert "在庫にその管理番号はありません。" in other


def test_every_clock_has_words_and_who_tells_it() -> None:
    assert set(CLOCK_WORDS) == set(Clock)
    assert set(TOLD) == set(Clock) - TOLD_BY_ACTS - {Clock.BLOCKED_ON}


async def test_numbers_of_notices_are_registered_in_pairs_and_come_back_to_nobody(
    reader: Reader, day: Day, database: Database
) -> None:
    first, second, third = await day.stored(1, 3)
    await day.annex.post("/notices", {"cards": [first, second, third], "day": RUN_DAY})
    before = await reader.see("/notice-numbers", CLERK)
    pairs = {"card-a": first, "number-a": "ABC-100001", "card-b": second, "back": "/notice-numbers"}
    half = await reader.send("/notice-numbers", CLERK, **pairs)
    wrong = await reader.send("/notice-numbers", CLERK, **pairs, **{"number-b": "ABC-1"})
    assert await _value(database, "SELECT count(*) FROM notice_hash") == 0
    after = await reader.send("/notice-numbers", CLERK, **pairs, **{"number-b": "abc100002"})
    await reader.see("/notice-numbers", AUDITOR, 403)

    assert all(card in before for card in (first, second, third))
    assert 'data-field="number-b"' in half
    assert 'data-field="number-b"' in wrong
    assert f'value="{first}"' in wrong
    assert "ABC-1" not in wrong + half
    assert "通知書の番号 2 件を登録しました。" in words(after)
    assert [card in after for card in (first, second, third)] == [False, False, True]
    assert await _value(database, "SELECT count(*) FROM notice_hash") == 2


async def test_a_site_is_added_rights_are_reviewed_and_earlier_years_are_imported(
    reader: Reader, database: Database
) -> None:
    site = {"site_name": "新区役所", "short_name": "新", "address": "市内", "windows": "3"}
    kept = {"back": "/registers", **site}
    wrong = await reader.send("/registers/places", MANAGER, site_kind="vehicle", **kept)
    foreign = await reader.send("/registers/places", LEADER, site_kind="counter", **site, back="/")
    added = words(await reader.send("/registers/places", MANAGER, site_kind="counter", **kept))
    assert 'data-field="kind"' in wrong
    assert FAULT in foreign
    assert f"拠点 {place_code(14)} を追加しました。" in added

    looked = {"review": "棚卸し担当 2 名の権限を外した", "back": "/settings"}
    reviewed = await reader.send("/settings/access-reviews", PRIVACY, **looked)
    assert FAULT in await reader.send("/settings/access-reviews", AUDITOR, **looked)
    assert "アクセス権の点検を記録しました。" in reviewed
    assert await _value(database, "SELECT count(*) FROM entry WHERE act = 'review_access'") == 1

    table = "measure,name,2025-04,2025-05,printed_total,source\nissued,交付件数,10,20,40,参考資料\n"
    said = headers_of(MANAGER) | {"Accept": "text/html", "Content-Type": "text/csv"}
    await reader.client.post("/reports/history", headers=said, content=table.encode())
    shown = words(await reader.see("/reports/history", MANAGER))
    assert "交付件数 全市 2025-04 – 2025-05 30 ▲ 40 参考資料" in shown
    assert "合計の合わないもの 1" in shown
    assert "表を取り込む" not in words(await reader.see("/reports/history", AUDITOR))
    await reader.see("/reports/history", LEADER, 403)


async def test_evidence_is_not_sealed_where_nothing_signs_and_not_handed_out_where_there_is_none(
    reader: Reader, day: Day
) -> None:
    happened = {"kind": "loss", "happened": "床に落ちていた", "noticed_at": "2026-04-01T08:59:00+09:00"}
    code = (await day.manager.post("/incidents", happened | {"items": []}))["code"]
    here = f"/incidents/{code}"
    page = await reader.see(here, MANAGER)
    unsigned = await reader.send(f"{here}/evidence", MANAGER, back=here)
    password = re.search(r'name="password"[^>]*value="([^"]+)"', page)
    assert password is None, "nothing can be handed out yet"
    handed = {"piece": "1", "purpose": "事故調査", "approval": "市監第1号", "back": here}
    weak = await reader.send(f"{here}/evidence/archive", MANAGER, password="secret", **handed)

    assert FAULT in unsigned
    assert f'action="{here}/evidence"' in page
    assert f'action="{here}/evidence"' not in await reader.see(here, AUDITOR)
    assert 'data-field="password"' in weak
    assert "secret" not in weak
