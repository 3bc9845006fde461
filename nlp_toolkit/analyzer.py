"""The corridor: a text goes through every stage in order and comes out as a Document on its original characters."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from itertools import chain, compress
from pathlib import Path

import numpy as np

from nlp_toolkit.classify.codebook import Codebook
from nlp_toolkit.classify.cues import CueReport, cue_model, try_out
from nlp_toolkit.classify.model import ThemeModel, headings
from nlp_toolkit.classify.train import FOLDS, Example, Report
from nlp_toolkit.classify.train import train as fit
from nlp_toolkit.document import (
    DEFAULT_LAYERS,
    FRAME,
    JSON,
    LAYERS,
    SPAN_TYPES,
    THEMES,
    Decided,
    Document,
    Frame,
    Measure,
    Passage,
    Problem,
    Reference,
    S,
    Source,
    Span,
    Task,
    Theme,
    parse_day,
)
from nlp_toolkit.draft import Draft
from nlp_toolkit.errors import DataError
from nlp_toolkit.extract.agencies import AgencyExtractor
from nlp_toolkit.extract.agencies import layers as agency_layers
from nlp_toolkit.extract.dates import DateExtractor
from nlp_toolkit.extract.documents import DocumentExtractor, ReferenceExtractor
from nlp_toolkit.extract.frame import frame_of
from nlp_toolkit.extract.goals import GoalExtractor
from nlp_toolkit.extract.problems import ProblemExtractor, known
from nlp_toolkit.extract.quantities import QuantityExtractor
from nlp_toolkit.extract.tasks import TaskExtractor
from nlp_toolkit.lexicon import Hits, Lexicon, cue_layers
from nlp_toolkit.normalize import Normalized, normalize
from nlp_toolkit.segment import SEGMENTERS, Segmenter, passages, sentences, tokens

# Layers that are found only where they are asked for.
OPTIONAL: dict[str, QuantityExtractor | ReferenceExtractor] = {
    Measure.label: QuantityExtractor(),
    Reference.label: ReferenceExtractor(),
}


class Analyzer:
    """Takes Chinese policy texts apart. Make one and use it for many texts.

    Parameters
    ----------
    model
        The theme model; its codebook gives the themes and their cues.
    segmenter
        ``rjieba`` or ``jieba``: the same algorithm, the first about ten times as fast.
    layers
        The layers that documents come with (see :data:`nlp_toolkit.document.LAYERS`); all but ``quantities`` and ``references`` by default.
    """

    def __init__(
        self, model: ThemeModel, segmenter: Segmenter = "rjieba", layers: Iterable[str] = DEFAULT_LAYERS
    ) -> None:
        self.layers = frozenset(layers)
        if segmenter not in SEGMENTERS:
            raise ValueError(f"unknown segmenter {segmenter!r}; there are {' and '.join(SEGMENTERS)}")
        if unknown := self.layers - set(LAYERS):
            raise ValueError(f"unknown layer {min(unknown)!r}; there are {', '.join(LAYERS)}")
        self.model = model
        self.segmenter = segmenter
        # Each extractor reads what the ones before it found.
        self.extractors = (
            DocumentExtractor(),
            DateExtractor(),
            AgencyExtractor(),
            ProblemExtractor(),
            GoalExtractor(),
            TaskExtractor(),
        )
        self.lexicon = Lexicon(agency_layers() | cue_layers("goals") | cue_layers("problems") | model.codebook.layers())

    @property
    def codebook(self) -> Codebook:
        """The themes that this analyzer knows."""
        return self.model.codebook

    def restricted(self, codebook: str | Path) -> Analyzer:
        """This analyzer with only those themes that a codebook (TOML) has.

        Raises DataError where the codebook has one that the model does not know.
        """
        wanted = Codebook.load(codebook).ids
        if unknown := set(wanted) - set(self.codebook.ids):
            raise DataError(
                f"{codebook}: the model does not know the theme {min(unknown)!r}; train one that does: "
                f"nlp-toolkit train GOLD.jsonl -o MODEL --codebook {codebook}"
            )
        return Analyzer(self.model.restricted(wanted), self.segmenter, self.layers)

    def analyze(
        self, text: str, *, date: date | str | None = None, id: str = "", title: str | None = None,
        meta: JSON | None = None,
    ) -> Document:  # fmt: skip
        """Take one text apart.

        Parameters
        ----------
        text
            Any text; it is kept unchanged, and all offsets count its code points.
        date
            The document's date (a day, or ISO 8601), which 今年, 上半年 and 7月17日 are resolved against; without one
            the day that an official document is signed with, where it is.
        id, title, meta
            Kept in the result as they are; without a title, that of the text is taken. ``meta`` gets a ``frame`` where the
            text is an official document (see :class:`nlp_toolkit.document.Frame`) and none came with it.

        Raises
        ------
        ValueError
            If ``date`` is a string that is not an ISO 8601 day.

        Examples
        --------
        >>> import nlp_toolkit
        >>> doc = nlp_toolkit.load().analyze("到2025年，建成100个数据共享平台。", date="2023-03-01")
        >>> doc.goals[0].deadline, doc.goals[0].quantities[0].value
        (datetime.date(2025, 12, 31), 100.0)
        """
        day = parse_day(date) if isinstance(date, str) else date
        return self._analyzed([Source(text, id, day, title, meta or {})])[0]

    def pipe(self, texts: Iterable[str | Source]) -> Iterator[Document]:
        """Analyze texts or sources one after another, keeping no more of them in memory than pay.

        Several go through the corridor together, which takes a good deal less time than one by one: first one, then ever
        more, up to a hundred thousand characters. So the first document does not wait for others.
        """
        sources = (item if isinstance(item, Source) else Source(item) for item in texts)
        for batch in _batches(sources):
            yield from self._analyzed(batch)

    def _analyzed(self, sources: Sequence[Source]) -> list[Document]:
        """Take texts through all stages together."""
        drafts = self.drafts(sources)
        themes: list[list[tuple[Theme, ...]]] = [[()] * len(draft.passages) for draft in drafts]
        if THEMES in self.layers:
            themes = self.model.predict_all(drafts)
        if Problem.layer in self.layers:
            for draft, found in zip(drafts, self.model.classify_all(drafts), strict=True):
                problems = zip(draft.of(Problem), found, strict=True)
                draft.spans[Problem.label] = [replace(problem, themes=themes) for problem, themes in problems]
        for label, optional in OPTIONAL.items():
            if SPAN_TYPES[label].layer in self.layers:
                for draft in drafts:
                    draft.spans[label] = list(optional.find(draft))
        return [self._finished(*each) for each in zip(drafts, themes, sources, strict=True)]

    def _finished(self, draft: Draft, themes: list[tuple[Theme, ...]], source: Source) -> Document:
        kinds = SPAN_TYPES | {Task.label: Task}
        frame = frame_of(draft)
        draft.spans = {label: spans for label, spans in draft.spans.items() if kinds[label].layer in self.layers}
        return _finish(draft, themes, frame, source)

    def draft(self, text: str, day: date | None = None) -> Draft:
        """All layers but the themes, in normalised coordinates: what models are trained on."""
        return self.drafts([Source(text, date=day)])[0]

    def drafts(self, sources: Sequence[Source]) -> list[Draft]:
        """The drafts of several texts, which take every stage together."""
        normalized = [normalize(source.text) for source in sources]
        words = [tokens(one.text, self.segmenter) for one in normalized]
        hits = [self.lexicon.find(one.text) for one in normalized]
        drafts = [
            _lined(source, one, inside, found)
            for source, one, inside, found in zip(sources, normalized, words, hits, strict=True)
        ]
        self.model.read(drafts)
        for draft in drafts:
            draft.heard = self.model.hear(draft)
        for extractor in self.extractors:
            for draft in drafts:
                for span in extractor.find(draft):
                    draft.spans.setdefault(span.label, []).append(span)
        return drafts


def _lined(source: Source, normalized: Normalized, words: list[tuple[str, str]], hits: Hits) -> Draft:
    """A draft with its passages and sentences."""
    lines = passages(normalized.text)
    bounds = sentences(normalized.text, lines)
    return Draft(source.text, normalized, source.date, lines, bounds, words, hits)


_BATCH = 100_000  # characters, and
_MOST_SOURCES = 256  # sources that go through the corridor together


def _batches(sources: Iterable[Source]) -> Iterator[list[Source]]:
    """Sources in groups, each about twice as large as the one before until they are large enough."""
    batch: list[Source] = []
    most, length = 1, 0
    for source in sources:
        batch.append(source)
        length += len(source.text)
        if len(batch) >= most or length >= _BATCH:
            yield batch
            batch, length, most = [], 0, min(2 * most, _MOST_SOURCES)
    if batch:
        yield batch


def _finish(draft: Draft, themes: list[tuple[Theme, ...]], frame: Frame | None, source: Source) -> Document:
    """The document in the coordinates of its source."""
    to_source = draft.normalized.alignment.to_source
    moves = draft.normalized.alignment.starts is not None
    text = source.text

    def moved_passage(passage: Passage, found: tuple[Theme, ...]) -> Passage:
        start, end = to_source(passage.start, passage.end)
        if found and moves:
            found = tuple(Theme(t.id, t.score, tuple(to_source(*place) for place in t.evidence)) for t in found)
        return Passage(start, end, text[start:end], passage.kind, passage.level, found)

    def moved_span(span: S) -> S:
        start, end = to_source(span.start, span.end)
        written = text[start:end]
        if moves and isinstance(span, Decided):
            span = replace(span, evidence=tuple(to_source(*place) for place in span.evidence))
        if moves or written != span.text:
            span = replace(span, start=start, end=end, text=written)
        return span

    lines = tuple(map(moved_passage, draft.passages, themes))
    tasks = tuple(map(moved_span, draft.of(Task)))
    found = (span for label in SPAN_TYPES for span in draft.spans.get(label, ()))
    spans = sorted(map(moved_span, found), key=_reading_order)
    bounds = tuple(to_source(*bound) for bound in draft.sentences) if moves else tuple(draft.sentences)
    ends, tags = _tokens(draft, [at for span in spans for at in (span.start, span.end)], bounds)
    title = source.title or (frame and frame.title) or next((p.text.strip() for p in lines if p.kind == "title"), None)
    meta = source.meta
    if frame is not None and FRAME not in meta:
        places = {part: tuple(to_source(*place) for place in found) for part, found in frame.places.items()}
        meta = {**meta, FRAME: replace(frame, places=places).to_dict()}
    return Document(
        text=text,
        id=source.id,
        title=title,
        date=draft.date,
        script=draft.script,
        passages=lines,
        sentence_bounds=bounds,
        token_ends=ends,
        token_tags=tags,
        spans=tuple(spans),
        meta=meta,
        tasks=tasks,
    )


def _reading_order(span: Span) -> tuple[int, int, str]:
    return span.start, -span.end, span.label


def _tokens(
    draft: Draft, cuts: list[int], bounds: Iterable[tuple[int, int]]
) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Ends and tags of the tokens in source coordinates, cut wherever a span or a sentence begins or ends."""
    alignment, length = draft.normalized.alignment, len(draft.original)
    ends, tags = draft.token_ends, draft.tags
    if alignment.ends is not None and len(ends):
        ends = np.frombuffer(alignment.ends, np.int64)[ends - 1]
        ends[-1] = length  # invisible characters at the very end belong to the last token
        first = np.diff(ends, prepend=0) > 0  # the first token that ends at a place keeps its tag
        ends, tags = ends[first], list(compress(tags, first))
    elif length and not len(ends):
        ends, tags = np.array([length]), ["x"]
    wanted = np.unique(np.fromiter(chain(cuts, chain.from_iterable(bounds)), np.int64))
    wanted = wanted[(wanted > 0) & (wanted < length)]
    places = ends.searchsorted(wanted)
    missing = ends[places] != wanted
    pieces: list[str] = []
    at = 0
    for place in places[missing].tolist():
        pieces += tags[at:place]
        pieces.append(tags[place])
        at = place
    pieces += tags[at:]
    return tuple(np.insert(ends, places[missing], wanted[missing]).tolist()), tuple(pieces)


