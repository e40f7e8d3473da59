import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from vigorl.browser.errors import InconsistentData
from vigorl.browser.geometry import Box, Frame, Point
from vigorl.browser.picture import Picture, View
from vigorl.policy.family import FAMILIES
from vigorl.policy.images import FittedImage, SizeLimits, fit, fitted_size, token_count

LIMITS = SizeLimits(28, 3136, 1_003_520)
sides = st.integers(1, 6000)
limits = st.sampled_from(
    sorted({replace(family.size, longest_side_px=None) for family in FAMILIES}, key=repr)
)


@pytest.mark.model
@given(width=sides, height=sides, limits=limits)
def test_sizes_agree_with_the_image_processor(width: int, height: int, limits: SizeLimits) -> None:
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import smart_resize

    if max(width, height) > 200 * min(width, height):
        with pytest.raises(InconsistentData):
            fitted_size(width, height, limits)
        return
    theirs = smart_resize(height, width, limits.cell_px, limits.min_pixels, limits.max_pixels)
    assert fitted_size(width, height, limits) == theirs[::-1]


@pytest.mark.model
def test_pixels_agree_with_the_image_processor() -> None:
    import numpy as np
    from transformers import Qwen2VLImageProcessorPil

    photo = Image.effect_noise((1000, 700), 90).convert("RGB")
    image, _ = fit(View(Picture.from_image(photo), Frame.of_viewport(1000, 700)), LIMITS)
    processor = Qwen2VLImageProcessorPil(size={"shortest_edge": 3136, "longest_edge": 1_003_520})
    ours = processor(images=[image.image()], do_resize=False, return_tensors="np")
    theirs = processor(images=[photo], return_tensors="np")
    assert (ours["image_grid_thw"] == theirs["image_grid_thw"]).all()
    np.testing.assert_allclose(ours["pixel_values"], theirs["pixel_values"], atol=1e-6)


@given(width=st.integers(28, 4000), height=st.integers(28, 4000), limits=limits)
def test_a_fitted_size_is_fitted_already(width: int, height: int, limits: SizeLimits) -> None:
    size = fitted_size(width, height, limits)
    assert fitted_size(*size, limits) == size
    assert size[0] % limits.cell_px == size[1] % limits.cell_px == 0


def test_the_frame_of_a_fitted_view_maps_to_where_the_view_was() -> None:
    crop = View(
        Picture.from_image(Image.new("RGB", (512, 512))), Frame(512, 512, Box(8, 8, 72, 72))
    )
    image, frame = fit(crop, LIMITS)
    assert (image.width_px, image.height_px) == (frame.width_px, frame.height_px) == (504, 504)
    assert frame.to_region(Point(252, 252)) == Point(40, 40)
    assert token_count(image.shown, LIMITS) == 18 * 18


def test_the_png_holds_the_pixels_that_the_model_gets() -> None:
    photo = Picture.from_image(Image.effect_noise((100, 60), 90))
    image = FittedImage(photo, 112, 56)
    with Image.open(io.BytesIO(image.png)) as decoded:
        assert decoded.tobytes() == image.image().tobytes()
        assert decoded.size == (112, 56)


def test_a_longest_side_is_kept_before_cells_are_counted() -> None:
    spatial = SizeLimits(28, 3136, 1260 * 1260, longest_side_px=1260)
    assert fitted_size(1920, 1080, spatial) == (1260, 700)
    assert fitted_size(1000, 600, spatial) == (1008, 588)
    assert fitted_size(3000, 900, SizeLimits(1, 1, 1_048_576, 1568)) == (1568, 470)
