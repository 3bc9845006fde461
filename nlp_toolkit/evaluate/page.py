"""An assessment as one self-contained page: no script, nothing from elsewhere, every text escaped.

The colours are those of Okabe and Ito (2008), which colour-blind readers can tell apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from nlp_toolkit.evaluate.confusions import KINDS, Confusion, Example, printable
from nlp_toolkit.evaluate.intervals import Interval
from nlp_toolkit.evaluate.reliability import Reliability
from nlp_toolkit.evaluate.report import Report
from nlp_toolkit.evaluate.scores import Counts, f1
from nlp_toolkit.version import __version__

_MOST_CONFUSIONS = 40
_BAR = 160  # width of a bar in pixels
_SIDE = 220  # of a reliability diagram

_STYLE = """
:root { color-scheme: light dark; --line: #8886; --bar: #0072b2; --gap: #d55e00; --quiet: #8882 }
body { font: 15px/1.5 system-ui, "Noto Sans CJK SC", sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; margin: .5rem 0 1.5rem }
.wide { overflow-x: auto }
th, td { white-space: nowrap; padding: .2rem .6rem; text-align: right; border-bottom: 1px solid var(--line); vertical-align: top }
th:first-child, td:first-child, .text { text-align: left }
svg { vertical-align: middle } svg text { font-size: 11px; fill: currentColor }
details { border-left: 3px solid var(--line); margin: .4rem 0; padding: 0 .8rem } summary { cursor: pointer }
mark { background: #e69f0066; color: inherit } .quiet { opacity: .7 } .examples li { margin: .3rem 0 }
.diagrams { display: flex; flex-wrap: wrap; gap: 2rem }
@media print { details { break-inside: avoid } }
"""


def page_of(report: Report, gold: str) -> str:
    """The page for an assessment; ``gold`` names what was compared with.

    >>> from nlp_toolkit.evaluate.report import assess
    >>> "<script>" in page_of(assess([], []), "<script>")
    False
    """
    name = _text(gold)
    return "\n".join([
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        f"<title>Evaluation 评测 · {name}</title><style>{_STYLE}</style></head><body>",
        f"<h1>Evaluation 评测</h1><p>{name}: {report.documents} documents. In brackets and as whiskers: 95% intervals,",
        f"{report.resamples} bootstrap resamples of documents (seed {report.seed}). nlp_toolkit {__version__}.</p>",
        *_layers(report),
        *_themes(report),
        *_confusions(report.confusions),
        *_reliabilities(report.reliability),
        "</body></html>",
        "",
    ])  # fmt: skip


def _text(text: str) -> str:
    return escape(printable(text))


def _table(header: str, rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """A table from cells that are HTML already."""
    yield '<div class="wide"><table><thead><tr>' + "".join(f"<th>{cell}</th>" for cell in header.split("|"))
    yield "</tr></thead><tbody>"
    yield from ("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    yield "</tbody></table></div>"


def _layers(report: Report) -> Iterator[str]:
    yield "<h2>Layers 各层</h2>"

    def row(label: str, counts: Counts) -> Iterator[str]:
        exact, overlap = report.intervals.exact[label], report.intervals.overlap[label]
        yield from (_text(label), str(counts.gold), str(counts.predicted))
        yield _figure(f1(counts.exact, counts.predicted, counts.gold)[2], exact["f1"])
        for name, figure in zip(("p", "r", "f1"), f1(counts.overlap, counts.predicted, counts.gold), strict=True):
            yield _figure(figure, overlap[name])
        yield _bar(f1(counts.overlap, counts.predicted, counts.gold)[2], overlap["f1"])
        yield _figure(counts.values / counts.overlap, report.intervals.values[label]) if counts.overlap else "-"

    yield from _table(
        "label|gold 标注|found 识别|exact F1|P|R|F1 (overlap)||values 属性值",
        (row(*item) for item in sorted(report.scores.spans.items())),
    )


def _themes(report: Report) -> Iterator[str]:
    data = report.scores.to_dict()["themes"]
    yield f"<h2>Themes 主题</h2><p>micro F1 {_figure(data['micro_f1'], report.intervals.micro)}"
    yield f" · macro F1 {_figure(data['macro_f1'], report.intervals.macro)}</p>"

    def row(theme: str, counts: Counts) -> Iterator[str]:
        intervals = report.intervals.themes[theme]
        figures = f1(counts.exact, counts.predicted, counts.gold)
        yield from (_text(theme), str(counts.gold), str(counts.predicted))
        yield from (_figure(x, intervals[name]) for name, x in zip(("p", "r", "f1"), figures, strict=True))
        yield _bar(figures[2], intervals["f1"])

    yield from _table(
        "theme|gold 标注|found 识别|P|R|F1|", (row(*item) for item in sorted(report.scores.themes.items()))
    )


def _figure(figure: float | None, interval: Interval | None) -> str:
    if figure is None:
        return "-"
    around = f' <span class="quiet">[{interval.low:.2f}, {interval.high:.2f}]</span>' if interval else ""
    return f"{figure:.3f}{around}"


def _bar(figure: float, interval: Interval | None) -> str:
    """A bar with a whisker."""
    whisker = ""
    if interval is not None:
        low, high = interval.low * _BAR, interval.high * _BAR
        whisker = f'<path d="M{low:.1f} 7H{high:.1f}M{low:.1f} 3V11M{high:.1f} 3V11" stroke="currentColor"/>'
    return (
        f'<svg width="{_BAR + 2}" height="14" role="img" aria-label="{figure:.3f}"><rect width="{_BAR}" height="14" '
        f'fill="var(--quiet)"/><rect width="{figure * _BAR:.1f}" height="14" fill="var(--bar)" opacity=".6"/>{whisker}</svg>'
    )


def _confusions(confusions: list[Confusion]) -> Iterator[str]:
    if not confusions:
        return
    yield "<h2>Worst confusions 主要错误</h2><ul>"
    yield from (f"<li>{kind}: {meaning}</li>" for kind, meaning in KINDS.items())
    yield "</ul>"
    for confusion in confusions[:_MOST_CONFUSIONS]:
        yield f"<details><summary>{confusion.count} × {confusion.kind}: {_text(confusion.gold)} → "
        yield f'{_text(confusion.predicted)}</summary><ul class="examples">'
        yield from (_example(example) for example in confusion.examples)
        yield "</ul></details>"
    if len(confusions) > _MOST_CONFUSIONS:
        yield f"<p>… and {len(confusions) - _MOST_CONFUSIONS} more kinds (--json has them all).</p>"


def _example(example: Example) -> str:
    score = "" if example.score is None else f" (score {example.score:.2f})"
    return (
        f"<li>{_text(example.before)}<mark>{_text(example.text)}</mark>{_text(example.after)}<br>"
        f'<span class="quiet">{_text(example.document)} {example.start}–{example.end}: {_text(example.gold)} → '
        f"{_text(example.predicted)}{score}</span></li>"
    )


def _reliabilities(reliabilities: dict[str, Reliability]) -> Iterator[str]:
    if not reliabilities:
        return
    yield "<h2>Reliability of scores 得分可靠性</h2><p>A point a tenth of scores: on the line, scores are right as often"
    yield ' as they say; below it, they say too much. Larger points stand for more.</p><div class="diagrams">'
    for name, each in reliabilities.items():
        yield f"<section><h3>{_text(name)} · error {each.error:.3f}</h3>{_diagram(each)}"
        rows = (
            (f"{b.low:.1f}–{b.high:.1f}", str(b.count), f"{b.score:.3f}", f"{b.right:.3f}") for b in each.bins
        )  # fmt: skip
        yield from _table("score|given 数量|mean 平均|right 正确率", rows)
        yield "</section>"
    yield "</div>"


def _diagram(reliability: Reliability) -> str:
    most = max((each.count for each in reliability.bins), default=1)
    points = "".join(
        f'<circle cx="{each.score * _SIDE:.1f}" cy="{(1 - each.right) * _SIDE:.1f}" '
        f'r="{3 + 7 * (each.count / most) ** 0.5:.1f}" fill="var(--gap)" opacity=".8"/>'
        for each in reliability.bins
    )
    return (
        f'<svg width="{_SIDE + 24}" height="{_SIDE + 24}" viewBox="-12 -12 {_SIDE + 24} {_SIDE + 24}" role="img" '
        f'aria-label="reliability diagram"><path d="M0 0V{_SIDE}H{_SIDE}" fill="none" stroke="currentColor"/>'
        f'<path d="M0 {_SIDE}L{_SIDE} 0" stroke="var(--line)"/>{points}</svg>'
    )