def segmented(text: str, segmenter: Segmenter = "rjieba") -> list[list[tuple[str, str]]]:
    """The words of each sentence with their part of speech, without white space, in the text's own characters.

    >>> segmented("推進智慧城市建設。")
    [[('推進', 'v'), ('智慧城市', 'n'), ('建設', 'vn'), ('。', 'x')]]
    """
    normalized = normalize(text)
    lines = passages(normalized.text)
    bounds = sentences(normalized.text, lines)
    draft = Draft(text, normalized, None, lines, bounds, tokens(normalized.text, segmenter), Hits({}))
    source_bounds = [normalized.alignment.to_source(*bound) for bound in bounds]
    ends, tags = _tokens(draft, [], source_bounds)
    result: list[list[tuple[str, str]]] = []
    at = 0
    for first, last in source_bounds:
        at = bisect_right(ends, first, at)
        words = []
        while at < len(ends) and ends[at] <= last:
            word = text[max(first, ends[at - 1] if at else 0) : ends[at]]
            if not word.isspace():
                words.append((word, tags[at]))
            at += 1
        result.append(words)
    return result


@cache
def load(
    model: str | Path | None = None, segmenter: Segmenter = "rjieba", layers: tuple[str, ...] = DEFAULT_LAYERS
) -> Analyzer:
    """The analyzer with the given theme model (a folder), or with the one that comes with the toolkit.

    Loaded once for each pair of arguments. Raises DataError where the model cannot be read.
    """
    return Analyzer(ThemeModel.load(model), segmenter, layers)


