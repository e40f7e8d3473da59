"""Frames map points there and back, whatever the picture."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigorl.browser.actions import ACTION, Action, Click, Drag, Upload, Zoom, ZoomStyle
from vigorl.browser.errors import InconsistentData
from vigorl.browser.geometry import Box, Frame, Point
from vigorl.browser.picture import Picture, View

LENGTH = st.floats(1, 4000)
PLACE = st.floats(-2000, 4000)
FRAMES = st.builds(
    lambda width, height, left, top, region_width, region_height: Frame(
        width, height, Box(left, top, left + region_width, top + region_height)
    ),
    st.integers(1, 4096),
    st.integers(1, 4096),
    PLACE,
    PLACE,
    LENGTH,
    LENGTH,
)
POINTS = st.builds(Point, PLACE, PLACE)


@given(FRAMES, POINTS)
def test_a_point_survives_the_way_to_css_and_back(frame: Frame, point: Point) -> None:
    back = frame.from_region(frame.to_region(point))
    assert (back.x, back.y) == pytest.approx((point.x, point.y), abs=1e-3, rel=1e-6)


def test_a_point_read_off_a_zoomed_view_by_hand() -> None:
    zoomed = Frame(512, 512, Box(400, 300, 528, 428))
    assert zoomed.to_region(Point(256, 128)) == Point(464, 332)
    grid = Frame(1000, 1000, Box(0, 0, 1280, 720))
    assert grid.to_region(Point(500, 1000)) == Point(640, 720)


def test_a_frame_holds_its_first_pixel_and_not_the_one_after_its_last() -> None:
    frame = Frame.of_viewport(10, 6)
    assert frame.contains(Point(0, 0)) and frame.contains(Point(9.99, 5.99))
    assert not frame.contains(Point(10, 3)) and not frame.contains(Point(3, -0.01))


def test_a_box_holds_its_border() -> None:
    box = Box(2, 3, 5, 7)
    assert box.contains(Point(2, 3)) and box.contains(Point(5, 7))
    assert not box.contains(Point(5.01, 7))


@pytest.mark.parametrize(
    ("box", "shifted"),
    [
        (Box(-20, 10, 30, 60), Box(0, 10, 50, 60)),
        (Box(90, 90, 140, 140), Box(50, 50, 100, 100)),
        (Box(-50, 20, 150, 40), Box(0, 20, 100, 40)),
    ],
)
def test_a_box_is_moved_inside_and_cut_only_where_it_cannot_fit(box: Box, shifted: Box) -> None:
    assert box.shifted_into(Box(0, 0, 100, 100)) == shifted


def test_a_box_with_exchanged_corners_is_refused() -> None:
    with pytest.raises(ValueError, match="bbox_xyxy"):
        Box(5, 0, 2, 1)


def test_a_view_whose_frame_is_of_another_size_is_refused() -> None:
    from PIL import Image

    picture = Picture.from_image(Image.new("RGB", (4, 3)))
    with pytest.raises(InconsistentData):
        View(picture, Frame.of_viewport(3, 4))


@pytest.mark.parametrize(
    "action",
    [
        Click(Point(1, 2), "right", 2),
        Drag(Point(0, 0), Point(4.5, 3)),
        Upload(Point(1, 1), ("a.png", "b.png")),
        Zoom(Box(0, 0, 10, 10), ZoomStyle(384, True, "clip", "recorded")),
    ],
)
def test_an_action_survives_json(action: Action) -> None:
    assert ACTION.validate_json(ACTION.dump_json(action)) == action


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        (Box(0, 0, 4, 2), Box(0, 0, 4, 2), 1.0),
        (Box(0, 0, 4, 2), Box(2, 0, 6, 2), 4 / 12),
        (Box(0, 0, 4, 2), Box(4, 0, 6, 2), 0.0),
        (Box(0, 0, 4, 2), Box(5, 0, 6, 2), 0.0),
        (Box(1, 1, 1, 1), Box(1, 1, 1, 1), 0.0),
    ],
)
def test_an_overlap_is_intersection_over_union(one: Box, other: Box, overlap: float) -> None:
    assert one.overlap(other) == other.overlap(one) == pytest.approx(overlap)
