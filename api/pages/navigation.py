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
    Link("/counter", "窓口", "Counter", "take_out", _SITE),
    Link("/returns", "返送", "Returns", "pack_return", _SITE),
    Link("/counts", "棚卸し", "Counts", "open_count", _OURS),
    Link("/discrepancies", "差異", "Differences", None, _OURS),
    Link("/cases", "所在不明", "Missing", "see", _OURS),
    Link("/day", "日次締め", "Day close", "see", _OURS),
    Link("/accesses", "入退室", "Openings", "open_vault", _OURS),
    Link("/incidents", "事故", "Incidents", "see"),
    Link("/approvals", "承認", "Approvals", None, _OURS),
    Link("/pictures", "図", "Pictures", "see", _OURS),
    Link("/supplies", "支給・貸与品", "Supplies", "supplies", _OURS),
    Link("/reports", "報告", "Reports", "make_report"),
    Link("/papers", "帳票", "Papers", "print"),
    Link("/audit", "照会", "Audit", "ask"),
    Link("/people", "管理", "Office", "see_people"),
)

# The pages behind the last link, as tabs of each other.
OFFICE = (
    Link("/people", "人", "People", "see_people"),
    Link("/devices", "端末・トークン", "Devices, tokens", "manage_devices"),
    Link("/rosters", "勤務名簿", "Rosters", "see", _OURS),
    Link("/registers", "業者・保管場所", "Couriers, premises", "see_registers"),
    Link("/settings", "設定", "Settings", "see_registers"),
)

_NOBODY = (LINKS[0], Link("/docs", "API の手引", "API manual"), Link("/health/ready", "稼働状況", "Health"))


def links(reader: Actor | None) -> tuple[Link, ...]:
    """What the navigation shows to a reader, or to nobody in particular."""
    if reader is None:
        return _NOBODY
    return tuple(link for link in LINKS if link.is_for(reader))


def office(reader: Actor | None) -> list[tuple[str, str, str]]:
    """The tabs of the office that a reader may open: path, Japanese, English."""
    return [(link.path, link.ja, link.en) for link in OFFICE if reader is not None and link.is_for(reader)]
