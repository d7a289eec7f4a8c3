"""What the parts of an address are called on a page that refuses one: a clerk has typed no `card`."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "approval": "承認の番号",
    "arrival": "着荷の番号",
    "batch": "搬送袋の番号",
    "box": "小箱の番号",
    "card": "カードの管理番号",
    "case": "所在不明の番号",
    "code": "探している番号",
    "count": "棚卸しの番号",
    "day": "日付",
    "discrepancy": "差異の番号",
    "incident": "事故の番号",
    "manifest": "発送明細書の番号",
    "month": "月",
    "number": "帳票の番号",
    "person": "職員コード",
    "pick_list": "取出し予定表の番号",
    "place": "拠点の番号",
    "proposal": "廃棄伺いの番号",
    "run": "便の番号",
    "slot": "棚番",
    "subject": "対象の番号",
    "succession": "引継ぎの番号",
    "the body": "入力した内容",
    "the path": "アドレス",
    "the query": "アドレス",
    "the request": "入力した内容",
    "vault": "保管庫の番号",
}


def in_japanese(sentence: str, field: str | None) -> str:
    """The sentence with the field that it begins with in words."""
    if field and field in WORDS and sentence.startswith(f"{field} "):
        return WORDS[field] + sentence.removeprefix(f"{field} ")
    return sentence
