"""Whether any regular expression of the package is slower than linear, by attacks that each pattern itself suggests.

    python benchmarks/patterns.py [--attacks N] [--size CHARACTERS]

Every pattern that importing and running the package compiles is walked for texts that it almost matches: its branches
drawn at random, its repetitions made long, the last part left out. Each is repeated to ever
larger sizes and searched to the end. Prints the patterns whose cost a character grows, the worst first, with the attack;
with regexploit installed its verdict too (possessive repeats, which it does not know, are given to it as plain ones).
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import random
import re
import sys
import time
from collections.abc import Iterator
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser
from typing import Any

GROWTH = 2.0  # times the cost a character at the size four steps before: what is linear stays near 1
SLOW = 0.002  # seconds: what takes less is too short to judge
ENOUGH = 0.25  # seconds: what takes longer is not made longer still
LONG = 40  # how often a repetition is drawn at most


def patterns() -> dict[re.Pattern[str], str]:
    """All patterns that the package compiles, with the file and line that does."""
    found: dict[re.Pattern[str], str] = {}
    compile_one = re._compile  # type: ignore[attr-defined]

    def noted(pattern: Any, flags: int) -> Any:
        made = compile_one(pattern, flags)
        frame = sys._getframe(1)
        while frame.f_back is not None and frame.f_code.co_filename.endswith(("/re/__init__.py", "<string>")):
            frame = frame.f_back
        place = frame.f_code.co_filename.partition("nlp_toolkit/nlp_toolkit/")[2] or frame.f_code.co_filename
        if isinstance(made.pattern, str) and frame.f_globals.get("__name__", "").startswith("nlp_toolkit"):
            found.setdefault(made, f"{place.rpartition('nlp_toolkit/')[2]}:{frame.f_lineno}")
        return made

    re._compile = noted  # type: ignore[attr-defined]
    try:
        import nlp_toolkit

        for module in pkgutil.walk_packages(nlp_toolkit.__path__, "nlp_toolkit."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
        nlp = nlp_toolkit.load(layers=nlp_toolkit.document.LAYERS)
        nlp.analyze(
            "关于加强管理的通知\n国发〔2015〕50号\n到2025年，建成100个平台，避免重复建设。（省发展改革委牵头）",
            date="2015-06-01",
        )
    finally:
        re._compile = compile_one  # type: ignore[attr-defined]
    return found


def attack(parsed: Any, draw: random.Random) -> str:
    """A text that a parsed pattern matches or almost does: look-arounds, anchors and back references are passed over."""
    parts: list[str] = []
    for code, value in parsed:
        match code:
            case sre.LITERAL:
                parts.append(chr(value))
            case sre.NOT_LITERAL | sre.ANY:
                parts.append(draw.choice("中1a "))
            case sre.IN:
                parts.append(_of_set(value, draw))
            case sre.BRANCH:
                parts.append(attack(draw.choice(value[1]), draw))
            case sre.SUBPATTERN:
                parts.append(attack(value[3], draw))
            case sre.ATOMIC_GROUP:
                parts.append(attack(value, draw))
            case sre.MAX_REPEAT | sre.MIN_REPEAT | sre.POSSESSIVE_REPEAT:
                low, high, inner = value
                times = draw.choice([low, min(int(high), LONG)])
                parts += [attack(inner, draw) for _ in range(times)]
    return "".join(parts)


def _of_set(members: Any, draw: random.Random) -> str:
    """A character of a set; of a negated one a character that is not in it."""
    code, value = draw.choice([member for member in members if member[0] is not sre.NEGATE])
    negated = members[0][0] is sre.NEGATE
    match code:
        case sre.LITERAL if not negated:
            return chr(value)
        case sre.RANGE if not negated:
            return chr(draw.randint(*value))
        case sre.CATEGORY if not negated:
            return {sre.CATEGORY_DIGIT: "1", sre.CATEGORY_SPACE: " ", sre.CATEGORY_WORD: "中"}.get(value, "，")
    return draw.choice("中1a、")


def attacks(pattern: re.Pattern[str], count: int) -> Iterator[str]:
    """Texts that begin matches without ending them, to be repeated."""
    draw, parsed = random.Random(repr(pattern.pattern)), _parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE)
    for number in range(count):
        text = attack(parsed, draw) or "中"
        yield text[: draw.randint(1, len(text))] if number % 2 else text


def seconds(pattern: re.Pattern[str], text: str) -> float:
    """The time to find all that a pattern matches in a text."""
    begin = time.perf_counter()
    for _ in pattern.finditer(text):
        pass
    return time.perf_counter() - begin


def growth(pattern: re.Pattern[str], count: int, size: int) -> tuple[float, float, int, str]:
    """The worst growth of the cost a character, with the seconds and size where it was seen, and the attack."""
    worst = (0.0, 0.0, 0, "")
    for unit in attacks(pattern, count):
        costs: list[float] = []
        length = size // 64
        while length <= size and (not costs or costs[-1] * length < ENOUGH):
            text = (unit * (length // len(unit) + 1))[:length]
            costs.append(min(seconds(pattern, text), seconds(pattern, text)) / length)
            length *= 2
        length //= 2
        if costs[-1] * length >= SLOW and len(costs) > 1:
            worst = max(worst, (costs[-1] / costs[max(0, len(costs) - 5)], costs[-1] * length, length, unit[:60]))
    return worst


def exploitable(pattern: re.Pattern[str]) -> str | None:
    """What regexploit says of a pattern; None where it finds nothing or is not installed."""
    try:
        from regexploit.ast.sre import SreOpParser
        from regexploit.redos import find
    except ImportError:
        return None
    plain = re.sub(r"(?<!\\)([*+?}])\+", r"\1", pattern.pattern).replace("(?>", "(?:")
    try:
        found = max(find(SreOpParser().parse_sre(plain)), key=lambda redos: redos.starriness, default=None)
    except (AttributeError, ValueError, re.error) as error:
        return f"not read by regexploit ({error})"
    return f"regexploit: starriness {found.starriness}" if found is not None and found.starriness > 2 else None


def main() -> None:
    """Print what grows, and how many patterns were looked at."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--attacks", type=int, default=24)
    parser.add_argument("--size", type=int, default=100_000)
    given = parser.parse_args()
    every, rows = patterns(), []
    for pattern, place in every.items():
        rows.append((*growth(pattern, given.attacks, given.size), place))
        if verdict := exploitable(pattern):
            print(f"{place:40} {verdict}")
    bad = sorted((row for row in rows if row[0] >= GROWTH), reverse=True)
    for ratio, spent, length, text, place in bad:
        print(f"{place:40} {ratio:5.1f} times the cost a character; {spent:.2f} s at {length:,} of {text!r}…")
    print(f"{len(every)} patterns, {len(bad)} slower than linear")


if __name__ == "__main__":
    main()
