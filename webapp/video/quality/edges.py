"""How many edges a picture has and how wide they are: blurred pictures have wide ones, covered lenses none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webapp.video.decode import Frame
from webapp.video.opencv import cv2

_FINE, _COARSE = 0.5, 1.5
_STRONG, _LEAST = 1 / 40, 1.2
"""Levels per pixel after coarse smoothing, as a share of the picture's contrast, and at least: far above what noise
leaves."""
_BLOCK = 10
_EDGE_SHARE = 0.04
"""So much of a block are edge pixels, or it counts as plain."""
_LEAST_BLOCKS = 8
_WIDEST = 20.0


@dataclass(frozen=True, slots=True)
class Edges:
    share: float
    """Of the picture's blocks, those with an edge."""
    width: float | None
    """Standard deviation of the blur across an edge, the median by the edges' strength; None with too few to tell."""


def edges(grey: Frame, contrast: float) -> Edges:
    """Compares slopes at two scales where there is an edge.

    A step smoothed by s and blurred by b has the slope 1 / √(s² + b²), so the slopes at two scales give b whatever the
    step's height. The fine slope is taken along the coarse one's direction, where noise cancels out instead of adding
    up.
    """
    size = grey.shape[1] // _BLOCK, grey.shape[0] // _BLOCK
    if not all(size):
        return Edges(0.0, None)
    fine, coarse = (_slopes(cv2.GaussianBlur(grey, (0, 0), sigma)) for sigma in (_FINE, _COARSE))
    steepness = coarse[0] * coarse[0] + coarse[1] * coarse[1]
    along = fine[0] * coarse[0] + fine[1] * coarse[1]
    strong = (steepness > (2 * max(_LEAST, _STRONG * contrast)) ** 2).astype(np.float32)
    of_edges = cv2.merge([strong, steepness * strong, along * strong])
    share, coarse_sum, fine_sum = cv2.split(cv2.resize(of_edges, size, interpolation=cv2.INTER_AREA))
    has_edge = share > _EDGE_SHARE
    count = int(np.count_nonzero(has_edge))
    if count < _LEAST_BLOCKS:
        return Edges(count / has_edge.size, None)
    weights = np.asarray(coarse_sum[has_edge], np.float32)
    ratios = np.asarray(fine_sum[has_edge], np.float32) / weights
    return Edges(count / has_edge.size, _width(_weighted_median(ratios, weights)))


def _slopes(grey: Frame) -> tuple[Frame, Frame]:
    """Across and down; twice the true slope."""
    return cv2.Sobel(grey, cv2.CV_32F, 1, 0, ksize=1), cv2.Sobel(grey, cv2.CV_32F, 0, 1, ksize=1)


def _weighted_median(values: NDArray[np.float32], weights: NDArray[np.float32]) -> float:
    order = np.argsort(values)
    upto = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(upto, upto[-1] / 2)])


def _width(ratio: float) -> float:
    square = ratio * ratio
    if square * (_FINE**2 + _WIDEST**2) <= _COARSE**2 + _WIDEST**2:
        return _WIDEST
    return float(max(0.0, (_COARSE**2 - square * _FINE**2) / (square - 1)) ** 0.5)
