"""P14 管理状況報告書: what it says, and the safety measures that this service enforces (appendix 2 article 1).

Appendix 1 articles 12 and 15, appendix 2 article 10; body 10(1).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from logistics.rules.records import NamedPerson, NamedPlace, Record
from logistics.rules.report_records import DifferenceLine


class StockLine(Record, frozen=True):
    """A place at the end of the month: undelivered, other things kept, on the way to disposal."""

    place: str
    place_name: str
    undelivered: int
    beside: int
    to_destroy: int


class CountLine(Record, frozen=True):
    """The counts of one kind that a place ended in the month; `cards` were expected. `last_on` is the latest of any kind."""

    place: str
    place_name: str
    kind: str | None
    counts: int
    cards: int
    missing: int
    last_on: date | None


class CaseFigures(Record, frozen=True):
    """Cards missing: cases opened in the month, found, given up, and open at its end."""

    opened: int
    found: int
    lost: int
    open: int


class AccessLine(Record, frozen=True):
    """How often an act of access happened in the month, and how many people did it."""

    act: str
    times: int
    people: int


class ReviewLine(Record, frozen=True):
    """A review of the rights and their use: by whom, when, with which finding."""

    at: datetime
    by: NamedPerson
    note: str


class ExpiringLine(Record, frozen=True):
    """What runs out soon or has run out: a registration, a training, a consent, a token; `what` says which."""

    what: str
    name: str
    code: str
    until: date | None


class Measure(Record, frozen=True):
    """A safety measure in force, the article that asks for it, and what it is set to."""

    article: str
    measure: str
    state: str


class ManagementData(Record, frozen=True):
    """The figures of P14: what was recorded in the month before `until`; registers and measures as of `day`."""

    month: date
    until: datetime
    day: date
    stock: tuple[StockLine, ...]
    counts: tuple[CountLine, ...]
    differences: tuple[DifferenceLine, ...]
    cases: CaseFigures
    access: tuple[AccessLine, ...]
    reviews: tuple[ReviewLine, ...]
    expiring: tuple[ExpiringLine, ...]
    measures: tuple[Measure, ...]


class ManagementRecord(Record, frozen=True):
    """P14 管理状況報告書: how what is entrusted is kept, for the city's supervision."""

    number: str
    issued_at: datetime
    issued_by: NamedPerson
    place: NamedPlace
    data: ManagementData


# Acts that say who came in, who looked at what, and what was let out.
ACCESS_ACTS = (
    "sign_in",
    "sign_in_failed",
    "lock_person",
    "unlock_person",
    "step_up",
    "refuse_right",
    "break_glass",
    "disable_person",
    "enable_person",
    "register_person",
    "add_device",
    "revoke_device",
    "add_token",
    "revoke_token",
    "ask",
    "export",
    "print",
)
EXPIRING: Mapping[str, str] = {
    "registration": "従事者の登録",
    "training": "研修",
    "pledge": "誓約書（未提出）",
    "consent": "配送業者の承諾",
    "token": "機器のトークン",
}

# What holds whatever is set: each is enforced by the service or by its database, and has a test.
STANDING = (
    Measure(
        article="別紙1 第10条(1)",
        measure="取扱記録の改ざん防止",
        state="追記のみ（更新・削除を拒否）、SHA-256、署名付き照合値",
    ),
    Measure(
        article="別紙1 第10条(7)1",
        measure="利用者の認証",
        state="個人別アカウント、パスワード＋ワンタイムコード又はパスキー",
    ),
    Measure(
        article="別紙1 第6条・第7条",
        measure="登録・誓約書・研修",
        state="いずれかを欠く者の操作を拒否",
    ),
    Measure(
        article="別紙1 第5条", measure="複製の管理", state="帳票は原本と再発行を区別し、番号と回数を記録"
    ),
    Measure(
        article="別紙1 第10条(8)",
        measure="持出しの制限",
        state="承諾番号のある便以外の搬出を拒否、書出しは目的と承認番号を記録",
    ),
    Measure(article="別紙1 第10条(9)", measure="電子データの暗号化", state="書出しは AES-256 で暗号化"),
    Measure(
        article="別紙1 第10条(10)",
        measure="運搬の保全",
        state="封印番号を発着で照合、乗務員の登録、引渡しごとの授受票",
    ),
    Measure(
        article="別紙1 第11条",
        measure="廃棄の保全",
        state="本市の承認、二者の操作、裁断とICチップ破壊、廃棄証明書",
    ),
    Measure(article="別紙2 第5条", measure="取扱区域", state="登録された端末からの操作のみ受け付け"),
    Measure(
        article="別紙2 第7条・第8条", measure="目的外利用の防止", state="取出し・書出しに目的の記録を必須"
    ),
    Measure(
        article="仕様書 8(6)イ", measure="個人情報の最小化", state="氏名等を保持せず、個人番号の入力を拒否"
    ),
)
