"""The commands: they read their arguments, call the rooms, and say what went wrong in one line each.

Exit status: 0 all done; 1 some inputs failed (each named on standard error); 2 the call was wrong.
"""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext, suppress
from dataclasses import asdict
from datetime import date
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import click
import orjson

from nlp_toolkit.batch.views import RESULT_FORMATS, VIEWS
from nlp_toolkit.document import DEFAULT_LAYERS, LAYERS, Document, Source, parse_day
from nlp_toolkit.errors import DataError, InputError, PolicyError
from nlp_toolkit.segment import SEGMENTERS
from nlp_toolkit.version import __version__
from nlp_toolkit.write import FORMATS, WRITERS, format_of, whole_file
from nlp_toolkit.write import write as write_documents

DONE, SOME_FAILED, WRONG_CALL, STOPPED = 0, 1, 2, 130
# The signals that end a program; unlike Ctrl-C, they would do so at once, with unfinished files left behind.
_STOPS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
_REMEDIES = dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), "free some space, or write to another place")

_inputs = click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
_gold = click.argument("gold", nargs=-1, required=True, metavar="GOLD...")
_output = click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="File to write.")
_model = click.option("-m", "--model", type=click.Path(path_type=Path), help="Folder of a trained theme model.")
_segmenter = click.option(
    "--segmenter", type=click.Choice(SEGMENTERS), default=SEGMENTERS[0], show_default=True,
    help="Both run jieba's algorithm; rjieba is faster.",
)  # fmt: skip
_READING = (
    click.option("--encoding", metavar="NAME", help="Encoding of the texts, such as gb18030; found if not given."),
    click.option("--text-column", metavar="NAME", help="Column of a table (CSV, XLSX, Parquet) that has the texts."),
    click.option("--id-column", metavar="NAME", help="Column of a table that has the ids."),
    click.option("--date-column", metavar="NAME", help="Column of a table that has the dates."),
)


