"""Whatever somebody types stays a value: nothing here makes code, markup, a command or a header of it."""

from __future__ import annotations

import ast
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from logistics.channels import Mail
from logistics.outward import MailSettings

ROOT = Path(__file__).parents[2]
PACKAGES = ("logistics", "labels", "api", "seed")
STATIC = ROOT / "api" / "pages" / "static"

# What runs or revives a text: as Python, as a command line, as objects of any class, as a template.
RUNS_TEXT = {"eval", "exec", "compile", "__import__", "system", "popen", "getoutput", "from_string"}
REVIVES = {"pickle", "marshal", "shelve", "dill", "yaml", "xml", "lxml", "xmlrpc"}
# Ways of a script to make markup or code of a text. DOMParser runs nothing, and gets our own pages alone.
MAKES_MARKUP = re.compile(
    r"\b(?:innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|srcdoc|setHTML\w*)\b"
    r"|\beval\(|\bnew Function\b|\bset(?:Timeout|Interval)\(\s*[\"'`]"
)


def test_no_text_is_run_revived_or_made_a_command() -> None:
    found = []
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if (fault := _fault(node)) is not None:
                    found.append(f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)} {fault}")

    assert found == []


def _fault(node: ast.AST) -> str | None:
    if isinstance(node, ast.Import):
        return next((alias.name for alias in node.names if alias.name.split(".")[0] in REVIVES), None)
    if isinstance(node, ast.ImportFrom):
        return node.module if (node.module or "").split(".")[0] in REVIVES else None
    if not isinstance(node, ast.Call):
        return None
    if any(word.arg == "shell" for word in node.keywords):
        return "shell="
    if isinstance(node.func, ast.Name):
        return node.func.id if node.func.id in RUNS_TEXT else None
    if not isinstance(node.func, ast.Attribute):
        return None
    called, owner = node.func.attr, node.func.value
    if isinstance(owner, ast.Name) and owner.id == "re" and called != "escape":
        # A pattern is a constant of the module, or one of a constant list of them.
        names = {name.id for name in ast.walk(node.args[0]) if isinstance(name, ast.Name)}
        return None if all(name.lstrip("_").isupper() or name == "said" for name in names) else f"re.{called}"
    is_os = isinstance(owner, ast.Name) and owner.id in ("os", "subprocess", "builtins")
    return called if called == "from_string" or (is_os and called in RUNS_TEXT) else None


def test_no_script_of_ours_makes_markup_or_code_of_a_text() -> None:
    found = {
        file.name: MAKES_MARKUP.findall(file.read_text(encoding="utf-8"))
        for file in STATIC.glob("*.js")
        if MAKES_MARKUP.search(file.read_text(encoding="utf-8"))
    }

    assert found == {}


@pytest.mark.parametrize("break_", ["\r\n", "\n", "\r"])
def test_a_line_break_in_what_is_told_makes_no_second_header_of_a_mail(break_: str) -> None:
    mail = Mail(MailSettings("127.0.0.1", 25, "none", "a@b.example", ("c@d.example",)))
    message = {
        "subject": f"事故の速報{break_}Bcc: x@y.example",
        "body": "本文\n",
        "uuid": "019a2b3c-4d5e-7f60-8a1b-2c3d4e5f6a7b",
        "created_at": datetime(2026, 4, 1, tzinfo=UTC),
    }

    with pytest.raises(ValueError, match=r"linefeed or carriage return|header"):
        mail._written(message, "c@d.example")
    with pytest.raises(ValueError, match=r"linefeed or carriage return|header"):
        mail._written(message | {"subject": "事故の速報"}, f"c@d.example{break_}Bcc: x@y.example")
