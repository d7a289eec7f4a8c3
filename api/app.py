"""The application: `create_app` puts it together, `from_environment` is what the server is started with."""

from __future__ import annotations

import asyncio
import gc
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from litestar import Litestar, Router
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components
from litestar.types import ASGIApp

from api import (
    accesses,
    accounts,
    approvals,
    archive,
    arrivals,
    attachments,
    audit,
    auth,
    batches,
    cases,
    closing,
    counter,
    counts,
    custody,
    days,
    destroying,
    devices,
    disposal,
    exports,
    forecasts,
    founding,
    health,
    history,
    incident_papers,
    incidents,
    jobs,
    logs,
    management,
    manual,
    manual_entries,
    messages,
    papers,
    parameters,
    passkeys,
    picks,
    problems,
    provenance,
    receiving,
    reference,
    refusals,
    register_papers,
    registers,
    reports,
    retention,
    returns,
    runs,
    schemas,
    sessions,
    successions,
    supplies,
    undelivered_cards,
    undoing,
    vault,
    verifying,
)
from api.abandoned import close_abandoned
from api.door import Door, keep_sessions
from api.gathering import Gatherer
from api.guarding import ReadOnce, guard_requests
from api.headers import add_headers
from api.pages import faults, routes
from api.pages.live import Hub
from api.parts import Parts, dependencies, parts_of
from labels.signing import UNSIGNED, CertificateRefused, Identity, Press
from logistics.channels import channels as channels_of
from logistics.ledger.sequencer import Sequencer
from logistics.settings import Clock, Settings
from logistics.stopping import before_stop
from logistics.store.database import Database
from logistics.store.sealing import KEY_BYTES, Sealer
from logistics.variables import SettingRefused
from logistics.work import freezing, schedule, sending
from logistics.work import jobs as making
from logistics.work.authenticating import Desk
from logistics.work.notice_numbers import NoticeKey

VERSION = "0.1.0"
MOST_BODY_BYTES = 1_000_000
# The door itself.
PUBLIC = (sessions.public, devices.public, accounts.public, passkeys.public)


def create_app(
    database: Database,
    clock: Callable[[], datetime],
    sequencer: Sequencer | None = None,
    press: Press = UNSIGNED,
    notice_key: NoticeKey | None = None,
    door: Door | None = None,
    channels: Sequence[sending.Channel] = (),
) -> Litestar:
    """The application on a database, which works with what `parts` makes of the same.

    `sequencer` works as long as the application runs. `channels` are the ways out, by which it tells what happened.
    """
    app = Litestar(
        route_handlers=[_api(), *PUBLIC, health.router, manual.router, *routes.ROUTERS],
        dependencies=dependencies(),
        middleware=[close_abandoned, guard_requests, keep_sessions],
        request_class=ReadOnce,
        after_exception=[refusals.record],
        before_send=[add_headers],
        exception_handlers={**problems.handlers(), **faults.unmatched()},
        request_max_body_size=MOST_BODY_BYTES,
        openapi_config=_openapi(),
        plugins=[schemas.OurStructs(), problems.BodyRefusals()],
        lifespan=[_working],
        logging_config=None,
    )
    parts(database, clock, sequencer, press, notice_key, door, channels).put_into(app)
    return app


def parts(
    database: Database,
    clock: Callable[[], datetime],
    sequencer: Sequencer | None = None,
    press: Press = UNSIGNED,
    notice_key: NoticeKey | None = None,
    door: Door | None = None,
    channels: Sequence[sending.Channel] = (),
) -> Parts:
    """What an application on a database works with; `clock` tells the time.

    `press` makes the papers, and signs them where it has somebody to sign. `door` is how browsers come in; without
    one, they come in plainly, and whatever authenticators hold is sealed for this application's life alone.
    """
    database.tell_time(clock())
    return Parts(
        database,
        clock,
        door or _plain_door(database, clock),
        press,
        sequencer,
        notice_key,
        Gatherer(database, clock),
        Hub(database, clock),
        channels,
    )


