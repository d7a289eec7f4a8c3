"""A counter with bookings: the list of the booking system, the pick list on paper, notices held against sleeves."""

from __future__ import annotations

from datetime import date

from tests.year.stage import Stage, There

MOST_BOOKED = 20


async def issue_booked(stage: Stage, there: There, day: date, issues: int) -> int:
    """Hand out what is booked, from a pick list; one notice is of another card at first. How many were handed out."""
    cards = [there.waiting.popleft() for _ in range(min(issues, MOST_BOOKED, len(there.waiting)))]
    if not cards:
        return 0
    clerk = there.clerk
    code = (await clerk.post("/pick-lists", {"day": day.isoformat(), "service": "counter_day"}))["code"]
    notices = {card: f"Y{day.month % 10}{n % 10}-{n:06d}" for n, card in enumerate(cards, 100_000)}
    lines = ["control_number,booked_for,notice_number"]
    lines += [f"{card},{9 + n // 4:02d}:{n % 4 * 15:02d},{notices[card]}" for n, card in enumerate(cards)]
    path = f"/pick-lists/{code}"
    answer = await clerk.ask("POST", f"{path}/bookings", content="\r\n".join(lines).encode())
    assert (answer.status_code, answer.json().get("cards")) == (200, len(cards)), answer.text
    made = await clerk.post(f"{path}/papers")
    await stage.paper(clerk, f"/documents/{made['number']}/paper.pdf", "P23-取出し予定表.pdf")
    if len(cards) > 1:
        until = stage.clock().replace(hour=17).isoformat()
        allowed = {"cards": MOST_BOOKED, "until": until, "reason": "予約分をまとめて準備する"}
        await there.leader.post(f"/people/{clerk.code}/hand-allowances", allowed)
    await stage.scans(clerk, "/take-outs", cards, "taken_out", purpose="issue", pick_list=code)
    there.take(cards)
    wrong = {"scans": [stage.scan(cards[0], notice_number="Z99-999999")]}
    (said,) = (await clerk.post("/issues", wrong))["outcomes"]
    assert said["outcome"] == "notice_mismatch", said
    right = {"scans": [stage.scan(card, notice_number=notices[card]) for card in cards]}
    said = {one["outcome"] for one in (await clerk.post("/issues", right))["outcomes"]}
    assert said == {"issued"}, said
    return len(cards)
