import numpy as np
import pytest

from core.pictures.halving import HALVING, split_squares


@pytest.mark.parametrize("shape", [(4, 6), (5, 7), (2, 3, 9, 4)])
def test_each_square_becomes_one_pixel_of_each_part(shape):
    values = np.arange(np.prod(shape)).reshape(shape)
    parts = split_squares(values)
    assert len(parts) == HALVING**2
    assert all(np.shares_memory(part, values) for part in parts)
    height, width = shape[-2] // 2, shape[-1] // 2
    whole = values[..., : 2 * height, : 2 * width]
    squares = whole.reshape(*shape[:-2], height, 2, width, 2)
    expected = np.moveaxis(squares, -3, -2).reshape(*shape[:-2], height, width, 4)
    assert np.array_equal(np.stack(parts, axis=-1), expected)
