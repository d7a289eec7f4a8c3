"""What really happened on the day, from where things lay: the figures and places that the service should answer."""

from __future__ import annotations

from seed.demo.figures import AnnexFigures, Figures
from seed.demo.world import World


def at_site(world: World, site: int) -> Figures:
    """The figures that the service should give for a site."""
    bags = world.bags_for(site)
    sent = {code for bag in bags for code in bag.packed}
    late = {code for bag in bags for code in bag.inside if code in world.overlooked}
    inside = {code for bag in bags for code in bag.inside} - late
    here, gone, strangers = sent & inside, sent - inside, inside - sent
    on_lists = {card.code for card in world.cards}
    on_manifests = {code for bag in world.bags for code in bag.packed}
    rejected = here & world.crushed
    elsewhere = {code: other.site for other in world.bags for code in other.inside if code in gone - late}
    # A card that another site has scanned before this one closes is a stranger there, and not short here.
    seen_before = {code for code, other in elsewhere.items() if world.waits_for(site) == other}
    return Figures(
        dispatched=len(sent),
        received=len(here),
        accepted=len(here - rejected),
        rejected=len(rejected),
        missing=len(gone),
        unexpected=len(strangers),
        short=len(gone - seen_before),
        over=len((strangers & on_lists) - on_manifests),
        damaged=len(rejected),
        misrouted=len(strangers & on_manifests),
        unknown=len(strangers - on_lists),
        broken_seal=sum(not bag.intact or bag.seal_shown != bag.seal for bag in bags),
        put_away=len(here - rejected) + len(late),
        issued=sum(visit.comes != "nobody" for visit in world.visits[site]),
        found_later=len(late),
        found_elsewhere=len(elsewhere),
    )


def at_annex(world: World) -> AnnexFigures:
    """The figures that the service should give for the annex."""
    dispatched = sum(len(bag.packed) for bag in world.bags)
    listed = {card.code for card in world.cards}
    inside = {code for box in world.boxes for code in box.inside}
    astray = [code for box in world.boxes for code in set(box.inside) - {c.code for c in box.listed}]
    damaged = {world.mishaps.torn.code}
    return AnnexFigures(
        listed=len(listed),
        checked_in=len(listed & inside - damaged),
        damaged=len(damaged),
        missing=len(listed - inside),
        over=len(astray),
        left_behind=len(listed & inside - damaged) - dispatched,
        dispatched=dispatched,
    )


def places(world: World) -> dict[str, tuple[int, str]]:
    """Where each card of the lists is when the day is over: place number and state."""
    ends: dict[str, tuple[int, str]] = {}
    for card in world.cards:
        ends[card.code] = (0, "missing" if card in (world.mishaps.lost, world.mishaps.stuck) else "arrived")
    ends[world.mishaps.torn.code] = (0, "held")
    for bag in world.bags:
        ends |= dict.fromkeys(bag.packed, (bag.site, "missing"))
    for bag in world.bags:
        for code in bag.inside:
            fit = code not in world.crushed and any(code in own.packed for own in world.bags_for(bag.site))
            if code in ends:
                ends[code] = (bag.site, "stored" if fit else "held")
    for site, visits in world.visits.items():
        ends |= {visit.card: (site, "issued") for visit in visits if visit.comes != "nobody"}
    return ends
