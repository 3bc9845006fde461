"""Places for the bodies of a network: bodies that appear together stand close, and no name covers another.

A force-directed drawing (Fruchterman and Reingold 1991) from a fixed start, so that the same corpus is drawn the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

WIDTH, HEIGHT = 960, 640
_MARGIN = 40
_STEPS = 400
_LETTER, _LINE = 13.0, 44.0  # the room that a name takes: of each character, and above one another
_LONGEST = 17  # characters of a name that are drawn

Array = npt.NDArray[np.float64]


def arranged(
    sizes: Sequence[int], links: Mapping[tuple[int, int], int], lengths: Sequence[int]
) -> list[tuple[float, float]]:
    """Places on a sheet of WIDTH by HEIGHT.

    Parameters
    ----------
    sizes
        In how many documents each body is; the first ones start in the middle.
    links
        For pairs of bodies, in how many documents they appear together.
    lengths
        The characters of each body's name.

    >>> arranged([5], {}, [3])
    [(480.0, 320.0)]
    """
    count = len(sizes)
    if count < 2:
        return [(WIDTH / 2, HEIGHT / 2)] * count
    pull = np.zeros((count, count))
    for (one, other), documents in links.items():
        # How usual it is that the rarer of the two appears with the other.
        pull[one, other] = pull[other, one] = documents / min(sizes[one], sizes[other])
    places = _spread(_spiral(count), pull)
    return [(float(x), float(y)) for x, y in _apart(_fitted(places), np.minimum(np.array(lengths), _LONGEST))]


def _spiral(count: int) -> Array:
    """Points as evenly spread as the seeds of a sunflower."""
    numbers = np.arange(count)
    radius = np.sqrt((numbers + 0.5) / count)
    angle = numbers * np.pi * (3 - np.sqrt(5))
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


def _spread(places: Array, pull: Array) -> Array:
    """The places after every two bodies have pushed each other away and every link has pulled."""
    distance = 1 / np.sqrt(len(places))
    for step in range(_STEPS):
        between = places[:, None, :] - places[None, :, :]
        far = np.maximum(np.linalg.norm(between, axis=2), 1e-3)
        force = distance**2 / far - pull * far**2 / distance
        moves = (between / far[..., None] * force[..., None]).sum(axis=1) - places * 4 * distance
        length = np.maximum(np.linalg.norm(moves, axis=1, keepdims=True), 1e-9)
        places = places + moves / length * np.minimum(length, 0.1 * (1 - step / _STEPS))
    return places


def _fitted(places: Array) -> Array:
    """The places stretched to fill the sheet."""
    low, high = places.min(axis=0), places.max(axis=0)
    room = np.array([WIDTH - 4 * _MARGIN, HEIGHT - 2.5 * _MARGIN])
    fitted: Array = (places - low) / np.maximum(high - low, 1e-9) * room + np.array([2 * _MARGIN, _MARGIN])
    return fitted


def _apart(places: Array, lengths: npt.NDArray[np.int_]) -> Array:
    """The places moved so that no body or its name lies on another's."""
    wide = np.maximum((lengths[:, None] + lengths[None, :]) * _LETTER / 2 + 8, 36)
    for _ in range(300):
        between = places[:, None, :] - places[None, :, :]
        over = np.stack([wide - np.abs(between[..., 0]), _LINE - np.abs(between[..., 1])], axis=2)
        np.fill_diagonal(over[..., 0], -1)
        covered = (over > 0).all(axis=2)
        if not covered.any():
            break
        side = np.where(between >= 0, 1.0, -1.0)
        first = np.arange(len(places))[:, None] < np.arange(len(places))[None, :]
        side = np.where((between == 0) & first[..., None], -1.0, side)
        down = over[..., 1] * 2 <= over[..., 0]  # the way that is shorter; up and down counts double
        push = np.zeros_like(between)
        push[..., 1] = np.where(covered & down, side[..., 1] * over[..., 1] * 0.3, 0)
        push[..., 0] = np.where(covered & ~down, side[..., 0] * over[..., 0] * 0.3, 0)
        places = places + push.sum(axis=1)
        places = np.clip(places, [2 * _MARGIN, 0.7 * _MARGIN], [WIDTH - 2 * _MARGIN, HEIGHT - _MARGIN])
    return places
