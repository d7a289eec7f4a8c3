"""What the navigation offers: one table of pages, each with the act that its reader must be allowed to do."""

from __future__ import annotations

from dataclasses import dataclass

from logistics.rules.permissions import Actor, Where, may


@dataclass(frozen=True, slots=True)
class Link:
    """A page in the navigation. `act` None is for everybody who is signed in; `where` narrows it to a ground."""

    path: str
    ja: str
    en: str
    act: str | None = None
    where: frozenset[Where] = frozenset(Where)

    def is_for(self, reader: Actor) -> bool:
        """Whether the reader has anything to do there."""
        return reader.where in self.where and (self.act is None or may(reader, self.act))


_ANNEX, _SITE = frozenset({Where.ANNEX}), frozenset({Where.SITE})
_OURS = _ANNEX | _SITE

# In the order of a card's day.
LINKS = (
    Link("/board", "配送状況", "Run board"),
    Link("/arrivals", "着荷・検品", "Arrivals", "check_in"),
    Link("/packing", "梱包・封印", "Packing", "pack", _ANNEX),
    Link("/dispatch", "発送", "Dispatch", "load", _ANNEX),
    Link("/handover", "引受", "Hand-over", "take_over"),
    Link("/receiving", "収受", "Receiving", "receive"),
    Link("/vault", "保管庫", "Vault", None, _OURS),
    Link("/supplies", "支給・貸与品", "Supplies", "supplies", _OURS),
    Link("/discrepancies", "差異", "Differences", None, _OURS),
    Link("/approvals", "承認", "Approvals", None, _OURS),
    Link("/papers", "帳票", "Papers", "print"),
    Link("/audit", "照会", "Audit", "ask"),
)

_NOBODY = (LINKS[0], Link("/docs", "API の手引", "API manual"), Link("/health/ready", "稼働状況", "Health"))


def links(reader: Actor | None) -> tuple[Link, ...]:
    """What the navigation shows to a reader, or to nobody in particular."""
    if reader is None:
        return _NOBODY
    return tuple(link for link in LINKS if link.is_for(reader))