@asynccontextmanager
async def _working(app: Litestar) -> AsyncIterator[None]:
    """What goes on beside the requests: the log is sequenced and signed, reports are made, boards and the city told."""
    ours = parts_of(app)
    # What is loaded by now stays: the collector need not walk all of it again while scans wait.
    gc.collect()
    gc.freeze()
    beside = []
    if ours.sequencer:
        beside = [
            ours.sequencer.run(),
            schedule.keep_making(ours.database, ours.clock),
            making.keep_running(ours.database, ours.clock, jobs.tools(ours, ours.sequencer)),
            freezing.keep_freezing(ours.database, ours.sequencer.directory, ours.clock),
        ]
    if ours.channels:
        beside.append(sending.keep_sending(ours.database, ours.channels, ours.clock))
    working = [asyncio.create_task(work) for work in beside]
    before_stop(ours.hub.stop)
    try:
        yield
    finally:
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)
        await ours.hub.close()
        await ours.database.close()


def _plain_door(database: Database, clock: Callable[[], datetime]) -> Door:
    return Door(Desk(database, Sealer(secrets.token_bytes(KEY_BYTES)), clock, Clock.system()))


def _api() -> Router:
    """What programs call: everything in it is guarded."""
    return Router(
        "/api/v1",
        guards=[auth.signed_in],
        before_request=parameters.check_request,
        security=[{auth.SESSION_SCHEME: []}, {auth.TOKEN_SCHEME: []}],
        route_handlers=[
            sessions.router,
            accounts.router,
            passkeys.router,
            devices.router,
            reference.router,
            registers.router,
            register_papers.router,
            founding.router,
            arrivals.router,
            batches.router,
            runs.router,
            receiving.router,
            manual_entries.router,
            returns.router,
            retention.router,
            vault.router,
            accesses.router,
            counter.router,
            picks.router,
            archive.router,
            undoing.router,
            disposal.router,
            destroying.router,
            supplies.router,
            successions.router,
            custody.router,
            papers.router,
            verifying.router,
            audit.router,
            closing.router,
            approvals.router,
            reports.router,
            jobs.router,
            forecasts.router,
            management.router,
            undelivered_cards.router,
            history.router,
            provenance.router,
            exports.router,
            attachments.router,
            messages.router,
            incidents.router,
            incident_papers.router,
            counts.router,
            cases.router,
            days.router,
        ],
    )


def from_environment() -> ASGIApp:
    """The application as the environment describes it, with a log line for every request."""
    settings = Settings.from_environment()
    settings.require_loopback()
    assert settings.database_url is not None, "the command that starts the server names the database"
    # One more connection than requests may take: the sequencer keeps its own.
    database = Database(settings.database_url, pool_size=settings.pool_size + 1)
    clock = settings.clock()
    logs.configure(settings.log_level, settings.log_to)
    sequencer = Sequencer(database, settings.signer_directory, clock)
    door = Door.of(settings, database, clock)
    app = create_app(
        database, clock, sequencer, _press(settings), _notice_key(settings), door, channels_of(settings)
    )
    return logs.log_requests(app, settings.log_level)


def _press(settings: Settings) -> Press:
    """Signs papers as the settings say; SettingRefused if the certificate named there cannot."""
    directory = settings.signer_directory
    try:
        return Press(Identity.kept(settings.pdf_certificate, settings.pdf_key, directory))
    except CertificateRefused as refusal:
        raise SettingRefused("PDF_CERTIFICATE", f"{refusal}.") from None


def _notice_key(settings: Settings) -> NoticeKey:
    """The key of notices' hashes; SettingRefused if the file that should hold it does not."""
    try:
        return NoticeKey.kept(settings.signer_directory)
    except ValueError as broken:
        raise SettingRefused("DATA_DIR", f"{broken}.") from None


def _openapi() -> OpenAPIConfig:
    return OpenAPIConfig(
        title="Card logistics",
        version=VERSION,
        description=(
            "Custody, logistics and inventory of My Number cards between one annex and its sites. Errors are"
            " problem details (RFC 9457). Lists that grow with the work are paged by key: `next` of one page is `after` of the"
            " following; what a register bounds comes whole."
        ),
        openapi_router=Router("/schema", route_handlers=[], include_in_schema=False, opt=auth.PUBLIC),
        render_plugins=[manual.PLUGIN],
        components=Components(security_schemes=dict(auth.SECURITY_SCHEMES)),
        use_handler_docstrings=False,
    )