def _reading(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say how its inputs are to be read."""
    for option in reversed(_READING):
        command = option(command)
    return command


class _Day(click.ParamType[date]):
    """A day written as ISO 8601."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        try:
            return value if isinstance(value, date) else parse_day(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class _Layers(click.ParamType[tuple[str, ...]]):
    """Names of layers with commas between them."""

    name = "layers"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        if isinstance(value, tuple):
            return value
        names = tuple(dict.fromkeys(part.strip() for part in value.split(",") if part.strip()))
        if names == ("all",):
            return LAYERS
        if unknown := set(names) - set(LAYERS):
            self.fail(f"unknown layer {min(unknown)!r}; there are {', '.join(LAYERS)}", param, ctx)
        return names


_codebook = click.option(
    "-c", "--codebook", type=click.Path(path_type=Path), help="Codebook (TOML) whose themes are wanted."
)
_layers = click.option(
    "-l",
    "--layers",
    type=_Layers(),
    default=",".join(DEFAULT_LAYERS),
    show_default=True,
    help="Layers wanted, with commas; `quantities` and `references` too, or `all`.",
)


class _Failures:
    """Counts the inputs that failed and names each on standard error."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, error: Exception) -> None:
        self.count += 1
        click.echo(f"nlp-toolkit: {error}", err=True)

    def leave(self) -> None:
        """End the program with the status that the failures call for."""
        sys.exit(SOME_FAILED if self.count else DONE)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="nlp-toolkit")
def cli() -> None:
    """Take Chinese policy writing apart: dates, agencies, documents, goals, problems, themes.

    INPUT is a file, a folder, a glob, or - for standard input.
    """


@cli.command()
@_inputs
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File, folder or .zip to write.")
@click.option("-f", "--format", "format_name", type=click.Choice(FORMATS), help="Format to write.")
@click.option("-d", "--date", "day", type=_Day(), help="Date of the texts that do not bring their own (YYYY-MM-DD).")
@_segmenter
@_model
@_codebook
@_layers
@_reading
def annotate(
    inputs: tuple[str, ...], output: Path | None, format_name: str | None, day: date | None, segmenter: str,
    model: Path | None, codebook: Path | None, layers: tuple[str, ...], **reading: str | None,
) -> None:  # fmt: skip
    """Annotate texts with the layers wanted.

    Without -o, a terminal gets a coloured view and anything else JSON lines. Formats that make several files (csv, parquet,
    brat; label-studio with its labelling interface) are written into a folder or a .zip.
    """
    name = _format(output, format_name)
    _spare_inputs(inputs, output)
    failures = _Failures()
    analyzer = _analyzer(model, segmenter, codebook, layers)
    documents = _analyzed(_sources(inputs, failures, reading), lambda s: analyzer.analyze(
        s.text, date=s.date or day, id=s.id, title=s.title, meta=s.meta), failures, "annotated")  # fmt: skip
    if output is None:
        WRITERS[name](documents, _standard_output())
        sys.stdout.flush()
    elif (every := _any(documents)) is not None:
        write_documents(every, output, name)
    failures.leave()


@cli.command()
@_inputs
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder of the corpus."
)
@click.option("-d", "--date", "day", type=_Day(), help="Date of the texts that do not bring their own (YYYY-MM-DD).")
@_segmenter
@_model
@_codebook
@_layers
@click.option("-w", "--workers", type=click.IntRange(1), help="Processes that work at once; one a core if not given.")
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    default=60.0,
    show_default=True,
    help="Seconds for a document of up to 100,000 characters; a longer one gets as much more.",
)
@click.option("--memory", type=click.IntRange(1), default=2048, show_default=True, help="MiB for a document.")
@click.option("--dedupe", is_flag=True, help="Leave out documents that are copies or near copies of others.")
@click.option("--refresh", is_flag=True, help="Do everything again, also what has not changed.")
@click.option("--retry", is_flag=True, help="Try again what failed before.")
@click.option("--log-json", is_flag=True, help="Tell on standard error how it goes, in lines of JSON.")
@_reading
def batch(
    inputs: tuple[str, ...], output: Path, day: date | None, segmenter: str, model: Path | None, codebook: Path | None,
    layers: tuple[str, ...], workers: int | None, timeout: float, memory: int, dedupe: bool, refresh: bool, retry: bool,
    log_json: bool, **reading: str | None,
) -> None:  # fmt: skip
    """Bring a folder of Parquet tables, with a database over them, up to date with texts.

    Only what is new or changed is done; a run that was broken off is gone on with. `nlp-toolkit query` asks the tables.
    """
    from nlp_toolkit.batch.settings import Analysis, Limits, Settings, cores
    from nlp_toolkit.read.options import ReadOptions

    analysis = Analysis(layers, segmenter, model, codebook, day, ReadOptions(**reading))  # type: ignore[arg-type]
    settings = Settings(analysis, Limits(timeout, memory << 20), workers or cores(), dedupe, refresh, retry)
    sys.exit(DONE if _run_local(inputs, output, settings, log_json) else SOME_FAILED)


def _run_local(inputs: tuple[str, ...], output: Path, settings: Any, log_json: bool) -> bool:
    """Run a batch on this machine; whether nothing failed."""
    from nlp_toolkit.batch import job
    from nlp_toolkit.batch.progress import JsonLines, Quiet, Terminal

    watch = JsonLines() if log_json else Terminal() if sys.stderr.isatty() else Quiet()
    try:
        with watch.live() if isinstance(watch, Terminal) else nullcontext():
            summary = job.run(inputs, output, settings, watch)
    except KeyboardInterrupt:
        click.echo("nlp-toolkit: stopped; what is done is kept, and the same command goes on", err=True)
        sys.exit(STOPPED)
    if isinstance(watch, JsonLines):
        watch.log("end", **asdict(summary))
    else:
        click.echo(summary.told(output), err=True)
    return summary.whole


@cli.command()
@click.argument("corpus", type=click.Path(path_type=Path, file_okay=False))
@click.argument("sql", required=False)
@click.option("-p", "--preset", type=click.Choice(sorted(VIEWS)), help="A usual question instead of SQL.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="File to write (.csv, .parquet).")
@click.option("-f", "--format", "format_name", type=click.Choice(RESULT_FORMATS), help="Format to write.")
def query(corpus: Path, sql: str | None, preset: str | None, output: Path | None, format_name: str | None) -> None:
    """Ask the tables that `batch` has made: a SELECT in DuckDB's SQL, or a preset.

    `SHOW TABLES` names the tables and views, `DESCRIBE goals` the columns of one. A terminal gets a table, anything else CSV.
    The tables are only read.
    """
    from nlp_toolkit.batch import query as results
    from nlp_toolkit.batch import store

    if (sql is None) == (preset is None):
        raise click.UsageError("give a SELECT, or a --preset: " + ", ".join(sorted(VIEWS)))
    name = format_name or ("table" if sys.stdout.isatty() else "csv")
    if output is None and name == "parquet":
        raise click.UsageError("parquet is no text; name a file with -o")
    with store.connect(corpus) as connection:
        result = store.select(connection, sql or f"SELECT * FROM {preset}")
        if output is not None:
            results.write(result, output, format_name)
        else:
            results.WRITERS[name](result, sys.stdout.buffer)


@cli.command()
@_inputs
@_output
@_segmenter
@click.option("--pos", is_flag=True, help="Append the part of speech to each word: 数据/n.")
@_reading
def segment(inputs: tuple[str, ...], output: Path | None, segmenter: str, pos: bool, **reading: str | None) -> None:
    """Cut texts into words: one sentence a line, an empty line after each document."""
    from nlp_toolkit.analyzer import segmented

    _spare_inputs(inputs, output)
    failures = _Failures()
    sources = _sources(inputs, failures, reading)
    texts = _analyzed(sources, lambda s: segmented(s.text, segmenter), failures, "segmented")  # type: ignore[arg-type]

    def write_words(documents: Iterable[Any], stream: BinaryIO) -> None:
        for sentences in documents:
            for words in sentences:
                line = " ".join(f"{word}/{tag}" if pos else word for word, tag in words)
                stream.write(line.encode("utf-8", "backslashreplace") + b"\n")
            stream.write(b"\n")

    _deliver(texts, output, write_words)
    failures.leave()


@cli.command()
@_inputs
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), required=True, help="Gold to write (.jsonl)."
)
@click.option(
    "--values",
    type=click.Path(path_type=Path),
    help="Annotated documents (.jsonl) whose values spans without any get, such as doccano's.",
)
def convert(inputs: tuple[str, ...], output: Path, values: Path | None) -> None:
    """Turn exports of brat, doccano and Label Studio into gold.

    INPUT is brat's folder, doccano's JSONL, Label Studio's JSON, or a .zip of one. What gold has no place for is named.
    """
    from nlp_toolkit.convert import Summary, read_values
    from nlp_toolkit.convert import convert as converted

    _spare_inputs(inputs, output)
    failures, summary = _Failures(), Summary()

    def write_lines(lines: Iterable[Any], stream: BinaryIO) -> None:
        stream.writelines(orjson.dumps(line) + b"\n" for line in lines)

    known = read_values(values) if values is not None else None
    _deliver(converted(inputs, failures, known, summary), output, write_lines)
    if summary.documents:
        click.echo(f"{output}: {summary.documents} documents with {summary.spans} spans", err=True)
    if summary.without_values:
        click.echo(
            f"{summary.without_values} spans came without values; --values gives them where they did not move", err=True
        )
    failures.leave()


@cli.command()
@click.argument("gold", nargs=-1, metavar="[GOLD...]")
@click.option("-o", "--output", type=click.Path(path_type=Path, file_okay=False), required=True, help="Model folder.")
@click.option("-c", "--codebook", type=click.Path(path_type=Path), help="Codebook (TOML) with the themes to learn.")
def train(gold: tuple[str, ...], output: Path, codebook: Path | None) -> None:
    """Train a model on gold and say how well it does on folds it was not trained on.

    With a codebook and no gold, or too little to learn from, the model goes by the codebook's cues, examples and
    definitions alone, and says how sure that is.

    Documents whose "split" is "test" are left out: they are for `evaluate --split test`.
    """
    from nlp_toolkit.analyzer import train as train_model
    from nlp_toolkit.classify.codebook import Codebook
    from nlp_toolkit.classify.cues import CueReport
    from nlp_toolkit.classify.cues import card as card_of_cues
    from nlp_toolkit.classify.train import card
    from nlp_toolkit.evaluate import HELD_OUT, read_gold

    if not gold and codebook is None:
        raise click.UsageError("name gold to train on, or a codebook to start from without any (--codebook mine.toml)")
    book = Codebook.load(codebook)
    documents = [
        document for path in gold for document in read_gold(path, book.ids) if document.meta.get("split") != HELD_OUT
    ]
    model, report = train_model(documents, book)
    model.save(output, card_of_cues(model, report) if isinstance(report, CueReport) else card(model, report))
    first, *others = report.lines()
    click.echo("\n".join([f"{output}: {first}", *others]))


@cli.command()
@_gold
@_model
@_segmenter
@click.option("-p", "--predicted", type=click.Path(path_type=Path), help="Score this file instead of annotating anew.")
@click.option("--split", help="Score only the documents of this split (train, dev, test).")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.option("--html", "page", type=click.Path(path_type=Path, dir_okay=False), help="Write a page to look at.")
def evaluate(
    gold: tuple[str, ...], model: Path | None, segmenter: str, predicted: Path | None, split: str | None,
    as_json: bool, page: Path | None,
) -> None:  # fmt: skip
    """Score every layer against gold; say how far the figures can be trusted and what goes wrong most.

    Intervals are 95% bootstrap intervals over documents.
    """
    from nlp_toolkit.evaluate import assess, read_gold
    from nlp_toolkit.evaluate.page import page_of
    from nlp_toolkit.evaluate.plain import lines_of

    failures = _Failures()
    wanted: list[Document] = []
    for path in gold:
        try:
            wanted += [d for d in read_gold(path) if split is None or d.meta.get("split") == split]
        except DataError as error:
            failures(error)
    if split is not None and not wanted and not failures.count:
        failures(DataError(f"{', '.join(gold)}: no document is of the split {split!r}"))
    if wanted:
        if predicted is not None:
            got = read_gold(predicted)
        else:
            analyzer = _analyzer(model, segmenter, None)
            got = [analyzer.analyze(document.text, date=document.date, id=document.id) for document in wanted]
        report = assess(wanted, got)
        if page is not None:
            with whole_file(page) as stream:
                stream.write(page_of(report, ", ".join(gold)).encode("utf-8", "backslashreplace"))
        if as_json:
            click.echo(orjson.dumps(report.to_dict(), option=orjson.OPT_INDENT_2).decode())
        else:
            for line in lines_of(report):
                click.echo(line)
    failures.leave()


@cli.command()
@click.argument("source", type=click.Path(path_type=Path), metavar="DIR|FILE")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), required=True, help="Page to write (.html)."
)
def report(source: Path, output: Path) -> None:
    """Show a whole corpus on one page: themes, places, agencies, deadlines, problems, and the documents behind them.

    DIR is a folder that `batch` wrote, FILE annotated documents (.jsonl). The page needs nothing but a browser.
    """
    from nlp_toolkit.report import write

    write(source, output)


@cli.command()
def info() -> None:
    """Say which version this is, and with which lexicon, codebook and model."""
    from nlp_toolkit.classify.model import ThemeModel
    from nlp_toolkit.lexicon import read_table

    model = ThemeModel.load()
    click.echo(f"nlp-toolkit {__version__} (Python {sys.version.split()[0]})")
    click.echo(f"package     {Path(__file__).parent}")
    for table, what in (("terms", "terms"), ("agencies", "agencies"), ("divisions", "administrative divisions")):
        click.echo(f"{table:12}{len(read_table(table)):,} {what}")
    click.echo(f"codebook    {len(model.codebook)} themes: {', '.join(model.codebook.ids)}")
    made = model.made
    click.echo(
        f"model       {len(model.names):,} features, trained on {made.get('passages', 0):,} passages of "
        f"{made.get('documents', 0)} documents; cross-validated micro F1 {made.get('micro_f1', 0):.3f}"
    )


def _analyzer(
    model: Path | None, segmenter: str, codebook: Path | None, layers: tuple[str, ...] = DEFAULT_LAYERS
) -> Any:
    """The analyzer asked for; a codebook must be the one that the model was trained for."""
    from nlp_toolkit.analyzer import load

    analyzer = load(model, segmenter, layers)
    return analyzer if codebook is None else analyzer.restricted(codebook)


def _sources(inputs: tuple[str, ...], failures: _Failures, reading: dict[str, str | None]) -> Iterator[Source]:
    from nlp_toolkit.read import read

    return read(inputs, failures, **reading)


def _analyzed(
    sources: Iterable[Source], analyze: Callable[[Source], Any], failures: _Failures, what: str
) -> Iterator[Any]:
    """The results, one source at a time; a source that breaks the program is named and the next one taken."""
    for source in sources:
        try:
            result = analyze(source)
        except MemoryError:
            failures(InputError(f"{source.id}: could not be {what} for lack of memory; cut it into parts"))
        except Exception as error:
            failures(
                InputError(f"{source.id}: could not be {what} ({type(error).__name__}: {error}); please report it")
            )
        else:
            yield result


def _format(output: Path | None, format_name: str | None) -> str:
    """The format wanted, checked against where it goes."""
    if output is not None:
        return format_of(output, format_name)
    name = format_name or ("text" if sys.stdout is not None and sys.stdout.isatty() else "jsonl")
    if name not in WRITERS:
        raise click.UsageError(f"{name} makes several files; name a folder or a .zip with -o")
    return name


def _spare_inputs(inputs: Iterable[str], output: Path | None) -> None:
    """Refuse an output that is one of the inputs: the text that the user has would be gone."""
    if output is None or not output.is_file():
        return
    for name in inputs:
        if os.path.isfile(name) and os.path.samefile(name, output):
            raise click.UsageError(f"{output} is an input too, and would be overwritten; choose another name for -o")


def _any(results: Iterator[Any]) -> Iterator[Any] | None:
    """The results, or None where there is not one: then no file is made."""
    first = next(results, None)
    return None if first is None else chain([first], results)


def _deliver(results: Iterator[Any], output: Path | None, write: Callable[[Iterable[Any], BinaryIO], None]) -> None:
    """Write to the output file, whole or not at all, or to standard output."""
    if output is None:
        write(results, _standard_output())
        sys.stdout.flush()
    elif (every := _any(results)) is not None:
        with whole_file(output) as stream:
            write(every, stream)


def main() -> None:
    """Run the command line; errors become one line, never a traceback, and what was begun is taken away."""
    for number in _STOPS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
            signal.signal(number, _stop)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # where the locale's encoding lacks a character
    status = _status_of(partial(cli.main, standalone_mode=False))
    sys.exit(_status_of(_flushed) or status)


class _Stopped(BaseException):
    """A signal asked the program to end."""


def _stop(number: int, _: object) -> None:
    raise _Stopped(number)


def _flushed() -> None:
    if sys.stdout is not None:
        sys.stdout.flush()


def _status_of(action: Callable[[], object]) -> int:
    """Run something; say in one line what goes wrong, and return the exit status."""
    output = sys.stdout
    try:
        result = action()
        return result if isinstance(result, int) else DONE
    except SystemExit as error:
        # When the reader of a pipe has left, click replaces the output, rich says why, and both end with 1.
        if sys.stdout is not output or isinstance(error.__context__, BrokenPipeError):
            return DONE
        return error.code if isinstance(error.code, int) else WRONG_CALL
    except click.ClickException as error:
        error.show()
        return WRONG_CALL
    except (click.Abort, KeyboardInterrupt):
        return _said("stopped", STOPPED)
    except _Stopped as error:
        return _said("stopped", 128 + error.args[0])
    except BrokenPipeError:  # the reader, such as head, has had enough
        _give_up_output()
        return DONE
    except (PolicyError, ValueError) as error:
        return _said(f"{error}", WRONG_CALL)
    except OSError as error:
        _give_up_output()
        name = f"{error.filename}: " if error.filename else ""
        remedy = _REMEDIES.get(error.errno or 0, "check the place and its permissions")
        return _said(f"{name}{error.strerror or error}; {remedy}", WRONG_CALL)
    except MemoryError:
        return _said("there is not enough memory; cut the input into parts", SOME_FAILED)
    except Exception as error:
        return _said(f"the program failed ({type(error).__name__}: {error}); please report it", SOME_FAILED)


def _said(message: str, status: int) -> int:
    with suppress(OSError):  # standard error may be as full or as closed as standard output
        click.echo(f"nlp-toolkit: {message}", err=True)
    return status


def _give_up_output() -> None:
    """Let what standard output does not take go nowhere, so that ending the program does not fail at it again."""
    try:
        _flushed()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _standard_output() -> BinaryIO:
    """Where bytes go that are no file; raises PolicyError where the caller closed it."""
    if sys.stdout is None:
        raise PolicyError("standard output is closed; name a file with -o")
    return sys.stdout.buffer


if __name__ == "__main__":
    main()
