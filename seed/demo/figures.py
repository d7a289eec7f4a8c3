"""The day in figures, as summary.json holds them."""

from __future__ import annotations

import msgspec


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """A site's day. Of the cards dispatched, accepted + rejected = received, and received + missing = dispatched.

    `missing` is what the receipt says; `found_later` of them were scanned here after it, `found_elsewhere` lie at
    another site. `issued` of those put away were handed over the same day. `unexpected` is the receipt's too. The
    kinds of difference count those opened at this site.
    """

    dispatched: int
    received: int
    accepted: int
    rejected: int
    missing: int
    unexpected: int
    short: int
    over: int
    damaged: int
    misrouted: int
    unknown: int
    broken_seal: int
    put_away: int
    issued: int
    found_later: int
    found_elsewhere: int


class AnnexFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The annex's day: listed = checked_in + damaged + missing, and checked_in = dispatched + left_behind.

    `over` counts what lay in a box that does not list it.
    """

    listed: int
    checked_in: int
    damaged: int
    missing: int
    over: int
    left_behind: int
    dispatched: int


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """`sites` holds code, slug, name and the figures of each site; `states` where every card is in the end.
    `returned` cards were collected at a site and are back at the annex; no list announced them.

    `refused` counts what was stopped, by outcome of a scan or type of problem. `faults` names every figure that does not add up, or is not what happened; none means that the day is balanced.
    """

    date: str
    run: str
    sites: list[dict[str, str | int]]
    totals: Figures
    annex: AnnexFigures
    differences: dict[str, int]
    refused: dict[str, int]
    returned: int
    states: dict[str, int]
    entries: int
    balanced: bool
    faults: list[str]
    verdict: str