def train(gold: Iterable[Document], codebook: Codebook) -> tuple[ThemeModel, Report | CueReport]:
    """A model trained on gold: on its passages, and on its problem spans and clauses where it has them.

    From fewer documents than there are folds nothing can be learned: then the model is made from the codebook alone,
    and the report is a CueReport.

    Raises DataError where the gold has no theme at all, or the codebook nothing to go by.
    """
    gold = list({document.id: document for document in gold}.values())
    if len(gold) < FOLDS:
        return _cue_model(gold, codebook)
    analyzer = Analyzer(ThemeModel.untrained(codebook))
    examples = list(_codebook_examples(analyzer))
    for document in gold:
        examples += _examples(document, analyzer.draft(document.text, document.date))
    return fit(examples, codebook, sorted([*codebook.layers(), *cue_layers("problems")]))


def _cue_model(gold: list[Document], codebook: Codebook) -> tuple[ThemeModel, CueReport]:
    """The model that a codebook makes by itself, tried on its own examples and on what gold there is."""
    problems = ThemeModel.load()
    model = cue_model(codebook, problems)
    analyzer = Analyzer(model)
    labelled = []
    for document in gold:
        draft = analyzer.draft(document.text, document.date)
        labelled.append((draft, [(n, frozenset(t.id for t in p.themes)) for n, p in _labelled(document, draft)]))
    return model, try_out(codebook, analyzer.draft, problems, labelled, len(gold))


