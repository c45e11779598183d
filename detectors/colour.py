"""Colours as people see them: sRGB to CIE Lab."""

import numpy as np
from numpy.typing import NDArray

_TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
"""Linear sRGB to XYZ under D65 (IEC 61966-2-1)."""
_DARK = 0.04045
"""Up to here sRGB is a straight line (IEC 61966-2-1)."""
_LEVELS = np.arange(256) / 255
_LINEAR = np.where(_LEVELS <= _DARK, _LEVELS / 12.92, ((_LEVELS + 0.055) / 1.055) ** 2.4).astype(
    np.float32
)
"""sRGB level to linear light (the same)."""
_KNEE = 6 / 29
"""Where CIE 1976's cube root gives way to a straight line."""


def to_lab(linear: NDArray[np.floating]) -> NDArray[np.float64]:
    """CIE 1976 L*a*b* (D65) of linear light.

    Args:
        linear: ``(..., 3)`` red, green, blue, 0 to 1, linear.

    Returns:
        ``(..., 3)``: L* 0 to 100, a* and b* about -100 to 100.
    """
    relative = linear @ (_TO_XYZ / _TO_XYZ.sum(axis=1, keepdims=True)).T
    root = np.where(relative > _KNEE**3, np.cbrt(relative), relative / (3 * _KNEE**2) + 4 / 29)
    x, y, z = np.moveaxis(root, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def mix_lab(images: NDArray[np.uint8], masks: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The colours that masked areas have from far away, as Lab.

    Args:
        images: ``(batch, time, 3, height, width)``, sRGB.
        masks: ``(batch, areas, height, width)``; True = counts.

    Returns:
        ``(batch, time, areas, 3)``; black where a mask is empty.
    """
    linear = _LINEAR[images].reshape(*images.shape[:3], -1)
    weights = masks.reshape(len(masks), 1, masks.shape[1], -1).swapaxes(-1, -2)
    total = linear @ weights.astype(np.float32)
    count = np.maximum(masks.sum(axis=(2, 3)), 1)
    return to_lab((total / count[:, None, None]).swapaxes(-1, -2))
