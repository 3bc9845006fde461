"""Reads Chinese policy writing: dates, agencies, policy documents, goals, problems and themes on exact offsets.

>>> import nlp_toolkit
>>> doc = nlp_toolkit.load().analyze("2014年8月，发改委、住建部等八部委联合发布《关于促进智慧城市健康发展的指导意见》。")
>>> [agency.canonical for agency in doc.agencies]
['国家发展和改革委员会', '住房和城乡建设部', None]
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from nlp_toolkit.version import __version__

if TYPE_CHECKING:
    from nlp_toolkit.analyzer import Analyzer, load
    from nlp_toolkit.classify.codebook import Codebook
    from nlp_toolkit.document import Document, Source
    from nlp_toolkit.errors import DataError, InputError, PolicyError
    from nlp_toolkit.evaluate import evaluate
    from nlp_toolkit.read import read
    from nlp_toolkit.write import write

__all__ = [
    "Analyzer",
    "Codebook",
    "DataError",
    "Document",
    "InputError",
    "PolicyError",
    "Source",
    "__version__",
    "evaluate",
    "load",
    "read",
    "write",
]

# Where the public names are defined. A module is imported when its name is first asked for: `import nlp_toolkit` alone
# takes milliseconds, and whoever only reads or writes files never waits for lexicons and numpy.
_MODULES = {
    "Analyzer": "analyzer",
    "Codebook": "classify.codebook",
    "DataError": "errors",
    "Document": "document",
    "InputError": "errors",
    "PolicyError": "errors",
    "Source": "document",
    "evaluate": "evaluate",
    "load": "analyzer",
    "read": "read",
    "write": "write",
}


class _Package(ModuleType):
    """This package: it finds its public names, and keeps the functions named like their module before the module."""

    def __getattr__(self, name: str) -> object:
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
        setattr(self, name, value)
        return value

    def __setattr__(self, name: str, value: object) -> None:
        # Whoever imports nlp_toolkit.read makes Python set the attribute `read` to the module.
        if isinstance(value, ModuleType) and _MODULES.get(name) == name:
            value = getattr(value, name)
        super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *__all__})


sys.modules[__name__].__class__ = _Package
