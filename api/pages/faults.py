"""Errors as pages: the same sentence as the problem's, in Japanese, and what to do next. No codes first."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, MethodNotAllowedException, NotFoundException
from litestar.response import Redirect
from litestar.types import ExceptionHandlersMap

from api import problems
from api.http_words import retry_after
from api.pages import field_words, forms, messages
from api.pages.html import page
from api.statuses import STATUS
from logistics.rules.access_errors import SessionEnded, SessionLocked
from logistics.rules.errors import DomainError, MyNumberRefused, NotSignedIn

log = structlog.get_logger("pages")

_problem = problems.handlers()[HTTPException]

_TITLES = {
    400: ("入力を確かめてください", "Check what was entered"),
    401: ("サインインしてください", "Sign in first"),
    403: ("この操作は行えません", "This is not yours to do"),
    404: ("ページが見つかりません", "There is no such page"),
    405: ("この操作は行えません", "This cannot be done"),
    409: ("いまは行えません", "Not now"),
    413: ("データが大きすぎます", "Too much data"),
    429: ("しばらくお待ちください", "Wait a little"),
}
_SENTENCES = {
    400: (
        "アドレスまたは入力した値が正しくありません。前のページに戻って、もう一度お試しください。",
        "The address or a value is not right. Go back and try again.",
    ),
    404: (
        "アドレスが変わったか、間違っている可能性があります。配送状況のページから選び直してください。",
        "The address may have changed, or be wrong. Choose again from the run board.",
    ),
    405: (
        "このページは表示専用です。配送状況のページから選び直してください。",
        "This page is for reading. Choose again from the run board.",
    ),
}
# What is answered by showing the way in.
_AT_THE_DOOR = (NotSignedIn, SessionEnded, SessionLocked)
_FAILED = (
    "処理中に予期しない問題が起きました。何も変更していません。時間をおいてもう一度お試しください。",
    "Something unforeseen happened. Nothing was changed. Try again a little later.",
)
_BUSY = (
    "データベースが混み合っているか停止しています。何も変更していません。時間をおいてもう一度お試しください。",
    "The database is busy or away. Nothing was changed. Try again a little later.",
)
_NOT_FOUND = ("見つかりません", "Not found")
_NOT_SHOWN = ("表示できませんでした", "This could not be shown")


def handlers() -> ExceptionHandlersMap:
    """For the pages' own routers: every exception becomes a page, or the form again with what is wrong."""
    passing: ExceptionHandlersMap = dict.fromkeys(problems.PASSING, _busy)
    return {DomainError: _refused, HTTPException: _http, Exception: _crashed, **passing}


def unmatched() -> ExceptionHandlersMap:
    """For the application: an address that matches no route is a page for people, a problem for programs."""
    return {NotFoundException: _unmatched, MethodNotAllowedException: _unmatched}


def prefers_html(request: Request[Any, Any, Any]) -> bool:
    """Whether the client would rather have HTML than JSON; what accepts anything is a program."""
    offered = ["application/problem+json", "application/json", "text/html"]
    return request.accept.best_match(offered) == "text/html"


def _refused(request: Request[Any, Any, Any], error: DomainError) -> Response[Any]:
    is_at_the_door = isinstance(error, _AT_THE_DOOR)
    if is_at_the_door and request.method == "GET" and prefers_html(request):
        where = "/unlock" if isinstance(error, SessionLocked) else "/sign-in"
        path, query = request.scope["path"], request.scope["query_string"].decode("latin-1")
        wanted = quote(f"{path}?{query}" if query else path, safe="")
        return Redirect(f"{where}?next={wanted}", status_code=303)
    typed = request.state.get(forms.TYPED)
    if typed is not None and not is_at_the_door:
        return messages.refused(forms.back(request), error, typed)
    status = STATUS[type(error)]
    title = _TITLES[400] if isinstance(error, MyNumberRefused) else _TITLES.get(status, _TITLES[400])
    if status == 404:
        title = _NOT_FOUND
    kind = problems.slug(type(error))
    said = field_words.in_japanese(error.message_ja, getattr(error, "field", None)), error.message
    answer = _fault(request, status, title, said, kind=kind, at_the_door=is_at_the_door)
    answer.headers.update(retry_after(error))
    return answer


def _http(request: Request[Any, Any, Any], error: HTTPException) -> Response[str]:
    status = error.status_code
    if status >= 500:
        return _crashed(request, error)
    return _fault(request, status, _TITLES.get(status, _TITLES[400]), _SENTENCES.get(status, _SENTENCES[400]))


def _crashed(request: Request[Any, Any, Any], error: Exception) -> Response[str]:
    route = request.scope.get("path_template", "")
    log.error("crash", route=route, error=type(error).__name__, exc_info=error)
    return _fault(request, 500, _NOT_SHOWN, _FAILED)


def _busy(request: Request[Any, Any, Any], error: Exception) -> Response[str]:
    log.warning("busy", error=type(error).__name__, route=request.scope.get("path_template", ""))
    return _fault(request, 503, _NOT_SHOWN, _BUSY)


def _unmatched(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    return _http(request, error) if prefers_html(request) else _problem(request, error)


def _fault(
    request: Request[Any, Any, Any],
    status: int,
    title: tuple[str, str],
    sentence: tuple[str, str],
    *,
    kind: str | None = None,
    at_the_door: bool = False,
) -> Response[str]:
    return page(
        "fault.html",
        status,
        request=request,
        is_fault=True,
        title=title,
        sentence=sentence,
        kind=kind,
        at_the_door=at_the_door,
        number=status,
    )
