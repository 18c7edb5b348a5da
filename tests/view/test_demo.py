"""The loop around a playback: wishes, messages, recordings, and what happens when one of them goes wrong."""

import errno
import gc
import random
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from sim.driver import Expert, PolicyDriver
from sim.policy import Policy
from sim.view import actions as do
from sim.view.actions import ACTIONS, DRIVING_KEYS
from sim.view.capture import Capture
from sim.view.demo import WELCOME, Demo, NoDisplay
from sim.view.drive import Drive
from sim.view.hud.layout import DESIGN_SIZE, picture_size
from sim.view.hud.screen import chips
from sim.view.pacing import RateKeeper
from sim.view.playback import SPEEDS, Playback
from sim.view.recording.provenance import read_provenance
from sim.view.world_source import WorldSource

SMALL = (270, 480)


class Audience:
    """A display that asks for what the test wrote down, and keeps what it was shown."""

    def __init__(self, *wishes: list[str], size: tuple[int, int] = SMALL) -> None:
        self.wishes, self.size = list(wishes), size
        self.pictures: list[np.ndarray] = []
        self.full_screen = False

    def show(self, picture: np.ndarray) -> None:
        self.pictures.append(picture.copy())

    def asked(self) -> list[str]:
        return self.wishes.pop(0) if self.wishes else []

    def held(self) -> list[str]:
        return []

    def toggle_full_screen(self) -> None:
        self.full_screen = not self.full_screen


def clockwork() -> RateKeeper:
    """A keeper that never waits and is never late."""
    return RateKeeper(60, clock=lambda: 0.0, sleep=lambda _: None)


def test_record_presets(drive: Playback, tmp_path: Path) -> None:
    """The window with its panels, or a view of the road alone, at a recording's full size."""
    greys = {}
    for view in ("window", "camera", "afar"):
        capture = Capture(drive, dict, view=view, live=False, folder=tmp_path)
        path = tmp_path / f"{view}.mp4"
        capture.start(path)
        Demo(drive, NoDisplay(), capture).run(2)
        assert str(path) in capture.stop()
        with av.open(str(path)) as container:
            (first, _) = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
        assert first.shape == (*DESIGN_SIZE, 3)
        greys[view] = first[700, 1270].mean()  # a corner that the window leaves dark
        drive.restart(lambda: None)
    assert greys["window"] < 40
    assert greys["afar"] > 240


def test_a_preset_that_the_source_does_not_offer(drive: Playback) -> None:
    with pytest.raises(ValueError, match=r"'chase'.*window, camera, afar"):
        Capture(drive, dict, view="chase", live=False)


@pytest.fixture
def make(drive: Playback, tmp_path: Path):
    """A demo of the counting source before this audience; recordings land in tmp_path."""
    capture = Capture(drive, lambda: {"policy": drive.settings.policy}, live=True, folder=tmp_path)

    def make(audience: Audience, **options) -> Demo:
        return Demo(drive, audience, capture, **{"keeper": clockwork(), **options})

    yield make
    capture.stop()


def said(demo: Demo) -> str:
    return demo._extras().message


@pytest.mark.parametrize("lacking", ["", "round 2 of 16, its gates are not closed yet"])
def test_an_unfinished_driver_is_told_at_once_and_stays_marked(make, drive: Playback, lacking: str) -> None:
    demo = make(Audience())
    drive.drive.driver.provenance = {"unfinished": lacking} if lacking else {}
    demo.greet()
    assert said(demo) == (f"unfinished: {lacking}" if lacking else WELCOME)
    assert [chip.text for chip in chips(drive, demo._extras())] == (["unfinished"] if lacking else [])


def test_so_many_pictures_are_shown(make) -> None:
    audience = Audience()
    make(audience).run(5)
    assert [picture.shape for picture in audience.pictures] == [(*SMALL, 3)] * 5


def test_it_ends_when_asked(make) -> None:
    audience = Audience([], [do.PAUSE], [do.OVERLAY], [do.QUIT])
    demo = make(audience)
    demo.run()
    assert len(audience.pictures) == 4, "the picture of the wish itself is still shown"
    assert demo.playback.settings.paused
    assert not demo.playback.settings.red


@pytest.mark.parametrize("wish", [do.OVERLAY, do.NEXT_VIEW, do.NEXT_TRACK, do.HELP, do.BLIND_READ, do.NEXT_POLICY])
def test_a_wish_shows_in_the_very_next_picture(make, wish: str) -> None:
    audience = Audience([do.PAUSE], [], [], [], [], [wish])
    make(audience).run(6)
    assert np.array_equal(audience.pictures[3], audience.pictures[4]), "at rest"
    assert not np.array_equal(audience.pictures[4], audience.pictures[5])


