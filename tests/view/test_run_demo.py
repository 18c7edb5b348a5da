"""The command line as a user meets it: exit codes, messages, files."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import numpy as np
import pytest

import run_demo
from sim.kinds import CAUSES
from sim.recorded import Facts, RecordedDrive
from sim.scenario import SCENARIOS
from sim.scene import OBJECT_COLUMNS
from sim.view.actions import ACTIONS
from sim.view.recording.provenance import read_provenance
from tests.view.clips import make, scene

EXPERT = ["--policy", "expert"]
ROOT = Path(run_demo.__file__).parent
DEER = ROOT / "docs/examples/deer.py"


@pytest.fixture(autouse=True)
def in_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one line that refuses these arguments."""
    with pytest.raises(SystemExit) as stop:
        run_demo.main(arguments)
    assert stop.value.code == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith("error: ")
    return lines[0]


def frames(path: str) -> list[np.ndarray]:
    with av.open(path) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def start(*arguments: str, **environment: str) -> "subprocess.Popen[str]":
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER", "SDL_VIDEO_DRIVER")
    clean = {name: value for name, value in os.environ.items() if name not in hidden}
    command = [sys.executable, str(ROOT / "run_demo.py"), *EXPERT, *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, text=True, env={**clean, "PYTHONPATH": str(ROOT), **environment}, **pipes)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--policy", "topk-patchs"], ["'topk-patchs'", "did you mean 'topk-patches'?"]),
        (["--policy", "."], ["."]),
        ([*EXPERT, "--theme", "medow"], ["'medow'", "did you mean 'meadow'?"]),
        ([*EXPERT, "--scenario", "open-rode"], ["'open-rode'", "did you mean 'open-road'?"]),
        ([*EXPERT, "--scenario", "twon"], ["'twon'", "did you mean 'town'?", "open-road", "traffic"]),
        ([*EXPERT, "--scenario", "gone.py:deer"], ["'gone.py:deer'", "no file gone.py", "expected"]),
        ([*EXPERT, "--scenario", f"{DEER}:deer"], ["'deer'", "choose from: scenario"]),
        ([*EXPERT, "--theme", f"{DEER}:scenario"], ["is of type Scenario", "expected a Theme"]),
        ([*EXPERT, "--seed", "x"], ["--seed", "'x'"]),
        ([*EXPERT, "--seed", "-1"], ["--seed", "-1", "from 0 up"]),
        ([*EXPERT, "--seconds", "-2"], ["--seconds", "-2", "above 0"]),
        ([*EXPERT, "--seconds", "0"], ["--seconds", "above 0"]),
        ([*EXPERT, "--seconds", "nan"], ["--seconds", "nan"]),
        ([*EXPERT, "--seconds", "inf"], ["--seconds", "inf"]),
        ([*EXPERT, "--seconds", "soon"], ["--seconds", "'soon'"]),
        ([*EXPERT, "--seconds"], ["--seconds"]),
        ([*EXPERT, "--sed", "3"], ["--sed", "did you mean --seed?"]),
        ([*EXPERT, "now"], ["now"]),
        ([*EXPERT, "--record", "a.avi"], ["a.avi", ".mp4"]),
        ([*EXPERT, "--record", "a"], ["'a'", ".mp4"]),
        ([*EXPERT, "--record", ".mp4"], ["'.mp4'", "expected a name before the ending", "drive.mp4"]),
        ([*EXPERT, "--record", "sub/.GIF"], ["sub/.GIF'", "expected a name before the ending"]),
        ([*EXPERT, "--record", "d/a.mp4", "--dump", "d"], ["--record d/a.mp4 lies in --dump d"]),
        ([*EXPERT, "--record", "d/a.mp4", "--dump", "./d/a.mp4"], ["lies in --dump"]),
        ([*EXPERT, "--quality", "tiny"], ["--quality"]),
        ([*EXPERT, "--size", "big"], ["--size big", "such as 1280x720"]),
        ([*EXPERT, "--size", "641x360"], ["--size 641x360", "such as 642x360"]),
        ([*EXPERT, "--rate", "20"], ["--rate 20", "only with --video"]),
        (["--video", "http://host/a.mp4"], ["'http://host/a.mp4' is an address"]),
        ([*EXPERT, "--record-view", "chas"], ["--record-view", "chas", "chase"]),
        ([*EXPERT, "--video", "a.mp4"], ["--policy expert", "cannot drive a video"]),
        (["--policy", "human", "--video", "a.mp4"], ["--policy human", "cannot drive a video"]),
        (["--tour", "--video", "a.mp4"], ["--tour", "--video"]),
        ([*EXPERT, "--tour"], ["--tour", "topk-patches", "--policy expert"]),
        (["--video", "missing.mp4"], ["missing.mp4"]),
        (["--video", "."], ["."]),
        ([*EXPERT, "--horizon", "0.5"], ["--horizon 0.5", "only with --video"]),
        ([*EXPERT, "--assumed-speed", "9"], ["--assumed-speed 9", "only with --video"]),
        (["--video", "a.mp4", "--theme", "night"], ["--theme night", "only without --video"]),
        (["--video", "a.mp4", "--seed", "7"], ["--seed 7", "only without --video"]),
        (["--video", "a.mp4", "--horizon", "1.5"], ["horizon", "1.5"]),
        (["--video", "a.mp4", "--assumed-speed", "-3"], ["speed", "-3"]),
        (["--video", "a.mp4", "--assumed-speed", "fast"], ["--assumed-speed", "fast"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_mistakes(arguments: list[str], words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = refused([*arguments, "--headless"], capsys)
    assert all(word in line for word in words), line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("option", ["--record", "--dump"])
def test_places_that_are_files(option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("file").touch()
    line = refused([*EXPERT, "--headless", option, "file/a.mp4"], capsys)
    assert "file" in line
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("name", ["clip.mp4", "./clip.mp4", "linked.mp4", "hard.mp4", "redgaze-demo.mp4"])
def test_a_recording_never_overwrites_what_is_watched(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    clip = Path("clip.mp4")
    clip.write_bytes(b"somebody's only copy")
    Path("linked.mp4").symlink_to(clip)
    os.link(clip, "hard.mp4")
    record = ["--record", name]
    if name == "redgaze-demo.mp4":  # the name that a recording has by default
        os.link(clip, name)
        record = []
    line = refused(["--headless", "--video", str(clip.resolve()), *record], capsys)
    assert f"{Path(name)}' is read, too" in line
    assert "expected another name" in line
    assert clip.read_bytes() == b"somebody's only copy"


def test_a_recording_overwrites_no_image_and_no_checkpoint(capsys: pytest.CaptureFixture[str]) -> None:
    for folder in ("frames", "mine"):
        Path(folder).mkdir()
    for name in ("frames/0.webp", "mine/model.safetensors"):
        Path(name).write_bytes(b"data")
    os.link("mine/model.safetensors", "weights.mp4")
    assert "is read, too" in refused(["--headless", "--video", "frames", "--record", "frames/0.webp"], capsys)
    for policy in ("mine", "net.py:family@mine"):
        assert "is read, too" in refused(["--headless", "--policy", policy, "--record", "weights.mp4"], capsys)
    assert Path("frames/0.webp").read_bytes() == Path("weights.mp4").read_bytes() == b"data"


def test_a_dump_into_a_folder_with_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("thesis.txt").touch()
    assert "expected a new or empty folder" in refused([*EXPERT, "--headless", "--dump", "."], capsys)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_recording_that_fails_leaves_no_dump_either(capsys: pytest.CaptureFixture[str]) -> None:
    Path("file").touch()
    refused([*EXPERT, "--headless", "--dump", "dump", "--record", "file/a.mp4"], capsys)
    assert not Path("dump").exists() or not list(Path("dump").iterdir())


def test_a_damaged_checkpoint(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("mine").mkdir()
    Path("mine/config.json").write_text("{")
    assert "mine" in refused(["--policy", "mine", "--headless"], capsys)


def test_a_full_disk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.mp4").symlink_to("/dev/full")
    assert "a.mp4: No space left on device" in refused([*EXPERT, "--headless", "--record", "a.mp4"], capsys)
    assert list(tmp_path.iterdir()) == []


def test_list_names_everything(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_demo.main(["--list"]) == 0
    said = capsys.readouterr().out
    for name in ("expert", "open-road", "meadow", "heldout", *(key for action in ACTIONS for key in action.keys)):
        assert name in said
    for name, scenario in SCENARIOS.items():
        assert any(name in line and scenario.about in line for line in said.splitlines())


def test_help_names_the_options(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        run_demo.main(["--help"])
    assert stop.value.code == 0
    said = capsys.readouterr().out
    assert all(f"--{name.replace('_', '-')}" in said for name in run_demo.Options.__dataclass_fields__)


def test_headless_recording_and_dump(capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--headless", "--seconds", "0.5", "--record", "out/a.mp4", "--dump", "out/dump", "--theme", "meadow"]
    assert run_demo.main([*EXPERT, *options]) == 0
    said = capsys.readouterr().out
    assert str(Path("out/a.mp4").resolve()) in said
    pictures = frames("out/a.mp4")
    assert len(pictures) == 30
    assert pictures[0].shape == (720, 1280, 3)
    lines = [json.loads(line) for line in Path("out/dump/steps.jsonl").read_text().splitlines()]
    assert len(lines) == 10
    assert lines[0]["labels"] == {"theme": "meadow", "scenario": "town", "seed": "20000"}
    provenance = read_provenance(Path("out/a.mp4"))
    assert (provenance["policy"], provenance["theme"]) == ("expert", "meadow")
    assert provenance["versions"]["world"]


@pytest.mark.parametrize("scenario", ["traffic", "town", f"{DEER}:scenario"])
def test_every_scenario_is_recorded_and_dumped_with_its_causes(scenario: str) -> None:
    options = ["--headless", "--seconds", "0.2", "--record", "a.webm", "--dump", "dump", "--scenario", scenario]
    assert run_demo.main([*EXPERT, *options]) == 0
    assert read_provenance(Path("a.webm"))["scenario"] == scenario
    assert json.loads(Path("dump/provenance.json").read_text())["scenario"] == scenario
    line = json.loads(Path("dump/steps.jsonl").read_text().splitlines()[0])
    arrays = np.load(Path("dump") / line["file"])
    assert line["labels"]["scenario"] == scenario
    assert (line["completion"], line["score"], line["infractions"]) == (0.0, 0.0, {})
    assert line["cause"] in CAUSES
    there = np.isfinite(arrays["distances"])
    assert np.array_equal(there, arrays["objects"][:, OBJECT_COLUMNS.index("kind")] >= 0)
    assert there.any()


def test_a_checkpoint_folder_drives_and_its_selection_is_dumped() -> None:
    from agent.checkpoint import save_checkpoint
    from agent.families import find

    untrained = find("topk-patches")
    save_checkpoint(Path("mine"), untrained, untrained.network(untrained.config()), {"note": "untrained"})
    options = ["--headless", "--seconds", "0.2", "--record", "a.mp4", "--dump", "dump"]
    assert run_demo.main(["--policy", "mine", *options]) == 0
    provenance = read_provenance(Path("a.mp4"))["policy_provenance"]
    assert provenance["note"] == "untrained"
    assert len(provenance["weights_sha256"]) == 64
    line = json.loads(Path("dump/steps.jsonl").read_text().splitlines()[0])
    arrays = np.load(Path("dump") / line["file"])
    assert line["map_kind"] == "selection"
    assert arrays["kept"].shape == arrays["map"].shape
    assert not arrays["map"][~arrays["kept"]].any()


def test_a_video_comes_out_as_long_as_it_went_in(capsys: pytest.CaptureFixture[str]) -> None:
    with av.open("clip.mp4", "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for index in range(26):
            picture = np.full((180, 320, 3), 60 + index, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    options = ["--headless", "--video", "clip.mp4", "--horizon", "0.5", "--record", "a.mp4", "--dump", "dump"]
    assert run_demo.main(options) == 0
    with av.open("a.mp4") as container:
        assert container.streams.video[0].average_rate == 25
    assert len(frames("a.mp4")) == 26
    made = read_provenance(Path("a.mp4"))
    assert (made["horizon"], made["footage_damage"]) == (0.5, {"lost": 0, "damaged": 0})
    said = capsys.readouterr().out
    assert "26/26" in said
    assert "damaged" not in said


def test_damage_is_said_at_the_end_and_in_what_was_written(capsys: pytest.CaptureFixture[str]) -> None:
    clip = make(Path("a.ts"), "h264.ts", scene(30))
    data = clip.read_bytes()
    third = len(data) // 188 // 3 * 188
    clip.write_bytes(data[:third] + data[third + 188 * 60 :])
    options = ["--headless", "--video", "a.ts", "--horizon", "0.5", "--record", "a.webm", "--dump", "dump"]
    assert run_demo.main(options) == 0
    damage = read_provenance(Path("a.webm"))["footage_damage"]
    assert damage["lost"] > 0
    assert f"footage is damaged: {damage['lost']} lost" in capsys.readouterr().out
    assert json.loads(Path("dump/provenance.json").read_text())["footage_damage"] == damage
    last = json.loads(Path("dump/steps.jsonl").read_text().splitlines()[-1])
    assert " lost" in last["labels"]["damage"]


def test_a_tour_can_be_recorded() -> None:
    assert run_demo.main(["--tour", "--headless", "--seconds", "0.2", "--record", "a.webm"]) == 0
    assert len(frames("a.webm")) == 12


def test_without_a_display_it_records_and_says_where(tmp_path: Path) -> None:
    process = start("--seconds", "0.2")
    said, complaints = process.communicate(timeout=120)
    assert process.returncode == 0, complaints
    assert "no window" in said
    assert str(tmp_path / "redgaze-demo.mp4") in said
    assert len(frames("redgaze-demo.mp4")) == 12


def test_in_a_window_for_a_given_time() -> None:
    process = start("--seconds", "0.3", "--record", "a.mp4", SDL_VIDEODRIVER="dummy")
    said, complaints = process.communicate(timeout=120)
    assert process.returncode == 0, complaints
    assert "no window" not in said
    assert "pictures/s" in said
    assert 1 <= len(frames("a.mp4")) <= 19


def test_ctrl_c_keeps_what_was_recorded() -> None:
    process = start("--seconds", "60", "--record", "a.mp4", SDL_VIDEODRIVER="dummy")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (Path("a.mp4").exists() and Path("a.mp4").stat().st_size > 100_000):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    said, complaints = process.communicate(timeout=30)
    assert process.returncode == 130, complaints
    assert "Traceback" not in complaints
    assert "recorded" in said
    assert len(frames("a.mp4")) > 1


def test_the_expert_needs_no_torch() -> None:
    code = "import run_demo, sys; run_demo.main(sys.argv[1:]); assert 'torch' not in sys.modules"
    options = [*EXPERT, "--headless", "--seconds", "0.1"]
    subprocess.run([sys.executable, "-c", code, *options], check=True, env={**os.environ, "PYTHONPATH": str(ROOT)})


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """Two and a half seconds of going straight on, saved."""
    facts = Facts(20_003, "traffic", "snow", "me", "cut short")
    recorded = RecordedDrive(facts, np.full((50, 2), [0.0, 0.125], np.float32))
    path = tmp_path / "saved drive.npz"
    path.write_bytes(recorded.to_bytes())
    return path


def test_a_saved_drive_is_replayed_while_somebody_looks_on(saved: Path) -> None:
    """With the actions of then; past them the onlooker drives."""
    assert run_demo.main([*EXPERT, "--headless", "--replay", str(saved), "--seconds", "2.6", "--dump", "steps"]) == 0
    steps = [json.loads(line) for line in Path("steps/steps.jsonl").read_text().splitlines()]
    assert [step["action"] for step in steps[:50]] == [[0.0, 0.125]] * 50
    assert steps[51]["action"] != [0.0, 0.125]
    assert {(step["labels"]["seed"], step["labels"]["scenario"], step["labels"]["theme"]) for step in steps} == {
        ("20003", "traffic", "snow")
    }
    said = read_provenance(Path("redgaze-demo.mp4"))
    assert (said["replay"], said["seed"], said["driver"], said["policy"]) == (str(saved), 20_003, "me", "expert")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--seed", "3"], "--seed 3: expected only without --replay"),
        (["--theme", "snow"], "--theme snow: expected only without --replay"),
        (["--tour"], "expected it without --replay"),
        (["--video", "x.mp4"], "expected only without --video"),
        (["--policy", "human"], "--policy human cannot look on"),
        (["--horizon", "0.4"], "--horizon 0.4: expected only with --video"),
    ],
)
def test_what_a_replay_cannot_be_beside(arguments: list[str], said: str, saved: Path, capsys) -> None:
    assert said in refused(["--replay", str(saved), *arguments], capsys)


def test_a_drive_that_is_none_is_told(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    saved.write_text("none")
    assert f"{saved} is no saved drive" in refused([*EXPERT, "--headless", "--replay", str(saved)], capsys)
    assert "gone.npz: No such file" in refused([*EXPERT, "--headless", "--replay", "gone.npz"], capsys)
