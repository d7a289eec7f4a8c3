"""Whether the process lives, and whether it can work."""

from __future__ import annotations

from datetime import datetime

from litestar import Response, Router, get
from litestar.di import NamedDependency

from api import wire
from api.auth import PUBLIC
from logistics.rules.calendar import business_date
from logistics.rules.libraries import is_review_due
from logistics.store.database import Database, driver
from logistics.work import sign_in

# What an operator has to see to while work goes on.
TOLD = frozenset({"log", "break_glass", "libraries"})


@get("/health/live", operation_id="isAlive", summary="The process answers", opt=PUBLIC)
async def live() -> wire.Health:
    return wire.Health(status="ok")


@get("/health/ready", operation_id="isReady", summary="The database answers and is up to date", opt=PUBLIC)
async def ready(
    database: NamedDependency[Database],
    signing: NamedDependency[str | None],
    now: NamedDependency[datetime],
) -> Response[wire.Health]:
    # Receiving goes on while the log cannot be signed: what happened is recorded, and the alarm is up.
    checks = {"database": "ok", "log": "not signed" if signing else "ok"}
    checks["libraries"] = "review due" if is_review_due(business_date(now)) else "ok"
    try:
        async with database.read() as session:
            places = await (await driver(session)).fetchval("SELECT count(*) FROM place")
            # Whoever watches sees at once that somebody came in by the sealed envelope; work goes on.
            checks["break_glass"] = "in use" if await sign_in.break_glass_in_use(session, now) else "ok"
        checks["reference_data"] = "ok" if places else "missing"
    except Exception as failure:
        checks["database"] = type(failure).__name__
    fine = all(said == "ok" for what, said in checks.items() if what not in TOLD)
    return Response(
        wire.Health(status="ok" if fine else "unavailable", checks=checks), status_code=200 if fine else 503
    )


router = Router("/", tags=["health"], route_handlers=[live, ready])
