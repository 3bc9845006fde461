"""Reads Chinese policy writing: dates, agencies, policy documents, goals, problems and themes on exact offsets.

>>> import nlp_toolkit
>>> doc = nlp_toolkit.load().analyze("2014年8月，发改委、住建部等八部委联合发布《关于促进智慧城市健康发展的指导意见》。")
>>> [agency.canonical for agency in doc.agencies]
['国家发展和改革委员会', '住房和城乡建设部', None]
"""

from nlp_toolkit.analyzer import Analyzer, load
from nlp_toolkit.classify.codebook import Codebook
from nlp_toolkit.document import Document, Source
from nlp_toolkit.errors import DataError, InputError, PolicyError
from nlp_toolkit.evaluate import evaluate
from nlp_toolkit.read import read
from nlp_toolkit.version import __version__
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
