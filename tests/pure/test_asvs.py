"""The README's list of OWASP ASVS 5.0.0 has every requirement of levels 1 and 2 once, and names tests that exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"
TESTS = Path(__file__).parents[1]

# The last requirement of level 1 or 2 in each section; those of level 3 alone come after it.
LAST = """
1.1:2 1.2:9 1.3:11 1.4:3 1.5:2 2.1:3 2.2:3 2.3:4 2.4:1 3.2:2 3.3:4 3.4:6 3.5:5 3.7:2 4.1:3 4.2:1
4.3:2 4.4:4 5.1:1 5.2:3 5.3:2 5.4:3 6.1:3 6.2:12 6.3:4 6.4:4 6.5:5 6.6:3 6.8:4 7.1:3 7.2:4 7.3:2
7.4:5 7.5:2 7.6:2 8.1:2 8.2:3 8.3:1 8.4:1 9.1:3 9.2:4 10.1:2 10.2:2 10.3:4 10.4:11 10.5:5 10.6:2
10.7:3 11.1:2 11.2:3 11.3:3 11.4:4 11.5:1 11.6:1 12.1:3 12.2:2 12.3:4 13.1:1 13.2:5 13.3:2 13.4:5
14.1:2 14.2:4 14.3:3 15.1:3 15.2:3 15.3:7 16.1:1 16.2:5 16.3:4 16.4:3 16.5:3 17.1:1 17.2:4 17.3:2
"""
REQUIRED = {
    (int(chapter), int(section), n)
    for chapter, section, last in re.findall(r"(\d+)\.(\d+):(\d+)", LAST)
    for n in range(1, int(last) + 1)
}
# What stands in the place of a test.
WORDS = {"does not apply"}
LINTED = re.compile(r"`make lint` \(ruff S\d{3}\)")


# What a service like this one has to be tried with.
ATTACKS = """
IDOR across sites, Privilege escalation, Mass assignment, Replay, double submit, CSRF, Fixation, theft of a session,
Brute force, XSS, Formula injection, PDF injection, Log injection, SQL injection, Barcode, Insider with the database,
Clock, Resource exhaustion
"""


def rows(of: str = "asvs:") -> list[tuple[str, str, str]]:
    """Each line of a list: what it is about, how it is met, what shows it."""
    found = re.search(rf"<!-- {of}.*?-->\n(.*?)<!-- end -->", README.read_text(encoding="utf-8"), re.DOTALL)
    assert found, "the README has lost its marker comments"
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in found[1].splitlines()[2:]]
    assert all(len(line) == 3 for line in cells), [line for line in cells if len(line) != 3]
    return [(about, how, shown) for about, how, shown in cells]


def numbers(about: str) -> list[tuple[int, ...]]:
    """The requirements that a row is about: one, several, from one to another, a section or a chapter."""
    if found := re.match(r"V(\d+)$|(\d+\.\d+)$", about):
        prefix = tuple(int(n) for n in (found[1] or found[2]).split("."))
        return sorted(one for one in REQUIRED if one[: len(prefix)] == prefix)
    result: list[tuple[int, ...]] = []
    for first, last in re.findall(r"(\d+\.\d+\.\d+)(?:–(\d+\.\d+\.\d+))?", about):
        chapter, section, start = map(int, first.split("."))
        end = int(last.rpartition(".")[2]) if last else start
        result += [(chapter, section, n) for n in range(start, end + 1)]
    return result


def names_of_tests() -> set[str]:
    return {
        node.name
        for path in TESTS.rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    }


def test_every_requirement_of_levels_1_and_2_stands_in_the_list_once() -> None:
    assert len(REQUIRED) == 253, "as many as the standard has"
    listed = [(number, "(level 3)" in about) for about, _, _ in rows() for number in numbers(about)]
    ours = [number for number, is_third in listed if not is_third]

    assert sorted(REQUIRED - set(ours)) == [], "missing"
    assert sorted(set(ours) - REQUIRED) == [], "of level 3, or none"
    assert len(listed) == len(set(listed)), "twice"
    assert not {number for number, is_third in listed if is_third} & REQUIRED


def test_the_list_is_in_the_order_of_the_numbers() -> None:
    firsts = [numbers(about)[0] for about, _, _ in rows()]

    assert firsts == sorted(firsts)


def test_every_row_names_tests_that_exist_or_says_why_there_is_none() -> None:
    known, wrong = names_of_tests(), []
    for about, how, shown in rows():
        named = re.findall(r"`(test_\w+)`", shown)
        rest = re.sub(r"`test_\w+`|, ", "", shown)
        if set(named) - known or bool(named) == bool(rest):
            wrong.append((about, shown))
        if rest and rest not in WORDS and not LINTED.fullmatch(rest):
            wrong.append((about, shown))
        if rest == "does not apply" and not (how and re.fullmatch(r"[V\d.,– ]+", about)):
            wrong.append((about, "says why in a few words"))

    assert wrong == []


def test_every_attack_has_its_line_and_tests_that_exist() -> None:
    listed = rows("attackers")
    shown = {about: re.findall(r"`(test_\w+)`", tests) for about, _, tests in listed}
    known = names_of_tests()

    assert " ".join(", ".join(shown).split()) == " ".join(ATTACKS.split())
    assert {test for tests in shown.values() for test in tests} - known == set()
    assert all(how and tests for (_, how, _), tests in zip(listed, shown.values(), strict=True))
