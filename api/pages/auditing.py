"""The auditor's page: any question to the log, its answer page by page, and the questions one asks again and again.

A question is in the address, so that it can be kept as a bookmark too. It is answered from one snapshot, and that it
was asked is an entry of the log before the answer is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from api import auth
from api.pages import faults, forms, questions, speech
from api.pages.html import page
from api.pages.messages import done
from api.pages.questions import QUESTIONS, Answer, Question
from logistics.rules import permissions
from logistics.rules.errors import DomainError, InvalidValue, MyNumberRefused
from logistics.rules.outcomes import JAPANESE, Outcome
from logistics.rules.permissions import Actor
from logistics.rules.words import ACTS
from logistics.store.database import Database
from logistics.work import audit, places, saved_questions
from logistics.work import vault as keeping

_MOST_CODES = 5


@get("/audit")
async def audit_page(
    request: Request[Any, Any, Any],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
    database: NamedDependency[Database],
    now: NamedDependency[datetime],
) -> Response[str]:
    """The form of one kind of question; with `ask` its answer, too."""
    permissions.require(reader, "ask")
    texts = {name: str(value) for name, value in request.query_params.items()}
    question = _question(texts.get("question", "entries"))
    values = questions.given(question, texts)
    answer: Answer | None = None
    trouble: DomainError | None = None
    if "ask" in texts:
        try:
            answer, asked = await questions.ask(snapshot, question, values, texts.get("after", ""), now)
        except MyNumberRefused:
            raise
        except DomainError as error:
            trouble = error
        else:
            async with database.begin() as session:
                await audit.record(session, reader, question.name, asked, len(answer.items), now)
    return page(
        "audit.html",
        request=request,
        reader=reader,
        questions=list(QUESTIONS.values()),
        question=question,
        values=values,
        answer=answer,
        rows=_rows(question, answer, speech.language(request)) if answer else [],
        trouble=trouble,
        at_fault=getattr(trouble, "field", None),
        query=urlencode({"question": question.name, **values}),
        csv=questions.csv_address(question, values) if answer is not None else None,
        may_export=permissions.may(reader, "export"),
        saved=[_kept(row) for row in await saved_questions.kept(snapshot, reader)],
        **await _choices(snapshot, speech.language(request)),
    )


@post("/audit/saved")
async def save(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Keep the question that the page shows, under a name of one's own."""
    texts = dict(parse_qsl(forms.text(request, "query", most=2_000)))
    question = _question(texts.get("question", ""))
    values = questions.given(question, texts)
    name = forms.text(request, "name", most=saved_questions.LONGEST_NAME)
    await saved_questions.save(session, actor, name, question.name, values, now)
    path = f"/audit?{urlencode({'question': question.name, **values})}"
    return done(path, f"「{name}」を保存しました。", f"“{name}” is saved.")


@post("/audit/saved/drop")
async def drop(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Show a saved question no more."""
    await saved_questions.drop(session, actor, forms.number(request, "saved", most=2**53), now)
    return done("/audit", "保存した質問を消しました。", "The saved question is gone.")


def _question(name: str) -> Question:
    if name not in QUESTIONS:
        raise InvalidValue("question", f"must be one of {', '.join(QUESTIONS)}")
    return QUESTIONS[name]


def _kept(row: Mapping[str, Any]) -> dict[str, Any]:
    query = urlencode({"question": row["question"], **row["parameters"], "ask": "1"})
    return {
        "id": row["id"],
        "name": row["name"],
        "words": QUESTIONS[row["question"]].words,
        "path": f"/audit?{query}",
    }


def _rows(question: Question, answer: Answer, lang: str) -> list[dict[str, Any]]:
    """The items as the page shows them: of an entry the cards it moved, from its body."""
    if question.name not in ("entries", "late"):
        return [dict(item) for item in answer.items]
    return [
        {**item, **_of_body(item["body"]), "what": speech.act(item["act"], lang)} for item in answer.items
    ]


def _of_body(body: str) -> dict[str, Any]:
    said = msgspec.json.decode(body)
    codes = [code for step in said.get("cards", []) for code in step.get("codes", [])]
    return {"codes": codes[:_MOST_CODES], "further": max(0, len(codes) - _MOST_CODES)}


async def _choices(session: AsyncSession, lang: str) -> dict[str, Any]:
    """What the fields offer, and what codes are called."""
    known = await places.all_places(session)
    couriers = await places.couriers(session)
    vaults = [
        (vault["code"], f"{place['short_name']} {vault['name']}")
        for place in known
        for vault in await keeping.vaults(session, place["code"])
    ]
    acts = sorted((speech.act(act, lang), act) for act in ACTS)
    outcomes = [(o.value, JAPANESE[o] if lang == "ja" else speech.spoken(o.value)) for o in Outcome]
    return {
        "names": {row["code"]: row["name"] for row in (*known, *couriers)},
        "options": {
            "place": [(row["code"], row["name"]) for row in known],
            "courier": [(row["code"], row["name"]) for row in couriers],
            "vault": vaults,
            "act": [(act, words) for words, act in acts],
            "outcome": outcomes,
        },
        "outcome_words": dict(outcomes),
    }


router = Router(
    "/",
    route_handlers=[audit_page, save, drop],
    guards=[auth.signed_in],
    before_request=forms.read_form,
    exception_handlers=faults.handlers(),
    include_in_schema=False,
)