def test_the_picture_follows_the_windows_size(make) -> None:
    audience = Audience()
    demo = make(audience)
    for size in (SMALL, (540, 960), (315, 560)):
        audience.size = size
        demo.run(1)
        assert audience.pictures[-1].shape == (*size, 3)


def test_what_a_source_does_not_offer_is_said(make, source) -> None:
    type(source).capabilities, kept = property(lambda _: {}), type(source).capabilities
    try:
        demo = make(Audience([do.NEXT_THEME]))
        demo.run(1)
        assert said(demo) == "only the simulator can change the light"
    finally:
        type(source).capabilities = kept


def test_a_message_goes_after_a_while(make) -> None:
    demo = make(Audience())
    demo.say("hello")
    demo.run(60)
    assert said(demo) == "hello"
    demo.run(300)
    assert said(demo) == ""


def test_full_screen_that_cannot_be_is_a_message(make) -> None:
    audience = Audience([do.FULL_SCREEN])
    audience.toggle_full_screen = lambda: (_ for _ in ()).throw(RuntimeError("no full screen here"))
    demo = make(audience)
    demo.run(1)
    assert said(demo) == "no full screen here"
    assert demo._extras().alarm


def test_recording_by_key(make, tmp_path: Path) -> None:
    demo = make(Audience([do.RECORD]), keeper=RateKeeper(60))
    demo.run(30)
    assert demo.capture.recording
    assert demo._extras().recorded == 0
    demo.act(do.RECORD)
    (path,) = tmp_path.glob("redgaze-*.mp4")
    assert said(demo).startswith("recorded 0.")
    assert str(path) in said(demo)
    assert not demo.capture.recording
    assert read_provenance(path)["policy"] == "fake"
    with av.open(str(path)) as container:
        assert (container.streams.video[0].height, container.streams.video[0].width) == DESIGN_SIZE


def test_a_screenshot_is_the_picture_on_show(make, tmp_path: Path) -> None:
    import cv2

    audience = Audience([], [], [do.SCREENSHOT])
    make(audience).run(3)
    (path,) = tmp_path.glob("redgaze-*.png")
    assert np.array_equal(cv2.imread(str(path))[..., ::-1], audience.pictures[1])


def test_files_that_cannot_be_written_are_messages_and_the_demo_goes_on(make, tmp_path: Path) -> None:
    audience = Audience([do.RECORD], [do.SCREENSHOT])
    demo = make(audience)
    demo.capture._folder = tmp_path / "file" / "folder"
    (tmp_path / "file").touch()
    demo.run(1)
    assert "file" in said(demo)
    assert demo._extras().alarm
    demo.run(5)
    assert len(audience.pictures) == 6
    assert not demo.capture.recording


class FullDisk:
    """A recorder that fails at its third picture."""

    pictures, dropped, seconds, path = 0, 0, 0.0, Path("a.mp4")

    def write(self, picture: np.ndarray) -> None:
        self.pictures += 1
        if self.pictures == 3:
            raise OSError(errno.ENOSPC, "No space left on device", "a.mp4")


def test_a_disk_that_fills_up_is_a_message_and_the_demo_goes_on(make) -> None:
    audience = Audience()
    demo = make(audience)
    demo.capture._recorder = FullDisk()
    demo.run(10)
    assert said(demo) == "a.mp4: No space left on device"
    assert len(audience.pictures) == 10
    assert not demo.capture.recording


def test_a_disk_that_fills_up_where_nobody_watches_ends_it(make) -> None:
    demo = make(NoDisplay(), keeper=None)
    demo.capture._recorder = FullDisk()
    with pytest.raises(OSError, match="No space left"):
        demo.run(10)


def test_nobody_watches_pictures_of_the_designs_size() -> None:
    assert NoDisplay().size == DESIGN_SIZE


def test_it_stops_at_the_end_if_it_should(make, source) -> None:
    source.length = 4
    demo = make(Audience())
    demo.run(stop_at_end=True)
    assert source.now == 4
    assert len(demo.display.pictures) == 12


def test_a_late_loop_leaves_out_pictures_between_decisions(make, source) -> None:
    now = [0.0]

    class Slow(Audience):
        def show(self, picture: np.ndarray) -> None:
            super().show(picture)
            now[0] += 0.04

    audience = Slow()
    make(audience, keeper=RateKeeper(60, clock=lambda: now[0], sleep=lambda _: None)).run(9)
    assert len(source.applied) == 3, "the world kept its pace"
    assert 3 <= len(audience.pictures) < 9


def test_it_says_how_late_it_is(make) -> None:
    demo = make(Audience())
    demo.keeper.lateness = 0.12
    assert demo._extras().lateness == 0.12
    demo.keeper.lateness = 0.01
    assert demo._extras().lateness == 0.0


