"""The manual of the API, drawn from its own OpenAPI document, and a page for each type of problem.

Nothing comes from outside, and no page needs a script.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from litestar import Request, Response, Router, get
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.params import FromPath

from api import problems
from api.auth import PUBLIC
from api.pages import faults
from api.pages.html import page
from api.pages.openapi import Document
from api.statuses import STATUS
from logistics.rules.errors import NotFound
from logistics.rules.outcomes import JAPANESE, Outcome
from logistics.rules.words import BATCH_STATES, BATCH_STEPS, CARD_STATES, CARD_STEPS

PLUGIN = JsonRenderPlugin(path="/openapi.json")
# In the order of a card's day; a tag that is not named here comes last.
TAGS = (
    "session",
    "devices",
    "accounts",
    "passkeys",
    "reference",
    "arrivals",
    "batches",
    "runs",
    "receiving",
    "returns",
    "retention",
    "vault",
    "counter",
    "disposal",
    "supplies",
    "successions",
    "custody",
    "approvals",
    "messages",
    "registers",
    "papers",
    "reports",
    "counts",
    "cases",
    "incidents",
    "attachments",
    "days",
    "custody",
    "papers",
    "health",
)
WORDS = {
    "session": "サインイン",
    "devices": "端末",
    "accounts": "アカウント・トークン",
    "passkeys": "パスキー",
    "reference": "基本情報",
    "arrivals": "着荷・検品",
    "batches": "梱包・封印",
    "runs": "便・発送明細書",
    "receiving": "収受・格納",
    "returns": "返送・受入れ",
    "retention": "保管期間・廃棄留保",
    "disposal": "廃棄",
    "supplies": "支給品・貸与品",
    "successions": "契約の終了・引継ぎ",
    "approvals": "承認（二者確認）",
    "vault": "保管庫",
    "counter": "窓口（取出し・交付・職員引継ぎ・預り）",
    "counts": "棚卸し",
    "cases": "所在不明の調査",
    "attachments": "添付ファイル",
    "incidents": "事故・緊急連絡体制",
    "days": "日次締め",
    "custody": "所在・来歴・差異",
    "messages": "市への通知",
    "registers": "従事者・配送業者・保管場所の届出、勤務名簿",
    "papers": "帳票・ラベル",
    "reports": "報告書",
    "health": "稼働状況",
}


@dataclass(frozen=True)
class Kind:
    """A type of problem: when it is answered, and what it says in both languages."""

    slug: str
    title: str
    status: int
    en: str
    ja: str
    facts: tuple[str, ...]


def kinds() -> list[Kind]:
    """Every type of problem, by status and name."""
    found = [
        Kind(
            problems.slug(error),
            (error.__doc__ or "").split("\n", 1)[0],
            status,
            error.en,
            error.ja,
            tuple(field.name for field in fields(error)),
        )
        for error, status in STATUS.items()
    ]
    return sorted(found, key=lambda kind: (kind.status, kind.slug))


@get("/docs", opt=PUBLIC, name="manual")
async def manual(request: Request[Any, Any, Any]) -> Response[str]:
    """The manual; what it shows never changes while the process runs, so it is drawn once."""
    state = request.app.state
    if "manual" not in state:
        state["manual"] = _draw(request.app.openapi_schema.to_schema())
    return Response(
        state["manual"].content, media_type="text/html", headers=dict(state["manual"].headers.items())
    )


@get("/problems", opt=PUBLIC)
async def list_problems() -> Response[str]:
    """Every type of problem."""
    return page("problems.html", cache="no-cache", kinds=kinds())


@get("/problems/{kind:str}", opt=PUBLIC, name="problem")
async def problem(kind: FromPath[str]) -> Response[str]:
    """What the `type` of a problem points to."""
    for known in kinds():
        if known.slug == kind:
            return page("problem.html", cache="no-cache", kind=known)
    raise NotFound("type of problem", kind)


def _draw(raw: dict[str, Any]) -> Response[str]:
    document = Document(raw)
    operations = document.operations()
    tags = sorted({operation.tag for operation in operations}, key=_place)
    return page(
        "manual.html",
        cache="no-cache",
        info=raw["info"],
        openapi=raw["openapi"],
        groups=[(tag, WORDS.get(tag, ""), [o for o in operations if o.tag == tag]) for tag in tags],
        components=document.components(),
        tables=_tables(),
        kinds=kinds(),
    )


def _place(tag: str) -> tuple[int, str]:
    return (TAGS.index(tag) if tag in TAGS else len(TAGS)), tag


def _tables() -> list[tuple[str, str, list[tuple[str, str]]]]:
    """The words of the lifecycles and of the scans: name, heading, rows of word and Japanese."""

    def rows(words: Any) -> list[tuple[str, str]]:
        return [(str(word), words[word]) for word in words if isinstance(word, StrEnum)]

    return [
        ("card-states", "Card states カードの状態", rows(CARD_STATES)),
        ("card-steps", "Card steps カードの操作", rows(CARD_STEPS)),
        ("batch-states", "Batch states 搬送袋の状態", rows(BATCH_STATES)),
        ("batch-steps", "Batch steps 搬送袋の操作", rows(BATCH_STEPS)),
        ("outcomes", "Scan outcomes 読取結果", [(outcome.value, JAPANESE[outcome]) for outcome in Outcome]),
    ]


router = Router(
    "/",
    route_handlers=[manual, list_problems, problem],
    exception_handlers=faults.handlers(),
    include_in_schema=False,
)
