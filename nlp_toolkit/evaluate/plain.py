"""An assessment as lines for the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from nlp_toolkit.document import THEMES
from nlp_toolkit.evaluate.confusions import Confusion
from nlp_toolkit.evaluate.intervals import Interval
from nlp_toolkit.evaluate.reliability import Reliability
from nlp_toolkit.evaluate.report import Report
from nlp_toolkit.evaluate.scores import f1

_MOST_CONFUSIONS, _MOST_EXAMPLES = 10, 2  # shown; --json and --html have more


def lines_of(report: Report) -> Iterator[str]:
    """The lines, without line ends.

    >>> from nlp_toolkit.evaluate.report import assess
    >>> next(lines_of(assess([], [])))
    'label             gold  found  exact F1  overlap P      R     F1      95%        values'
    """
    yield from _layers(report)
    yield from _themes(report)
    for title, kinds in (("spans", ("missed", "false", "bounds", "label", "value")), (THEMES, ("theme",))):
        wanted = [confusion for confusion in report.confusions if confusion.kind in kinds]
        if wanted:
            yield from ("", f"worst confusions of {title}:")
            for confusion in wanted[:_MOST_CONFUSIONS]:
                yield from _confusion(confusion)
            if len(wanted) > _MOST_CONFUSIONS:
                yield f"  … and {len(wanted) - _MOST_CONFUSIONS} more kinds (--json, --html)"
    for name, each in report.reliability.items():
        yield from _reliability(name, each)


def _layers(report: Report) -> Iterator[str]:
    yield (
        f"{'label':16}{'gold':>6}{'found':>7}{'exact F1':>10}{'overlap P':>11}{'R':>7}{'F1':>7}{'95%':>9}{'values':>14}"
    )
    for label, counts in sorted(report.scores.spans.items()):
        exact = f1(counts.exact, counts.predicted, counts.gold)[2]
        p, r, overlap = f1(counts.overlap, counts.predicted, counts.gold)
        values = f"{counts.values / counts.overlap:.3f}" if counts.overlap else "-"
        yield (
            f"{label:16}{counts.gold:>6}{counts.predicted:>7}{exact:>10.3f}{p:>11.3f}{r:>7.3f}{overlap:>7.3f}"
            f"  {_between(report.intervals.overlap[label]['f1'])}{values:>9}"
        )


def _themes(report: Report) -> Iterator[str]:
    data = report.scores.to_dict()["themes"]
    macro = "-" if data["macro_f1"] is None else f"{data['macro_f1']:.3f} {_between(report.intervals.macro)}"
    yield f"themes: micro F1 {data['micro_f1']:.3f} {_between(report.intervals.micro)}, macro F1 {macro}"
    for theme, counts in sorted(report.scores.themes.items()):
        p, r, both = f1(counts.exact, counts.predicted, counts.gold)
        yield (
            f"  {theme:28}{counts.gold:>5} gold {counts.predicted:>5} found   P {p:.3f}  R {r:.3f}  F1 {both:.3f} "
            f"{_between(report.intervals.themes[theme]['f1'])}"
        )


def _between(interval: Interval | None) -> str:
    return f"{'':13}" if interval is None else f"[{interval.low:.3f} {interval.high:.3f}]"


def _confusion(confusion: Confusion) -> Iterator[str]:
    yield f"  {confusion.count:>4}  {confusion.kind:7} {confusion.gold} → {confusion.predicted}"
    for example in confusion.examples[:_MOST_EXAMPLES]:
        values = f"   {example.gold} → {example.predicted}" if example.gold != example.predicted else ""
        text = f"{example.before}【{example.text}】{example.after}" if confusion.kind != "theme" else example.text
        yield f"          {example.document} {example.start}-{example.end}: {text}{values}"


def _reliability(name: str, reliability: Reliability) -> Iterator[str]:
    yield from ("", f"scores of {name} (calibration error {reliability.error:.3f}):")
    yield f"  {'score':>9}{'given':>8}{'mean':>8}{'right':>8}"
    for each in reliability.bins:
        yield f"  {each.low:>4.1f}-{each.high:<4.1f}{each.count:>8}{each.score:>8.3f}{each.right:>8.3f}"
