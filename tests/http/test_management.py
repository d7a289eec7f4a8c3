"""P14 管理状況報告書: what the month's records say, on the wire and on paper."""

from __future__ import annotations

from tests.http.day import ANNEX, Day
from tests.http.test_papers import words


async def test_the_month_s_keeping_is_told_in_figures_and_on_numbered_paper(day: Day) -> None:
    sent = await day.delivered(1, 3)
    site = day.site(1)
    await site.receive(*sent.cards[:2])
    await site.close(sent.manifest, missing=1)
    privacy = day.clerk(0, 94)
    await privacy.post("/reports/access-reviews", {"note": "権限の一覧を確認し、異常なし"})
    await site.clerk.refused("/reports/access-reviews", {"note": "自分で確認した"})

    found = await day.manager.get("/reports/management", month="2026-04")
    made = await day.manager.post("/reports/management-reports", {"month": "2026-04"})
    paper = await day.manager.ask("GET", f"/documents/{made['number']}/paper.pdf")
    refused = await site.leader.ask("GET", "/reports/management", params={"month": "2026-04"})

    stock = {line["place"]: line["undelivered"] for line in found["stock"]}
    assert (stock[site.place], stock[ANNEX]) == (2, 0)
    assert [(d["kind"], d["opened"], d["open"]) for d in found["differences"]] == [("short", 1, 1)]
    assert (found["cases"]["opened"], found["cases"]["open"]) == (1, 1)
    assert {line["kind"] for line in found["counts"]} == {None}
    assert [(r["by"]["code"], r["note"]) for r in found["reviews"]] == [
        (privacy.code, "権限の一覧を確認し、異常なし")
    ]
    access = {line["act"]: line["times"] for line in found["access"]}
    assert access["refuse_right"] == 1
    assert len(found["measures"]) > 10
    assert refused.status_code == 403
    said = words(paper.content)
    for heading in ("管理状況報告書", "安全管理措置", "期限の近い登録", "アクセス権の点検", "異常なし"):
        assert heading in said
