"""What the navigation offers: one table of pages, each with the act that its reader must be allowed to do.

What people do all day stands in the row itself; the rest is in menus by kind of work, so that the row stays one row.
"""

from __future__ import annotations

from dataclasses import dataclass

from logistics.rules.permissions import Actor, Where, may


@dataclass(frozen=True, slots=True)
class Menu:
    """A menu of the navigation; the one without a name is the row itself."""

    name: str
    ja: str = ""
    en: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A page in the navigation. `act` None is for everybody who is signed in, one of several parted by | is enough;
    `where` narrows it to a ground."""

    path: str
    ja: str
    en: str
    act: str | None = None
    where: frozenset[Where] = frozenset(Where)
    menu: str = ""

    def is_for(self, reader: Actor) -> bool:
        """Whether the reader has anything to do there."""
        acts = self.act.split("|") if self.act else []
        return reader.where in self.where and (not acts or any(may(reader, act) for act in acts))

    def holds(self, path: str) -> bool:
        """Whether the page at an address is this one, or behind it."""
        return path == self.path or path.startswith((f"{self.path}/", f"{self.path}?"))


_ANNEX, _SITE = frozenset({Where.ANNEX}), frozenset({Where.SITE})
_OURS = _ANNEX | _SITE

MENUS = (
    Menu(""),
    Menu("trouble", "差異・事故", "Trouble"),
    Menu("end", "廃棄・引継ぎ", "Disposal"),
    Menu("records", "記録・報告", "Records"),
    Menu("office", "管理", "Office"),
)

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
    Link("/day", "日次締め", "Day close", "see", _OURS),
    Link("/approvals", "承認", "Approvals", None, _OURS),
    Link("/discrepancies", "差異", "Differences", None, _OURS, "trouble"),
    Link("/cases", "所在不明", "Missing", "see", _OURS, "trouble"),
    Link("/incidents", "事故", "Incidents", "see", menu="trouble"),
    Link("/contacts", "緊急連絡先", "Emergency contacts", "see", menu="trouble"),
    Link(
        "/retention",
        "保管期間・再通知",
        "Retention",
        "post_reminder|return_notice|tell_clock|set_retention|ask",
        _OURS,
        "end",
    ),
    Link("/disposal", "廃棄", "Disposal", "pick|approve_disposal|ask", _OURS, "end"),
    Link("/successions", "契約終了時の引継ぎ", "End of the contract", "make_report", _OURS, "end"),
    Link("/accesses", "入退室・開扉", "Openings", "open_vault", _OURS, "records"),
    Link("/supplies", "支給・貸与品", "Supplies", "supplies", _OURS, "records"),
    Link("/notice-numbers", "通知書の番号", "Notice numbers", "register_notice", _OURS, "records"),
    Link("/labels", "ラベル", "Labels", "seal", _OURS, "records"),
    Link("/papers", "帳票", "Papers", "print", menu="records"),
    Link("/reports", "報告", "Reports", "make_report", menu="records"),
    Link("/pictures", "図", "Pictures", "see", _OURS, "records"),
    Link("/audit", "照会", "Audit", "ask", menu="records"),
)

# Tabs of each other, and the last menu.
OFFICE = (
    Link("/people", "人", "People", "see_people", menu="office"),
    Link("/devices", "端末・トークン", "Devices, tokens", "manage_devices", menu="office"),
    Link("/rosters", "勤務名簿", "Rosters", "see", _OURS, "office"),
    Link("/registers", "業者・保管場所", "Couriers, premises", "see_registers", menu="office"),
    Link("/settings", "設定", "Settings", "see_registers", menu="office"),
)

_NOBODY = (LINKS[0], Link("/docs", "API の手引", "API manual"), Link("/health/ready", "稼働状況", "Health"))


def links(reader: Actor | None) -> tuple[Link, ...]:
    """Every page that is for a reader, or for nobody in particular."""
    if reader is None:
        return _NOBODY
    return tuple(link for link in (*LINKS, *OFFICE) if link.is_for(reader))


def menus(reader: Actor | None) -> list[tuple[Menu, tuple[Link, ...]]]:
    """The navigation of a reader: menus with their pages. A single page needs no menu: it stands in the row."""
    mine = links(reader)
    found = [(menu, tuple(link for link in mine if link.menu == menu.name)) for menu in MENUS]
    return [(menu if len(pages) > 1 else MENUS[0], pages) for menu, pages in found if pages]


def office(reader: Actor | None) -> list[tuple[str, str, str]]:
    """The tabs of the office that a reader may open: path, Japanese, English."""
    return [(link.path, link.ja, link.en) for link in OFFICE if reader is not None and link.is_for(reader)]
