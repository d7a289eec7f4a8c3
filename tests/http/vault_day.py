"""Work at vault and counter in a few lines: cards that lie in a vault, and the people who take them out."""

from __future__ import annotations

import json
from typing import Any

from tests.http.day import Day, Site

CENTER = 13


async def stored(day: Day, site: int, cards: int, slot: str | None = None) -> list[str]:
    """Cards that came with the day's run and lie in a slot of the site's first vault; the receipt is closed."""
    sent = await day.received(site, cards)
    await day.site(site).close(sent.manifest)
    into = slot or await day.site(site).first_slot()
    assert set(await day.site(site).store(into, *sent.cards)) == {"stored"}
    return sent.cards


async def vault_of(site: Site, number: int = 0) -> str:
    code: str = (await site.clerk.get(f"/places/{site.place}/vaults"))[number]["code"]
    return code


async def slots_of(site: Site, count: int, vault: int = 0) -> list[str]:
    page = await site.clerk.get(f"/vaults/{await vault_of(site, vault)}/slots", limit=count)
    return [slot["code"] for slot in page["items"]]


async def act_of(day: Day, card: str, act: str) -> dict[str, Any]:
    """The body of the last entry of a card with this act."""
    entries = (await day.annex.get(f"/cards/{card}/custody"))["entries"]
    body: dict[str, Any] = json.loads([entry for entry in entries if entry["act"] == act][-1]["body"])
    return body
