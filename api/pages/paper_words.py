"""What the papers of the catalogue are called, on pages."""

from __future__ import annotations

from collections.abc import Mapping

PAPERS: Mapping[str, tuple[str, str]] = {
    "P0": ("来歴の締め票", "Closing sheet of the log"),
    "P1": ("発送明細書", "Manifest"),
    "P2": ("授受票", "Transfer slip"),
    "P2A": ("授受票（拠点内）", "Transfer slip within a site"),
    "P3": ("受領書", "Receipt"),
    "P3A": ("預り証", "Deposit receipt"),
    "P4": ("返送票", "Return slip"),
    "P5": ("棚卸表", "Count sheet"),
    "P6": ("棚卸報告書", "Count report"),
    "P7": ("廃棄伺い", "Proposal of disposal"),
    "P8": ("廃棄証明書", "Certificate of disposal"),
    "P11": ("月次未交付カード報告", "Monthly undelivered-card report"),
    "P12": ("日次報告書", "Day report"),
    "P13": ("月次報告書", "Month report"),
    "P14": ("管理状況報告書", "Management report"),
    "P16": ("保管庫開閉・入退室記録簿", "Register of accesses"),
    "P17": ("来歴証明", "Certificate of custody"),
    "P19": ("作業責任者・従事者届", "Register of people"),
    "P20": ("再委託・配送業者台帳", "Register of couriers"),
    "P22": ("保管場所届", "Register of premises"),
    "P23": ("取出し予定表", "Pick list"),
    "P24": ("未交付カード一覧", "List of undelivered cards"),
}


def paper(catalogue: str, lang: str) -> str:
    """A paper of the catalogue in a word."""
    return PAPERS.get(catalogue, (catalogue, catalogue))[lang == "en"]
