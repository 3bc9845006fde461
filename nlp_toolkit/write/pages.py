"""Pages that need nothing but a browser: their style, script and labels stand in them, and nothing else may be loaded.

A Content-Security-Policy (W3C CSP 3) lets a page run its own script and send or load nothing.
"""

from __future__ import annotations

import csv
from base64 import b64encode
from functools import cache
from hashlib import sha256
from html import escape
from importlib.resources import files

from nlp_toolkit.classify.codebook import Codebook
from nlp_toolkit.document import JSON
from nlp_toolkit.write.safe import as_json

Labels = dict[str, dict[str, str]]

# What would end a script element or a string in it (HTML, 4.12.1.3; ECMAScript, 12.3).
_UNSAFE_IN_SCRIPT = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}


@cache
def part(name: str) -> str:
    """A file of those that pages are made of."""
    return files("nlp_toolkit.write").joinpath(f"page/{name}").read_text(encoding="utf-8")


def labels_of(table: str) -> Labels:
    """What a page says, by key and language: a table of labels (key, zh, en), and the codebook's names of the themes."""
    rows = csv.DictReader(table.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    said = {row["key"]: {"zh": row["zh"], "en": row["en"]} for row in rows}
    return said | {f"theme.{theme.id}": {"zh": theme.zh, "en": theme.en} for theme in Codebook.load().themes}


def assembled(page: str, style: str, script: str, labels: Labels) -> str:
    """A page with its parts in their places: style, script, labels, and the policy that allows no others."""
    style, script = f"\n{style}", f"\n{script}"
    contents = {"policy": _policy(style, script), "style": style, "script": script, "labels": in_script(labels)}
    for key, said in labels.items():
        page = page.replace(f'data-label="{key}"></', f'data-label="{key}">{escape(said["zh"])}</')
    for name, content in contents.items():
        page = page.replace(f"<!-- {name} -->", content)
    return page


def in_script(data: JSON) -> str:
    """JSON that can stand in a script element whatever its strings hold.

    >>> in_script({"text": "</script>\\u2028"})
    '{"text":"\\\\u003c/script\\\\u003e\\\\u2028"}'
    """
    return as_json(data).decode().translate(_UNSAFE_IN_SCRIPT)


def _policy(style: str, script: str) -> str:
    """Nothing may be loaded, sent or run but this style and this script, and no text may become markup."""
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def _digest(content: str) -> str:
    return "sha256-" + b64encode(sha256(content.encode()).digest()).decode()