def monkey(
    steps: int, seed: int, policy: Policy, folder: Path, each: Callable[[int], object] = lambda step: None
) -> None:
    """Press, hold, click and resize at random through a real window; the state is checked all the way."""
    pygame = pytest.importorskip("pygame")
    from sim.view.window import FrameWindow

    chance = random.Random(seed)
    source = WorldSource(theme="meadow", seed=10_000)
    playback = Playback(Drive(source, {"topk-patches": lambda: PolicyDriver(policy), "expert": Expert}, "topk-patches"))
    keys = [key for action in ACTIONS if action.name != do.QUIT for key in action.keys]
    with FrameWindow("monkey", (480, 270)) as window:
        capture = Capture(playback, dict, live=True, folder=folder)
        demo = Demo(playback, window, capture, keeper=clockwork())
        for step in range(steps):
            event = chance.random()
            if event < 0.80:
                code = pygame.key.key_code(chance.choice([*keys, *DRIVING_KEYS, "x", "tab", "5"]))
                kind = chance.choice((pygame.KEYDOWN, pygame.KEYUP))
                pygame.event.post(pygame.event.Event(kind, key=code))
            elif event < 0.95:
                spot = {"pos": (chance.randrange(4000), chance.randrange(4000)), "button": chance.randrange(1, 6)}
                pygame.event.post(pygame.event.Event(pygame.MOUSEBUTTONDOWN, **spot))
            else:
                width, height = chance.randrange(200, 900), chance.randrange(120, 600)
                pygame.display.set_mode((width, height), pygame.RESIZABLE)
            demo.run(1)
            check_state(demo)
            each(step)
        capture.stop()
    playback.close()


def check_state(demo: Demo) -> None:
    playback = demo.playback
    assert playback.settings.view in playback.source.views
    assert playback.settings.speed in SPEEDS
    assert playback.settings.policy in ("topk-patches", "expert")
    assert 0 <= playback.progress <= 1
    assert np.isfinite(playback.moment.action).all()
    assert demo._picture.shape == (*demo.display.size, 3)
    surface = demo.display._surface.get_size()
    assert demo.display.size == picture_size(surface[::-1])
    assert not demo.quitting


@pytest.fixture(scope="module")
def flagship() -> Policy:
    from agent import load_policy

    return load_policy("topk-patches")


def test_a_monkey_at_the_keys(flagship: Policy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    monkey(400, 0, flagship, tmp_path)


@pytest.mark.slow
def test_a_monkey_at_the_keys_for_long(flagship: Policy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """20,000 events in one demo; once its caches are full, after the first fifth, memory must not grow."""
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    memory: list[float] = []

    def note(step: int) -> None:
        if step % 2_000 == 1_999:
            gc.collect()
            memory.append(resident_mb())
            print(f"{step + 1} events: {memory[-1]:.0f} MB, {len(gc.get_objects())} objects", flush=True)

    monkey(20_000, 1, flagship, tmp_path, note)
    assert max(memory[2:]) < memory[1] + 25


def resident_mb() -> float:
    """Memory of this process that is in use now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def test_nobody_watches_so_all_pixels_are_drawn(make, drive: Playback) -> None:
    """A machine is late in a window alone: what is recorded without one hangs on no clock."""
    demo = Demo(drive, NoDisplay(), Capture(drive, dict, live=False))
    demo.governor.tell = None  # type: ignore[assignment, method-assign]
    demo.run(9)
    assert demo.governor.share == 1.0


def test_a_late_window_draws_the_road_coarser_and_says_so(drive: Playback, monkeypatch) -> None:
    audience = Audience(size=DESIGN_SIZE)
    demo = Demo(drive, audience, Capture(drive, dict, live=True), keeper=clockwork())
    monkeypatch.setattr(type(demo.governor), "share", 0.5)
    sizes = []
    picture = drive.picture
    monkeypatch.setattr(drive, "picture", lambda size: sizes.append(size) or picture(size))
    demo.run(2)
    assert set(sizes) == {(269, 478)}
    assert demo._coarse() == "road drawn at 478 x 269: this machine is late"
    assert demo.drawn == {(269, 478): 2}


def test_what_is_not_compiled_yet_waits(make, drive: Playback) -> None:
    demo = Demo(drive, Audience(), Capture(drive, dict, live=True), keeper=clockwork())
    demo.not_yet = lambda action: "in a moment" if action == do.NEXT_VIEW else ""
    before = drive.settings.view
    demo.act(do.NEXT_VIEW)
    assert drive.settings.view == before
    assert demo._message == "in a moment"
    demo.not_yet = lambda action: ""
    demo.act(do.NEXT_VIEW)
    assert drive.settings.view != before
