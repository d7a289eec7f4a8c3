"""Applications for tests. What takes half a second to put together is put together once per process.

Only the routes are kept: `application` gives them a database, a clock and whatever else of the test's own.
"""

from __future__ import annotations

from typing import Any

from litestar import Litestar

from api.app import create_app, parts

_FREE: list[Litestar] = []
_TAKEN: list[Litestar] = []


def application(*given: Any, **named: Any) -> Litestar:
    """As `create_app`, for this test alone; several of one test are several."""
    app = _FREE.pop() if _FREE else create_app(*given, **named)
    parts(*given, **named).put_into(app)
    _TAKEN.append(app)
    return app


def give_back() -> None:
    """The test is over: the next may have its applications."""
    _FREE.extend(_TAKEN)
    _TAKEN.clear()
