"""What the README and docs/security.md promise is what the code has: figures, keys, classes of data, whom we speak to."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import SQLModel

import logistics.store.tables  # noqa: F401 - fills the metadata
from api.app import MOST_BODY_BYTES
from api.limiting import COSTLY, LEAST_PER_SECOND, PER_SECOND, SAVED_SECONDS
from logistics.rules import passwords
from logistics.rules.csv_list import MOST_LINES
from logistics.rules.errors import InvalidValue
from logistics.rules.passwords import OUR_WORDS
from logistics.store.tables.rights import APPEND_ONLY
from logistics.variables import SECRETS
from logistics.work.authenticating import FREE_FAILURES, MOST_FAILURES
from logistics.work.cleaning import MOST_BYTES
from logistics.work.sessions import IDLE, LONGEST

ROOT = Path(__file__).parents[2]
README = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
SECURITY = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
PACKAGES = ("logistics", "labels", "api", "seed")
WORDS = {"ten": "10", "Five": "5"}

# What is said, with a group for each figure; and the figures.
FIGURES = [
    (
        r"locks after (\d+) idle minutes, ends after (\d+) hours",
        (IDLE / timedelta(minutes=1), LONGEST / timedelta(hours=1)),
    ),
    (r"(Five) failures in a row make one wait, (ten) lock", (FREE_FAILURES, MOST_FAILURES)),
    (r"may make (\d+) requests a second, and ([\d,]+) at once", (PER_SECOND, PER_SECOND * SAVED_SECONDS)),
    (r"reports count for (\d+)\.", (COSTLY,)),
    (r"its part of the \d+, at least (\d+)", (LEAST_PER_SECOND,)),
    (
        r"\| 6\.2\.1 length \| (\d+) to (\d+) characters",
        (passwords.LEAST_CHARACTERS, passwords.MOST_CHARACTERS),
    ),
    (
        r"\| 5\.2\.1 size \| (\d+) MB a file, 4 MB and ([\d,]+) cards a list, (\d+) MB a body",
        (MOST_BYTES / 1e6, MOST_LINES, MOST_BODY_BYTES / 1e6),
    ),
    (r"raw bytes, (\d+) MB; those of a destruction", (MOST_BYTES / 1e6,)),
]


@pytest.mark.parametrize(("said", "figures"), FIGURES, ids=lambda value: str(value)[:40])
def test_every_figure_that_is_promised_is_the_codes(said: str, figures: tuple[float, ...]) -> None:
    found = re.search(said, README)

    assert found, "the sentence is gone"
    assert tuple(float(WORDS.get(one, one).replace(",", "")) for one in found.groups()) == figures


def test_the_words_that_are_kept_out_of_passwords_are_listed() -> None:
    listed = re.search(r"\| 6\.1\.2 words kept out of passwords \| (.*?), one's own code", README)

    assert listed
    assert set(listed[1].split(", ")) == set(OUR_WORDS)


def table(heading: str) -> list[list[str]]:
    """The rows of the table under a heading of docs/security.md."""
    part = SECURITY.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


# Columns of what opens something, whichever table they stand in.
OPENING = {"password", "totp", "token", "secret", "enrol_code", "enrol_totp", "public_key"}


def test_every_table_of_the_database_is_in_one_class_of_data() -> None:
    classes = {row[0]: set(re.findall(r"`([a-z]\w+)`", row[3])) for row in table("Classes of data")}
    ours = SQLModel.metadata.tables

    assert list(classes) == ["secrets", "evidence", "staff", "work"]
    assert classes["secrets"] | classes["staff"] <= set(ours)
    assert classes["secrets"] & (classes["staff"] | set(APPEND_ONLY)) == set()
    assert {name for name, one in ours.items() if OPENING & set(one.columns.keys())} == classes["secrets"] - {
        "sign_in_try"
    }
    assert "`APPEND_ONLY`" in table("Classes of data")[1][3]
    assert table("Classes of data")[3][3] == "all others"


def sources() -> Iterator[tuple[str, ast.AST]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                yield name, node


def imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module else []


# Who makes random numbers, hashes, ciphers and signatures for us: the standard library over OpenSSL, and these.
CRYPTOGRAPHY = {
    "hashlib",
    "hmac",
    "secrets",
    "ssl",
    "argon2",
    "cryptography",
    "pyhanko",
    "pyhanko_certvalidator",
    "pyotp",
    "pyzipper",
    "webauthn",
    "asn1crypto",
}
OTHERS = {
    "random",
    "Crypto",
    "Cryptodome",
    "nacl",
    "md5",
    "sha",
    "crypt",
    "ecdsa",
    "rsa",
    "jwt",
    "jose",
    "passlib",
    "bcrypt",
}


def test_cryptography_is_of_known_libraries_alone_and_each_is_named() -> None:
    used: dict[str, set[str]] = {}
    for name, node in sources():
        for module in imported(node):
            used.setdefault(module.split(".")[0], set()).add(name)
    named = set(
        re.findall(
            r"`(\w+)`", SECURITY.split("## Keys")[1].split("\n## ")[0].split("Libraries:")[1].split("\n\n")[0]
        )
    )

    assert set(used) & (OTHERS - {"random"}) == set()
    assert all(file.startswith("seed/") for file in used.get("random", set())), (
        "chance for a played day alone"
    )
    assert set(used) & CRYPTOGRAPHY == named


def test_every_key_under_the_data_directory_has_its_row() -> None:
    said = {
        file
        for row in table("Keys")
        for file in re.findall(r"`((?:sign-in|signer)/[\w.]+|[A-Z_]{5,})`", row[1])
    }

    assert {"sign-in/key", "signer/ledger.key", "signer/notice.key"} <= said
    assert {"PDF_KEY", *SECRETS} - {"DATABASE_URL", "DATABASE_OWNER_URL"} <= said
    assert all(len(row) == 7 and all(row) for row in table("Keys")), (
        "each says what, where, how, what for, how long"
    )


def test_nobody_is_spoken_to_but_who_is_named() -> None:
    """Modules that open a connection by themselves; the demonstration speaks to the service on this machine."""
    ways = {
        "httpx",
        "smtplib",
        "urllib.request",
        "requests",
        "aiohttp",
        "ftplib",
        "telnetlib",
        "http.client",
        "socketserver",
    }
    found = {name for name, node in sources() if set(imported(node)) & ways}

    # `serving` asks the service that it started itself whether it is ready.
    ours = {name for name in found if not name.startswith("seed/demo/")} - {"logistics/serving.py"}
    assert ours == {"logistics/channels.py"}


def test_every_event_of_the_log_on_standard_error_is_listed() -> None:
    listed = {event for row in table("Logs") for event in re.findall(r"`([^`]+)`", row[0])}
    written = {"request"}
    for _, node in sources():
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        said = node.args[0] if node.args else None
        is_log = ast.unparse(node.func) in ("log.info", "log.warning", "log.error")
        if is_log and isinstance(said, ast.Constant):
            written.add(str(said.value))

    assert written - listed == set()


# An element that is written by a name in brackets, and ways to an object's prototype.
WRITTEN = re.compile(r"[\w)\]]\[([^\]\n]+)\]\s*(?:[-+*|&]|\|\||\?\?)?=(?![=>])")
PROTOTYPE = re.compile(r"__proto__|\bprototype\b|Object\.assign|\bmerge\(")


def test_no_script_writes_under_a_name_that_it_was_told() -> None:
    """No object's prototype can be reached: names from outside go into Map and Set, or into no place at all."""
    found = {}
    for file in sorted((ROOT / "api" / "pages" / "static").glob("*.js")):
        text = file.read_text(encoding="utf-8")
        indices = [index for index in WRITTEN.findall(text) if not re.fullmatch(r"\d+|n", index)]
        if indices or PROTOTYPE.search(text):
            found[file.name] = indices

    assert found == {}
    assert WRITTEN.findall("row[name] = 1; told[a.b] ??= 2") == ["name", "a.b"], "it finds what it looks for"


# What is filled in: constants of their modules, one of a constant table, and names that hold such.
FORMATS = re.compile(
    r"_?[A-Z_]+(\[.+\])?|Markup\('.*'\)|field|japanese|msgspec\.json|named|path|said|template"
)


def test_no_text_from_outside_is_a_format() -> None:
    formats = set()
    for name, node in sources():
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("format", "format_map")
            and not isinstance(node.func.value, ast.Constant)
        ):
            formats.add(ast.unparse(node.func.value))
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
            assert not isinstance(node.left, ast.Constant | ast.JoinedStr), name

    assert [one for one in sorted(formats) if not FORMATS.fullmatch(one)] == []
    told = InvalidValue("{field.__class__}", "{reason!r:{field}} {0} {}")
    assert told.message.startswith("{field.__class__}: {reason!r:{field}} {0} {}"), "facts are no formats"
