"""Label Studio's tasks with predictions (https://labelstud.io/guide/predictions), and its JSON export back.

Each mark is a region of ``labels``; its values are choices and text fields of the same region. The labelling interface that
shows them goes into the project's settings.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO
from xml.sax.saxutils import quoteattr

import orjson

from nlp_toolkit.classify.codebook import Codebook
from nlp_toolkit.document import JSON, Document
from nlp_toolkit.errors import InputError
from nlp_toolkit.version import __version__
from nlp_toolkit.write.marks import (
    ATTRIBUTES,
    THEME,
    Exported,
    Mark,
    form_of,
    labels,
    marks,
    origin,
    spelled,
    understood,
)
from nlp_toolkit.write.safe import as_json

TASKS, INTERFACE = "tasks.json", "labeling_interface.xml"
_LABELS, _TEXT = "label", "text"  # names of the interface's controls
# Colours that colour-blind readers can tell apart (after Okabe and Ito).
_COLOURS = {"DATE": "#56B4E9", "AGENCY": "#E69F00", "DOCUMENT": "#CC79A7", "GOAL": "#0072B2", "PROBLEM": "#D55E00"}
_OTHER_COLOUR, _THEME_COLOUR = "#999999", "#009E73"


def write(documents: Iterable[Document], stream: BinaryIO) -> None:
    """Write a list of tasks, one a document."""
    separator = b"[\n"
    for document in documents:
        stream.write(separator + as_json(task(document)))
        separator = b",\n"
    stream.write(b"[]\n" if separator == b"[\n" else b"\n]\n")


def write_folder(documents: Iterable[Document], folder: Path) -> None:
    """Write the tasks and the labelling interface that they need."""
    themes = dict.fromkeys(Codebook.load().ids)

    def noted() -> Iterator[Document]:
        for document in documents:
            themes.update((theme.id, None) for passage in document.passages for theme in passage.themes)
            yield document

    with open(folder / TASKS, "wb") as stream:
        write(noted(), stream)
    (folder / INTERFACE).write_text(interface(themes), encoding="utf-8")


def task(document: Document) -> JSON:
    """The task of a document, with its marks as a prediction.

    >>> from nlp_toolkit.document import Date
    >>> result = task(Document("到2025年", "a", spans=(Date(1, 6, "2025年", edtf="2025"),)))["predictions"][0]["result"]
    >>> [(region["id"], region["from_name"], region["value"]) for region in result][1]
    ('m1', 'DATE_edtf', {'start': 1, 'end': 6, 'text': ['2025']})
    """
    result = [region for n, mark in enumerate(marks(document), 1) for region in _regions(f"m{n}", mark, document.text)]
    prediction = {"model_version": f"nlp_toolkit {__version__}", "result": result}
    return {"data": {"text": document.text} | origin(document), "predictions": [prediction]}


def _regions(key: str, mark: Mark, text: str) -> Iterator[JSON]:
    """The region of a mark, and one with the same id for each of its values."""

    def region(control: str, kind: str, value: JSON) -> JSON:
        value = {"start": mark.start, "end": mark.end} | value
        return {"id": key, "from_name": control, "to_name": _TEXT, "type": kind, "value": value}

    yield region(_LABELS, "labels", {"text": text[mark.start : mark.end], "labels": [mark.label]})
    for name, value in mark.attrs.items():
        form = form_of(mark.label, name)
        if isinstance(form, tuple):
            yield region(f"{mark.label}_{name}", "choices", {"choices": [value]})
        else:
            yield region(f"{mark.label}_{name}", "textarea", {"text": [spelled(value, form)]})


def interface(themes: Iterable[str]) -> str:
    """The labelling interface (XML) for all labels, their values and these themes."""
    lines = ["<View>", "  <Style>.htx-text { white-space: pre-wrap; }</Style>", f'  <Labels name="{_LABELS}" toName="{_TEXT}">']  # fmt: skip
    for label in labels(themes):
        colour = _THEME_COLOUR if label.startswith(THEME) else _COLOURS.get(label, _OTHER_COLOUR)
        lines.append(f'    <Label value={quoteattr(label)} background="{colour}"/>')
    lines += ["  </Labels>", f'  <Text name="{_TEXT}" value="$text" granularity="symbol"/>']
    for label, attributes in ATTRIBUTES.items():
        for name, form in attributes.items():
            lines += _control(label, name, form)
    return "\n".join([*lines, "</View>", ""])


def _control(label: str, name: str, form: Any) -> Iterator[str]:
    """The control of a value, shown where a region of its label is selected."""
    when = f'perRegion="true" visibleWhen="region-selected" whenTagName="{_LABELS}" whenLabelValue="{label}"'
    control = f'name="{label}_{name}" toName="{_TEXT}" {when}'
    yield f'  <View visibleWhen="region-selected" whenTagName="{_LABELS}" whenLabelValue="{label}">'
    yield f'    <Header value="{name}" size="6"/>'
    if isinstance(form, tuple):
        choices = "".join(f"<Choice value={quoteattr(value)}/>" for value in form)
        yield f'    <Choices {control} choice="single" showInline="true">{choices}</Choices>'
    else:
        yield f'    <TextArea {control} maxSubmissions="1" editable="true" rows="1"/>'
    yield "  </View>"


def read(data: bytes, name: str) -> Iterator[Exported | InputError]:
    """The annotated texts of an export in the form "JSON"."""
    try:
        tasks = orjson.loads(data.removeprefix(b"\xef\xbb\xbf"))
    except ValueError as error:
        yield InputError(f"{name}: is not JSON ({error}); export from Label Studio as JSON")
        return
    for number, item in enumerate(tasks if isinstance(tasks, list) else [tasks], 1):
        key = item.get("id", number) if isinstance(item, dict) else number
        place = f"{name}, task {key}"
        try:
            yield _read(item, place, str(key))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            form = 'export it as "JSON", not "JSON-MIN", with the text in data.text'
            reason = error if isinstance(error, ValueError) else f"is no task of Label Studio's ({error!r}); {form}"
            yield InputError(f"{place}: {reason}")


def _read(item: JSON, place: str, key: str) -> Exported:
    kept = dict(item["data"])
    text = kept.pop("text")
    if not isinstance(text, str):
        raise ValueError("has no string in data.text")
    exported = Exported(place, text, {"document": kept.get("document", key)} | kept)
    regions: dict[str, list[JSON]] = {}
    for region in _annotation(item)["result"]:
        if region["type"] in ("labels", "choices", "textarea") and "start" in region["value"]:
            regions.setdefault(region["id"], []).append(region)
        else:
            exported.misfits.append(f"a result of type {region['type']!r} is left out: gold has no place for it")
    for parts in regions.values():
        _read_region(parts, exported)
    return exported


def _annotation(item: JSON) -> JSON:
    """The one annotation that is gold; raises ValueError where that is not plain."""
    done = [annotation for annotation in item.get("annotations", ()) if not annotation.get("was_cancelled")]
    chosen = [annotation for annotation in done if annotation.get("ground_truth")] or done
    if not chosen:
        raise ValueError("is not annotated yet; submit it in Label Studio first")
    if len(chosen) > 1:
        raise ValueError(f"has {len(chosen)} annotations; mark one of them as ground truth")
    annotation: JSON = chosen[0]
    return annotation


def _read_region(parts: list[JSON], exported: Exported) -> None:
    """The marks of one region: one a label, with the values that belong to the label."""
    values = {part["from_name"]: part["value"] for part in parts if part["type"] != "labels"}
    used = set()
    for part in parts:
        if part["type"] != "labels":
            continue
        value = part["value"]
        start, end, quoted = int(value["start"]), int(value["end"]), value.get("text")
        if quoted is not None and quoted != exported.text[start:end]:
            exported.misfits.append(
                f"{value['labels']} at {start}-{end} is left out: {quoted!r} is not what stands there; "
                "versions before 1.5 miscount after signs such as 😀"
            )
            continue
        for label in value["labels"]:
            own = {control for control in values if control.startswith(f"{label}_")}
            used |= own
            attrs = {control.removeprefix(f"{label}_"): values[control] for control in own}
            exported.marks.append(Mark(start, end, label, _attrs(label, attrs, exported)))
    for control in sorted(set(values) - used):
        exported.misfits.append(f"{control} is left out: its region has no such label")


def _attrs(label: str, values: dict[str, JSON], exported: Exported) -> JSON:
    attrs = {}
    for name, value in values.items():
        given = value.get("choices") or value.get("text") or []
        given = [given] if isinstance(given, str) else given
        form = form_of(label, name)
        try:
            if len(given) > 1:
                raise ValueError("has several values")
            if given and given[0].strip():
                attrs[name] = given[0] if isinstance(form, tuple) else understood(given[0], form)
        except ValueError as error:
            exported.misfits.append(f"{label}_{name} is left out: {given!r} {error}")
    return attrs
