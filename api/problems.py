"""Errors as RFC 9457 problem details: one row per class of the domain, one shape for everything else.

`type` is stable. Pages and JSON share the sentence; the facts are extension members.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any

import asyncpg
import msgspec
import sqlalchemy.exc
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.openapi.datastructures import ResponseSpec
from litestar.plugins import ReceiveRoutePlugin
from litestar.routes import BaseRoute, HTTPRoute
from litestar.types import ExceptionHandlersMap

from api.guarding import refuse_head
from api.http_words import REFUSED_EN, REFUSED_JA, retry_after
from api.parameters import check_request
from api.statuses import STATUS
from logistics.rules import access_errors, errors
from logistics.rules.errors import DomainError
from logistics.rules.guard import holds_my_number

MEDIA_TYPE = "application/problem+json"
BASE = "/problems/"

log = structlog.get_logger("problems")

_WITH_BODY = frozenset({"POST", "PUT", "PATCH", "DELETE"})

# Faults that pass: a lock in the wrong order, no free connection, a database that restarts.
PASSING = (
    asyncpg.DeadlockDetectedError,
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
    asyncpg.OperatorInterventionError,
    asyncpg.PostgresConnectionError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InterfaceError,
    sqlalchemy.exc.TimeoutError,
    sqlalchemy.exc.InterfaceError,
    ConnectionError,
)


class Fault(msgspec.Struct, frozen=True):
    """One fault in a request: where, and what."""

    field: str
    message: str


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """An error (RFC 9457). `type` is stable; members beside these are the facts of that type."""

    type: Annotated[str, msgspec.Meta(examples=["/problems/run-departed"])]
    title: str
    status: int
    detail: str
    detail_ja: str | None = None
    errors: list[Fault] | None = None


def slug(error: type[DomainError]) -> str:
    """The stable last part of `type`: the class's name in kebab case."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", error.__name__).lower()


def documented(*refusals: type[DomainError]) -> dict[int, ResponseSpec]:
    """OpenAPI's responses for a handler: the given refusals, and those that every handler can answer."""
    by_status: dict[int, list[str]] = {}
    common = (
        errors.MyNumberRefused,
        errors.MalformedCode,
        errors.InvalidValue,
        errors.NotSignedIn,
        access_errors.SessionEnded,
        access_errors.SessionLocked,
        access_errors.CrossSite,
        access_errors.DeviceNeeded,
        access_errors.OutOfScope,
        errors.NotAllowed,
        access_errors.TooManyRequests,
    )
    for refusal in (*common, *refusals):
        by_status.setdefault(STATUS[refusal], []).append(f"{slug(refusal)}: {_title(refusal)}")
    by_status.setdefault(500, ["An unforeseen fault; nothing was changed."])
    by_status.setdefault(503, ["The database is busy or away; nothing was changed. Send it again."])
    return {status: _documented(said) for status, said in sorted(by_status.items())}


class BodyRefusals(ReceiveRoutePlugin):
    """Adds to what a handler documents how its body may be refused before it is read: 413, and 415 where it is JSON."""

    def receive_route(self, route: BaseRoute) -> None:
        """As the application takes the route in."""
        if not isinstance(route, HTTPRoute):
            return
        for handler in route.route_handlers:
            if not handler.responses or not handler.http_methods & _WITH_BODY:
                continue
            refused = {413: _documented(["The body is larger than any that is taken here."])}
            if handler.parsed_data_field is not None and handler.resolve_before_request() is check_request:
                refused[415] = _documented(["The body is not said to be application/json."])
            handler.responses = dict(sorted({**handler.responses, **refused}.items()))


def _documented(said: Sequence[str]) -> ResponseSpec:
    return ResponseSpec(
        Problem, description=" ".join(dict.fromkeys(said)), media_type=MEDIA_TYPE, generate_examples=False
    )


def handlers() -> ExceptionHandlersMap:
    """The handlers for every kind of exception, most special first by class."""
    return {
        DomainError: refuse,
        HTTPException: _http,
        asyncpg.CheckViolationError: _constraint,
        **dict.fromkeys(PASSING, _busy),
        Exception: _crash,
    }


