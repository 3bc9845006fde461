"""Writes docs/reference/api.md from the docstrings of what is public: python docs/api.py"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parent / "reference" / "api.md"
_HEAD = """# The Python API

<!-- Made by docs/api.py; do not edit. -->

Names without a module come from `nlp_toolkit` itself. The examples run in the tests, each in the module that it describes.
"""
# What is public: a heading, the module, and its names in the order in which a reader meets them.
_PUBLIC = (
    ("Analyse", "nlp_toolkit", ("load", "Analyzer", "Codebook")),
    ("Read and write", "nlp_toolkit", ("read", "write", "Source")),
    ("The document", "nlp_toolkit", ("Document",)),
    (
        "Parts of a document",
        "nlp_toolkit.document",
        ("Frame", "Passage", "Sentence", "Token", "Theme", "Span", "Decided", "Date", "Agency", "PolicyDocument", "Goal", "Quantity", "Problem",
         "Measure", "Reference", "Task", "MentionedBody"),
    ),
    ("Agencies through time", "nlp_toolkit.registry", ("Registry", "Body")),
    ("Evaluate and train", "nlp_toolkit.evaluate", ("read_gold", "evaluate")),
    ("Evaluate and train", "nlp_toolkit.analyzer", ("train",)),
    ("scikit-learn and spaCy", "nlp_toolkit.vectorizer", ("PolicyVectorizer",)),
    ("scikit-learn and spaCy", "nlp_toolkit.spacy", ("to_spacy", "from_spacy")),
    ("Errors", "nlp_toolkit", ("PolicyError", "InputError", "DataError")),
)  # fmt: skip
_ROLE = re.compile(r":(?:class|func|meth|mod|attr|data):`~?([^`]+)`")
_SECTION = re.compile(r"^(?P<name>[A-Z][a-z]+)\n-{3,}$", re.MULTILINE)
_OBJECT = re.compile(r"<[^<>]+>")  # a default that cannot be written


def page() -> str:
    """The whole page."""
    parts = [_HEAD]
    before = ""
    for heading, module, names in _PUBLIC:
        if heading != before:
            parts.append(f"## {heading}\n")
        before = heading
        for name in names:
            shown = name if module == "nlp_toolkit" else f"{module}.{name}"
            parts += _entry(shown, getattr(import_module(module), name))
    return "\n".join(parts)


def _entry(name: str, value: Any) -> Iterator[str]:
    """A function, or a class with its public members."""
    yield f"### {name}\n"
    yield f"```text\n{name.rpartition('.')[2]}{_signature(value)}\n```\n"
    yield from _documented(value)
    if inspect.isclass(value) and not issubclass(value, Exception):
        for member, kind in _members(value):
            own = inspect.getattr_static(value, member)
            call = _type_of(own) if kind == "property" else _signature(getattr(value, member))
            yield f"#### {name.rpartition('.')[2]}.{member}\n"
            if call:
                yield f"```text\n{member}{call}\n```\n"
            yield from _documented(own.__func__ if isinstance(own, classmethod | staticmethod) else own)


def _members(value: type) -> Iterator[tuple[str, str]]:
    """The public properties of a class and the methods that it describes, in the order of its source."""
    for name, own in vars(value).items():
        if name.startswith("_"):
            continue
        if isinstance(own, property | cached_property):
            yield name, "property"
        elif isinstance(own, classmethod | staticmethod) or inspect.isfunction(own):
            described = own.__func__ if isinstance(own, classmethod | staticmethod) else own
            if described.__doc__:
                yield name, "method"


def _type_of(own: Any) -> str:
    """What a property gives, as `: type`."""
    get = own.fget if isinstance(own, property) else own.func
    return f": {_written(inspect.signature(get).return_annotation)}"


def _signature(value: Any) -> str:
    """A call as it is written, without `self`; nothing where there is no signature."""
    try:
        signature = inspect.signature(value)
    except (TypeError, ValueError):
        return ""
    parameters = [
        one.replace(annotation=_written(one.annotation)) for one in signature.parameters.values() if one.name != "self"
    ]
    returned = inspect.Signature.empty if inspect.isclass(value) else _written(signature.return_annotation)
    return _OBJECT.sub("...", str(signature.replace(parameters=parameters, return_annotation=returned)))


class _Written(str):
    """An annotation as it stands in the source, without quotes."""

    __repr__ = str.__str__


def _written(annotation: Any) -> Any:
    return _Written(annotation) if isinstance(annotation, str) else annotation


def _documented(value: Any) -> Iterator[str]:
    """A docstring as Markdown: sections in bold, parameters as a list, examples as blocks."""
    text = _ROLE.sub(r"`\1`", inspect.getdoc(value) or "").replace("``", "`")
    pieces = _SECTION.split(text)
    yield from _paragraphs(pieces[0])
    for section, body in zip(pieces[1::2], pieces[2::2], strict=True):
        yield f"**{section}**\n"
        yield from _paragraphs(body) if section == "Examples" else _listed(body)


def _paragraphs(text: str) -> Iterator[str]:
    """The paragraphs of a text; those that begin with >>> are examples, and indented or tabular ones stay as they are."""
    for part in re.split(r"\n\s*\n", inspect.cleandoc(text)):
        if not part.strip():
            continue
        if part.lstrip().startswith(">>>"):
            yield f"```pycon\n{part}\n```\n"
        elif re.search(r"^\S+ {2,}\S", part, re.MULTILINE):
            yield f"```text\n{part}\n```\n"
        else:
            yield f"{part}\n"


def _listed(body: str) -> Iterator[str]:
    """Numpydoc's list of names, each with what stands indented below it; and the paragraphs that follow the list."""
    for part in re.split(r"\n\s*\n", inspect.cleandoc(body)):
        if "\n " not in part:
            yield from _paragraphs(part)
            continue
        items: list[str] = []
        for line in part.splitlines():
            if line.startswith(" "):
                items[-1] += f" {line.strip()}"
            else:
                items.append(f"- `{line.strip()}`:")
        yield "\n".join(items) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
