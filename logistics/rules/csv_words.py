"""The faults of a list in Japanese, for whoever has to set it right; a test holds every fault to a sentence here."""

from __future__ import annotations

import re

# What a fault says, and the same in Japanese; the groups of the one are the blanks of the other.
_SENTENCES: tuple[tuple[str, str], ...] = (
    (r"is empty", "空欄です"),
    (
        r"it must be a letter followed by 3 to 11 upper-case letters and digits",
        "英大文字1字と英大文字・数字3〜11字で書いてください",
    ),
    (r"its first letter stands for nothing we number", "先頭の文字が正しくありません"),
    (r"its check character is wrong", "検査文字が一致しません。読み間違い・書き間違いを確かめてください"),
    (r"is not the .+ of a card", "カードの管理番号ではありません"),
    (r"is not the .+ of a person", "職員のコードではありません"),
    (r"is not the .+ of a .+", "別の種類のコードです"),
    (r"stands in line (\d+) already", "{}行目にもあります"),
    (r"this control number is known already", "登録済みの管理番号です"),
    (
        r"this kind comes on no list; take it in where it is collected",
        "着荷リストで届く種別ではありません。受け取った拠点で受け入れてください",
    ),
    (r"the list names no card", "カードが1枚もありません"),
    (r"the list names nobody", "記録が1件もありません"),
    (r"no such kind", "この種別はありません"),
    (r"this kind is handled from (\S+)", "この種別の取扱いは {} からです"),
    (r"this kind was handled until (\S+)", "この種別の取扱いは {} までです"),
    (
        r"no such site; write its name or its code",
        "この拠点はありません。名称か拠点コードを書いてください",
    ),
    (r"write 1 to 20 letters, digits and hyphens", "半角の英数字とハイフン20字以内で書いてください"),
    (r"nobody is registered under this code", "このコードの職員は登録されていません"),
    (
        r"no vault of this place; leave it empty for the room",
        "この拠点の保管庫ではありません。部屋への入退室は空欄にしてください",
    ),
    (r"write a time such as (.+)", "{} のように日時を書いてください"),
    (r"write a time of day such as (.+)", "{} のように時刻を書いてください"),
    (r"lies in the future", "未来の日時です"),
    (r"lies too far in the past", "古すぎる日時です"),
    (r"lies before opened_at", "開始より前の日時です"),
    (r"is recorded already, or overlaps with what is recorded", "記録済みか、記録と時間が重なっています"),
    (r"this service has no key for notices", "通知書番号を扱う鍵が設定されていません"),
    (
        r"is not the number of a notice: three letters or digits and six digits",
        "通知書番号ではありません（英数字3字と数字6字）",
    ),
    (r"nobody knows this control number", "登録のない管理番号です"),
    (r"stands on this pick list already", "この出庫リストに登録済みです"),
    (r"belongs to another site", "別の拠点のカードです"),
    (r"must be a whole number without separators", "区切りのない整数で書いてください"),
    (r"is longer than (\d+) characters", "{} 字を超えています"),
    (r"no column is a month such as (\S+)", "{} のような年月の列がありません"),
    (r"is no place of ours", "この拠点はありません"),
    (r"stands twice for the same place", "同じ拠点に2つあります"),
    (r"it is \w+", "すでに取扱いの終わったカードです"),
    (r".+ is handed to nobody", "交付しない種別です"),
    (r"overlaps with line (\d+)", "{}行目と時間が重なっています"),
    (r"not CSV: .*", 'CSVとして読めません。引用符（"）の閉じ忘れなどを確かめてください'),
    (r"the file is empty", "ファイルが空です"),
    (r"a list holds at most (\d+) cards; split it", "一度に取り込めるのは {} 行までです。分けてください"),
    (
        r"neither UTF-8 nor Shift_JIS; save the list in one of them",
        "文字コードがUTF-8でもShift_JISでもありません。どちらかで保存してください",
    ),
    (r"holds a NUL character", "使えない文字（NUL）があります"),
    (r"this column is missing", "この列がありません"),
    (
        r"the columns are separated by (.+); save the list with commas",
        "列の区切りがカンマではありません（{}）。カンマ区切り（CSV）で保存してください",
    ),
    (r"a column stands twice in the heading", "同じ見出しが2つあります"),
    (r"the heading holds a My Number; remove it", "見出しにマイナンバーがあります。取り除いてください"),
    (r"holds a My Number; remove it", "マイナンバーがあります。取り除いてください"),
    (r"(\d+) columns where the heading has (\d+)", "列が {} あります（見出しは {} 列）"),
)
# What fills a blank and is a word of ours.
_BLANKS = {
    "tabs": "タブ",
    "semicolons": "セミコロン",
    "full-width commas": "全角カンマ",
    "Japanese commas": "読点",
    "bars": "縦線",
}
_KNOWN = tuple((re.compile(said), japanese) for said, japanese in _SENTENCES)


def in_japanese(reason: str) -> str | None:
    """The sentence for a fault; None for one that has none, which a test forbids: it then stays in English."""
    for pattern, japanese in _KNOWN:
        if found := pattern.fullmatch(reason):
            return japanese.format(*(_BLANKS.get(said, said) for said in found.groups()))
    return None
