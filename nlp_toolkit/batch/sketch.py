"""What tells equal and similar texts: a fingerprint, and a MinHash sketch whose characters agree as the texts do.

The sketch is one-permutation hashing with rotation (Shrivastava and Li, "Densifying One Permutation Hashing via
Rotation", ICML 2014) over runs of characters; it depends on the text alone, not on machine, order or run.
"""

from __future__ import annotations

import hashlib
import re

import numpy as np
import numpy.typing as npt

from nlp_toolkit.normalize import normalize
from nlp_toolkit.write.safe import encodable

BINS = 128  # the similarity of two sketches has a standard error of 0.04 about that of the texts
BAND = 8  # hexadecimal digits, four bins: texts that share one are compared
SHINGLE = 5  # characters: two or three words of Chinese
_NOT_TOLD = re.compile(r"[\W_]+")  # white space and punctuation, which copies change most
_MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


def fingerprint(text: str) -> str:
    """The same for the same text, another one for any other: 128 bits of BLAKE2b, in hexadecimal digits.

    >>> fingerprint("数据共享")
    '9e82dbf3b0d7572c1afb28d7ce77e5c1'
    """
    return hashlib.blake2b(encodable(text).encode(), digest_size=16).hexdigest()


def sketch(text: str) -> str:
    """A digit pair for each of 128 bins of the text's runs of five characters, in either script; empty without words.

    >>> one = sketch("推进公共数据共享开放，打破数据孤岛。" * 3)
    >>> len(one), one == sketch("推進公共數據共享開放,打破數據孤島 " * 3), sketch("……")
    (256, True, '')
    """
    words = _NOT_TOLD.sub("", normalize(text).text.lower())
    codes = np.frombuffer(words.encode("utf-32-le", "replace"), np.uint32).astype(np.uint64)
    if not len(codes):
        return ""
    width = min(SHINGLE, len(codes))
    hashes = np.zeros(len(codes) - width + 1, np.uint64)
    for at in range(width):
        hashes = _mixed(hashes + codes[at : len(codes) - width + 1 + at])
    return _bins(hashes).tobytes().hex()


def _mixed(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Each value well mixed: the finaliser of SplitMix64, modulo 2**64."""
    values = values + _MIX[0]
    values = (values ^ (values >> np.uint64(30))) * _MIX[1]
    values = (values ^ (values >> np.uint64(27))) * _MIX[2]
    return values ^ (values >> np.uint64(31))


def _bins(hashes: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint8]:
    """A byte of the smallest hash in each bin; an empty bin takes that of the next one that is not, mixed with how far."""
    smallest = np.full(BINS, np.iinfo(np.uint64).max, np.uint64)
    np.minimum.at(smallest, (hashes >> np.uint64(57)).astype(np.intp), hashes)
    full = np.flatnonzero(smallest != np.iinfo(np.uint64).max)
    places = np.arange(BINS)
    after = full[np.searchsorted(full, places) % len(full)]
    distance = ((after - places) % BINS).astype(np.uint64)
    return (_mixed(smallest[after] + distance) & np.uint64(0xFF)).astype(np.uint8)


def similarities(one: npt.NDArray[np.uint8], other: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """How much of two texts is the same (Jaccard's share of their runs of characters), estimated from their bins.

    Both are of shape (pairs, bins), the result of shape (pairs,).

    >>> similarities(*[np.zeros((1, BINS), np.uint8)] * 2)
    array([1.])
    """
    equal = np.mean(one == other, axis=1)
    by_chance = 1 / 256
    return np.asarray(np.maximum(0.0, (equal - by_chance) / (1 - by_chance)), np.float64)