def refuse(request: Request[Any, Any, Any], error: DomainError) -> Response[Any]:
    """A refusal of the domain."""
    kind = type(error)
    facts = {key: value for key, value in error.facts().items() if key not in ("field",)}
    body: dict[str, Any] = {
        "type": BASE + slug(kind),
        "title": _title(kind),
        "status": STATUS[kind],
        "detail": error.message,
        "detail_ja": error.message_ja,
    }
    if field := getattr(error, "field", None):
        body["errors"] = [{"field": field, "message": error.message}]
    return _answer({**facts, **body}, retry_after(error))


def _http(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    status = error.status_code
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED):
        # Where no route is found, the guard was not passed either.
        try:
            refuse_head(request)
        except errors.MyNumberRefused as refusal:
            return refuse(request, refusal)
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": REFUSED_EN.get(status) or error.detail or HTTPStatus(status).phrase,
        "detail_ja": REFUSED_JA.get(status, "この要求は処理できません。何も変更していません。"),
    }
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        body["errors"] = [{"field": "body", "message": "too large"}]
    elif isinstance(error.extra, list):
        body["errors"] = [_fault(request, item) for item in error.extra if isinstance(item, Mapping)]
    elif found := re.search(r"at `\$\.?(.*?)`", error.detail or ""):
        body["errors"] = [{"field": found[1] or "body", "message": error.detail}]
    if named := [fault["field"] for fault in body.get("errors", ())]:
        body["detail_ja"] += f"（項目：{'、'.join(dict.fromkeys(named))}）"
    # A validator's message may quote what it complains of; a My Number must not come back even so. Refusals of the domain
    # quote what the guard has read, and ids: the last group of one is twelve digits, and by chance a number of a person.
    if holds_my_number(msgspec.json.encode(body).decode()):
        return refuse(request, errors.MyNumberRefused("the request"))
    return _answer(body, error.headers)


def _fault(request: Request[Any, Any, Any], item: Mapping[str, Any]) -> dict[str, str]:
    """One fault that the framework found, under the name by which the client knows the field."""
    key, message = str(item.get("key", "body")), str(item.get("message", ""))
    if key == "data":
        key, message = "body", "A JSON body is needed" if message == "'data'" else message
    parameter = request.route_handler.parsed_fn_signature.parameters.get(key)
    if parameter is not None and parameter.kwarg_definition is not None:
        key = getattr(parameter.kwarg_definition, "name", None) or key
    if found := re.search(r"(?:missing required|contains unknown) field `(.+?)`", message):
        key = found[1] if key == "body" else f"{key}.{found[1]}"
    return {"field": key, "message": message}


def _constraint(request: Request[Any, Any, Any], error: asyncpg.CheckViolationError) -> Response[Any]:
    """A constraint that no rule of ours foresaw; its name is for the log alone."""
    log.error("constraint", constraint=error.constraint_name, route=request.scope.get("path_template", ""))
    body = {
        "type": "about:blank",
        "title": "Conflict",
        "status": 409,
        "detail": "The database refused this change; nothing was changed.",
        "detail_ja": "データベースがこの変更を受け付けませんでした。何も変更していません。",
    }
    return _answer(body)


def _busy(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Somebody else was in the way, or the database is away: nothing was changed, and trying again may help."""
    log.warning("busy", error=type(error).__name__, route=request.scope.get("path_template", ""))
    body = {
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "detail": "The database is busy or away just now; nothing was changed. Send the same request again.",
        "detail_ja": "データベースが混み合っているか停止しています。何も変更していません。もう一度送ってください。",
    }
    return _answer(body, {"Retry-After": "1"})


def _crash(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    log.error(
        "crash", route=request.scope.get("path_template", ""), error=type(error).__name__, exc_info=error
    )
    body = {
        "type": "about:blank",
        "title": "Internal Server Error",
        "status": 500,
        "detail": "An unforeseen fault; nothing was changed. The operator's log has it.",
        "detail_ja": "予期しない障害が起きました。何も変更していません。システム管理者に連絡してください。",
    }
    return _answer(body)


def _answer(body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response[Any]:
    content = msgspec.json.encode(body)
    return Response(content, status_code=body["status"], media_type=MEDIA_TYPE, headers=dict(headers or {}))


def _title(error: type[DomainError]) -> str:
    return (error.__doc__ or error.__name__).split("\n", 1)[0]
