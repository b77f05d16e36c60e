"""Which videos there are, and how they are made."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator import videos
from simulator.videos import Picture, VideoKey, VideoNotMade, make_missing, standard_set, video


def test_a_name_leads_back_to_its_key() -> None:
    key = VideoKey("car-park-night", "h265", 1080, 25, 4, Picture.MOVED)
    assert VideoKey.named(key.name) == key


@pytest.mark.parametrize(
    "name", ["door", "door_h264_720p15_gop2_purple", "door_h264_720p0_gop2_clear", "../etc_h264_720p15_gop2_clear"]
)
def test_a_name_without_a_key_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        VideoKey.named(name)


@pytest.mark.parametrize("seconds", range(1, 11))
def test_a_loop_is_whole_gops_of_at_least_twelve_seconds(seconds: int) -> None:
    key = VideoKey("door", gop_seconds=seconds)
    assert key.frames % key.frames_per_gop == 0
    assert key.frames >= 12 * key.fps


@pytest.mark.usefixtures("_videos")
def test_what_is_there_is_not_made_again() -> None:
    key = VideoKey("door", height=360)
    made = key.file.stat().st_mtime_ns
    make_missing([key])
    assert key.file.stat().st_mtime_ns == made


@pytest.mark.usefixtures("_videos")
def test_every_picture_knows_where_its_gop_began() -> None:
    played = video(VideoKey("door", height=360))
    assert played.last_keyframes[:31] == (*[0] * 30, 30)


def test_a_video_appears_whole_and_older_drawings_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The studio is a process of its own, so it is called here as it calls itself.
    from simulator import studio

    for module in (videos, studio):
        monkeypatch.setattr(module, "DIRECTORY", tmp_path)
    outdated, foreign = tmp_path / "door_h264_360p15_gop1_clear_00000000.h264", tmp_path / ".made"
    for file in (outdated, foreign):
        file.touch()
    key = VideoKey("door", height=360, gop_seconds=1, picture=Picture.FROZEN)
    studio.make([key.name])
    assert {file.name for file in tmp_path.iterdir()} == {key.file.name, foreign.name}


def test_a_studio_that_fails_is_an_error_with_a_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(videos, "DIRECTORY", tmp_path)
    monkeypatch.setattr(videos.sys, "executable", "/bin/false")
    with pytest.raises(VideoNotMade, match=r"python -m simulator\.videos"):
        make_missing([VideoKey("door")])


def test_the_standard_set_has_no_doubles() -> None:
    keys = standard_set()
    assert len(set(keys)) >= len(keys) - 1
