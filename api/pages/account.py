"""One's own ways to sign in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import URLEncodedBody
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from api import auth
from api.door import door_of
from api.pages import faults, forms, messages
from api.pages.html import page
from api.sessions import personal
from logistics.rules.access_errors import SignInFailed, TryLater
from logistics.rules.errors import InvalidValue, NotFound
from logistics.rules.permissions import Actor
from logistics.rules.tokens import from_letters, letters
from logistics.work import credentials, passkeys

ACCOUNT = "/account"


class PasswordForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The present password and code, the new password twice, and the session's token."""

    csrf: str
    current: str = ""
    code: str = ""
    password: str = ""
    again: str = ""


@get(ACCOUNT, guards=[auth.signed_in])
async def account(
    request: Request[Any, Any, Any],
    snapshot: NamedDependency[AsyncSession],
    reader: NamedDependency[Actor],
) -> Response[str]:
    """One's passkeys, and the way to a new one; another password."""
    own = await passkeys.passkeys(snapshot, reader)
    listed = [{**row, "letters": letters(row["id"])} for row in own]
    return page("account.html", request=request, reader=reader, passkeys=listed)


@post("/account/password", guards=[auth.signed_in], opt=auth.RESOLVES, status_code=303)
async def change_password(
    request: Request[Any, Any, Any], data: URLEncodedBody[PasswordForm]
) -> Response[Any]:
    """Change the password; or the form again, empty, with why not."""
    door, credential = door_of(request), personal(request)
    try:
        if data.password != data.again:
            raise InvalidValue("again", "is not the same password")
        opened = await credentials.change_password(
            door.desk, credential, data.current, data.code.strip(), data.password
        )
    except (SignInFailed, TryLater, InvalidValue) as refusal:
        return messages.refused(ACCOUNT, refusal, {})
    answer = messages.done(ACCOUNT, "パスワードを変更しました。", "Your password is changed.")
    answer.cookies.append(door.session_cookie(opened.token))
    return answer


@post("/account/passkeys/revoke", guards=[auth.signed_in], before_request=forms.read)
async def revoke_passkey(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    actor: NamedDependency[Actor],
    now: NamedDependency[datetime],
) -> Redirect:
    """Give up a passkey of one's own, lost or worn."""
    try:
        passkey = from_letters(forms.text(request, "passkey", most=2_000))
    except ValueError:
        raise NotFound("passkey", "") from None
    await passkeys.revoke(session, actor, passkey, now)
    return messages.done(ACCOUNT, "パスキーを失効しました。", "The passkey signs nobody in any more.")


router = Router(
    "/",
    route_handlers=[account, change_password, revoke_passkey],
    exception_handlers=faults.handlers(),
    include_in_schema=False,
)
