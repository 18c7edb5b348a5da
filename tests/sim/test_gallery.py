"""The gallery: a picture for every scenario, theme and view, and a sheet that holds them all."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from sim.gallery import CAPTION, INSTANTS, MARGIN, SMALL, main, sheet
from sim.scenario import SCENARIOS


def test_every_scenario_has_its_instant() -> None:
    assert tuple(INSTANTS) == tuple(SCENARIOS)


def test_a_sheet_has_a_column_for_each_caption_and_pictures_where_they_belong() -> None:
    """Two rows of two flat pictures, one of them no larger than a pixel."""
    greys = [[np.full((360, 640, 3), 100, np.uint8), np.full((1, 1, 3), 110, np.uint8)]] * 2
    drawn = sheet(greys, ("left", "right"))
    assert drawn.shape == (CAPTION + 2 * (SMALL[0] + MARGIN), MARGIN + 2 * (SMALL[1] + MARGIN), 3)
    second = CAPTION + SMALL[0] + MARGIN
    assert (drawn[second : second + SMALL[0], MARGIN : MARGIN + SMALL[1]] == 100).all()
    assert (drawn[second : second + SMALL[0], -MARGIN - SMALL[1] : -MARGIN] == 110).all()


def test_the_command_writes_all_pictures_of_a_theme(tmp_path: Path) -> None:
    assert main(["--out", str(tmp_path), "--theme", "snow", "--size", "160", "90"]) == 0
    views = ("camera", "driver", "chase", "policy")
    expected = {f"{scenario}-snow-{view}.png" for scenario in INSTANTS for view in views} | {"sheet.png"}
    assert {path.name for path in tmp_path.iterdir()} == expected
    assert cv2.imread(str(tmp_path / "town-snow-camera.png")).shape == (90, 160, 3)
    assert cv2.imread(str(tmp_path / "town-snow-policy.png")).shape == (72, 128, 3)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--theme", "snwo"], ["snwo", "snow"]),
        (["--size", "0", "720"], ["0"]),
    ],
)
def test_mistakes_are_one_line(
    arguments: list[str], words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["--out", str(tmp_path), *arguments])
    said = capsys.readouterr().err
    assert stop.value.code == 2
    assert said.count("\n") == 1
    assert all(word in said for word in words)
