"""A site's morning and evening: the vault is counted when work begins and before it is locked, and the day is closed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from seed.demo.clerk import Clerk
from seed.demo.door import Surprise
from seed.demo.site import Site

# So many sites play it: those whose day brought no difference.
SITES = 2


@dataclass(frozen=True, slots=True)
class Closed:
    """A day that was closed: what the service says lay there in the end, and what the counters found."""

    site: Site
    closing: int
    counted: int


async def open_vault(site: Site, second: Clerk) -> None:
    """The opening count; on the first day nothing lies there yet."""
    await _count(site, second, "opening")


async def close(site: Site, second: Clerk, day: str) -> Closed:
    """The closing count by number, slot by slot, its papers, and the close of the day."""
    path = f"/places/{site.place}/day-closes/{day}"
    body = {"second": second.person}
    await site.leader.refused("day-not-done", path, body)
    counted = await _count(site, second, "closing")
    said = await site.leader.post(path, body)
    return Closed(site, sum(line["closing"] for line in said["lines"]), counted)


def quiet(sites: Sequence[Site], answers: Sequence[dict[str, Any]]) -> list[Site]:
    """The first sites at which nothing differed."""
    calm = [
        site
        for site, done in zip(sites, answers, strict=True)
        if not done["differences"] and done["accepted"] == done["dispatched"]
    ]
    return calm[:SITES]


async def _count(site: Site, second: Clerk, kind: str) -> int:
    """Count every slot that holds something, as the eye sees it; how many cards that was. Surprise if it differs."""
    clerk = site.worker
    vault = (await clerk.get(f"/places/{site.place}/vaults"))[0]["code"]
    body = {"kind": kind, "witness": second.person, "supervisor": site.supervisor}
    count = (await clerk.post(f"/vaults/{vault}/counts", body))["code"]
    # Nobody has touched the slots since they were filled: what lies there is what was put there.
    seen = {s["code"]: s["occupied"] for s in await clerk.every(f"/vaults/{vault}/slots") if s["occupied"]}
    tallies = [
        {"id": str(uuid4()), "slot": slot, "cards": cards, "occurred_at": clerk.service.now().isoformat()}
        for slot, cards in seen.items()
    ]
    if tallies:
        await clerk.post(f"/counts/{count}/tallies", {"tallies": tallies})
    ended = await clerk.post(f"/counts/{count}/finish")
    if ended["state"] != "concluded" or ended["missing"]:
        raise Surprise(f"count {count} of {site.slug} ended {ended['state']}")
    await site.leader.paper("GET", f"/counts/{count}/sheet.pdf", f"{site.slug}-{kind}")
    await site.leader.paper("GET", f"/counts/{count}/report.pdf", f"{site.slug}-{kind}")
    return sum(seen.values())
