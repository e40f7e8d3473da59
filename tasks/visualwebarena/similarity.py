"""How alike two pictures are.

Source: Wang et al., "Image quality assessment: from error visibility to structural similarity",
IEEE Transactions on Image Processing 13 (2004), equation 13, with windows of 7 x 7 px of equal
weight, unbiased variances and a margin of half a window left out: the defaults of scikit-image's
`structural_similarity`, which VisualWebArena calls.
"""

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from vigorl.tasks.visualwebarena.verdict import Crash

WINDOW_PX = 7
C1 = (0.01 * 255) ** 2
C2 = (0.03 * 255) ** 2


def image_similarity(first: Image.Image, second: Image.Image) -> float:
    """Structural similarity of two pictures in grey, in [-1, 1]; 1 where they are the same.

    Both are resized to the larger width and the larger height of the two, so that a picture and
    its thumbnail are alike.

    Raises:
        Crash: they are smaller than the window, or of a kind that cannot be resized.
    """
    size = (max(first.width, second.width), max(first.height, second.height))
    if min(size) < WINDOW_PX:
        raise Crash(f"pictures of {size} px cannot be compared")
    try:
        return structural_similarity(_grey(first, size), _grey(second, size))
    except (ValueError, OSError) as error:
        raise Crash(f"pictures cannot be compared: {error}") from error


def structural_similarity(
    first_H_W: npt.NDArray[np.float64], second_H_W: npt.NDArray[np.float64]
) -> float:
    """Mean over all windows; float64 [H, W], values in [0, 255]."""
    unbiased = WINDOW_PX**2 / (WINDOW_PX**2 - 1)
    first_mean, second_mean = _mean(first_H_W), _mean(second_H_W)
    first_variance = unbiased * (_mean(first_H_W**2) - first_mean**2)
    second_variance = unbiased * (_mean(second_H_W**2) - second_mean**2)
    covariance = unbiased * (_mean(first_H_W * second_H_W) - first_mean * second_mean)
    similarity = ((2 * first_mean * second_mean + C1) * (2 * covariance + C2)) / (
        (first_mean**2 + second_mean**2 + C1) * (first_variance + second_variance + C2)
    )
    margin = WINDOW_PX // 2
    return float(similarity[margin:-margin, margin:-margin].mean())


def _grey(image: Image.Image, size: tuple[int, int]) -> npt.NDArray[np.float64]:
    resized = image.resize(size, Image.Resampling.LANCZOS)
    return np.asarray(resized.convert("L"), dtype=np.float64)


def _mean(values_H_W: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Of the window around each pixel."""
    filtered = cv2.blur(values_H_W, (WINDOW_PX, WINDOW_PX), borderType=cv2.BORDER_REFLECT)
    return np.asarray(filtered, dtype=np.float64)
