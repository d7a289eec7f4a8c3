"""How pages speak: Japanese first, English for whoever switches; dates, and the domain's words in both.

Japanese words of states and steps are those of the papers. The English ones are the domain's own names.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context
from litestar import Request

from api.door import door_of
from api.pages.paper_words import paper
from logistics.rules import japanese
from logistics.rules.lifecycle import BatchState, BatchStep, CardState, CardStep
from logistics.rules.permissions import Role
from logistics.rules.retention import in_japanese, parse
from logistics.rules.vaulting import LOCK_TYPES
from logistics.rules.words import ACTS, BATCH_STATES, BATCH_STEPS, CARD_STATES, CARD_STEPS

COOKIE = "language"
LANGUAGES = ("ja", "en")

Chooser = Callable[[str, str], str]

ROLES: Mapping[Role, tuple[str, str]] = {
    Role.OVERALL_MANAGER: ("統括管理者", "Overall manager"),
    Role.MANAGER: ("管理者", "Manager"),
    Role.LEADER: ("拠点別責任者", "Site leader"),
    Role.WORKER: ("業務従事者", "Clerk"),
    Role.CITY: ("本市職員", "City employee"),
    Role.AUDITOR: ("監査", "Auditor"),
    Role.PRIVACY_HEAD: ("個人情報総括管理者", "Head of privacy"),
    Role.PRIVACY_MANAGER: ("個人情報管理責任者", "Privacy manager"),
    Role.SYSTEM: ("システム管理", "System administrator"),
    Role.COURIER: ("配送業者", "Courier"),
}
DIFFERENCES: Mapping[str, tuple[str, str]] = {
    "short": ("不足", "Short"),
    "over": ("過剰", "Over"),
    "damaged": ("破損", "Damaged"),
    "misrouted": ("誤配", "Misrouted"),
    "unknown": ("登録なし", "Unknown"),
    "broken_seal": ("封印不一致", "Broken seal"),
}
ENDINGS: Mapping[str, tuple[str, str]] = {
    "accept": ("受入れ", "Accepted"),
    "readmit": ("分室で再受入れ", "Readmitted"),
    "find": ("発見", "Found, set aside"),
    "explain": ("説明済", "Explained"),
    "found": ("後から読取り", "Scanned later"),
}


def language(request: Request[Any, Any, Any]) -> str:
    """The language that this browser was switched to; Japanese for everybody else."""
    said = request.cookies.get(door_of(request).cookie_name(COOKIE))
    return said if said in LANGUAGES else "ja"


def chooser(lang: str) -> Chooser:
    """Of a pair of texts the one in `lang`."""
    return (lambda ja, en: en) if lang == "en" else (lambda ja, en: ja)


def folded(text: str) -> str:
    """A code as somebody typed it, as it would have been scanned: half-width, upper-case, without white space."""
    return "".join(unicodedata.normalize("NFKC", text).upper().split())


def spoken(value: str) -> str:
    """A name of the domain as an English word: `in_transit` is In transit."""
    return value.replace("_", " ").capitalize()


def day(on: date, lang: str) -> str:
    """令和8年4月1日（水）, or Wed 1 Apr 2026."""
    return japanese.japanese_date(on) if lang == "ja" else f"{on:%a} {on.day} {on:%b} {on.year}"


def short_day(on: date, lang: str) -> str:
    """令和8年4月1日, or 1 Apr 2026: where many days stand side by side, and no week matters."""
    return day(on, lang)[:-3] if lang == "ja" else f"{on.day} {on:%b} {on.year}"


def clock(at: datetime, lang: str) -> str:
    """9時05分, or 9:05, in Japan."""
    if lang == "ja":
        return japanese.japanese_clock(at)
    local = japanese.in_japan(at)
    return f"{local.hour}:{local.minute:02d}"


def moment(at: datetime, lang: str) -> str:
    """A moment with its day, in Japan."""
    if lang == "ja":
        return japanese.japanese_time(at)
    return f"{day(japanese.in_japan(at).date(), lang)} {clock(at, lang)}"


def card_state(value: str, lang: str) -> str:
    """A card's state in a word."""
    return CARD_STATES[CardState(value)] if lang == "ja" else spoken(value)


def batch_state(value: str, lang: str) -> str:
    """A batch's state in a word."""
    return BATCH_STATES[BatchState(value)] if lang == "ja" else spoken(value)


def card_step(value: str, lang: str) -> str:
    """What is done to a card, in a word."""
    return CARD_STEPS[CardStep(value)] if lang == "ja" else spoken(value)


def batch_step(value: str, lang: str) -> str:
    """What is done to a batch, in a word."""
    return BATCH_STEPS[BatchStep(value)] if lang == "ja" else spoken(value)


def act(value: str, lang: str) -> str:
    """An act of the log in a word."""
    return ACTS.get(value, value) if lang == "ja" else spoken(value)


def role(value: str, lang: str) -> str:
    """A role in a word."""
    return ROLES[Role(value)][lang == "en"]


def lock(value: str, lang: str) -> str:
    """How a vault is locked, in a word; what was registered in other words stays."""
    return LOCK_TYPES.get(value, value) if lang == "ja" else spoken(value)


def rule(text: str, lang: str) -> str:
    """A rule of retention as a sentence; in English as it is written."""
    return in_japanese(parse(text)) if lang == "ja" and text else text


def month(of: date, lang: str) -> str:
    """令和8年4月分, or Apr 2026."""
    if lang != "ja":
        return f"{of:%b %Y}"
    era, year = japanese.era_year(of)
    return f"{era}{year}年{of.month}月分"


def difference(value: str, lang: str) -> str:
    """What kind of difference it is, in a word."""
    return DIFFERENCES[value][lang == "en"]


def ending(value: str, lang: str) -> str:
    """How a difference ended, in a word."""
    return ENDINGS[value][lang == "en"] if value in ENDINGS else value


def _in_context(function: Callable[[Any, str], str]) -> Callable[[Context, Any], str]:
    """As a filter, which knows the page's language."""

    @pass_context
    def spoken_in_context(context: Context, value: Any) -> str:
        return function(value, context.get("lang", "ja"))

    return spoken_in_context


FILTERS = {
    function.__name__: _in_context(function)
    for function in (
        day,
        short_day,
        clock,
        moment,
        card_state,
        batch_state,
        card_step,
        batch_step,
        act,
        role,
        lock,
        month,
        rule,
        difference,
        ending,
        paper,
    )
}