def _labelled(gold: Document, draft: Draft) -> Iterator[tuple[int, Passage]]:
    """The numbers of the draft's passages that gold has, with gold's."""
    to_source = draft.normalized.alignment.to_source
    labelled = {passage.start: passage for passage in gold.passages}
    for number, passage in enumerate(draft.passages):
        wanted = labelled.get(to_source(passage.start, passage.end)[0])
        if wanted is not None:
            yield number, wanted


def _codebook_examples(analyzer: Analyzer) -> Iterator[Example]:
    """What the codebook says of its themes: cues and examples of each, and counter-examples without any theme."""
    for theme in analyzer.codebook.themes:
        for texts, themes in (((*theme.cues, *theme.include), {theme.id}), (theme.exclude, set[str]())):
            for text in texts:
                draft = analyzer.draft(text)
                yield Example(draft, (0, len(draft.text)), frozenset(themes))


def _examples(gold: Document, draft: Draft) -> Iterator[Example]:
    """The passages of a gold document, its problem spans and its clauses as examples to learn from."""
    alignment = draft.normalized.alignment
    contexts = headings(draft.passages)
    for number, wanted in _labelled(gold, draft):
        place = draft.passages[number].start, draft.passages[number].end
        themes = frozenset(theme.id for theme in wanted.themes)
        inner = tuple(s for s in draft.sentences if place[0] <= s[0] and s[1] <= place[1]) or (place,)
        yield Example(draft, place, themes, gold.id, contexts[number], inner)
    places = [alignment.to_normalized(problem.start, problem.end) for problem in gold.problems]
    for place, problem in zip(places, gold.problems, strict=True):
        yield Example(draft, place, frozenset(problem.themes), gold.id)
    yield from _clause_examples(gold, draft, places)


def _clause_examples(gold: Document, draft: Draft, problems: list[tuple[int, int]]) -> Iterator[Example]:
    """The clauses of which gold says whether they state a problem; where it only knows themes, a passage that is about
    none of them states no problem either."""
    lines = draft.passages
    if gold.meta.get("layers") == [THEMES]:
        judged = [(lines[n].start, lines[n].end) for n, wanted in _labelled(gold, draft) if not wanted.themes]
    else:
        judged = [(0, len(draft.text))] if gold.spans else []
    facts = known(draft, ProblemExtractor().told_by_cues(draft)).tolist()
    for clause, row in zip(draft.clauses, facts, strict=True):
        if any(start <= clause[0] and clause[1] <= end for start, end in judged):
            stated = any(_fills(place, clause) for place in problems)
            yield Example(draft, clause, document=gold.id, stated=stated, known=tuple(row))


def _fills(place: tuple[int, int], clause: tuple[int, int]) -> bool:
    """Whether a span and a clause share at least half of the shorter one."""
    shared = min(place[1], clause[1]) - max(place[0], clause[0])
    return shared * 2 >= min(place[1] - place[0], clause[1] - clause[0])
