"""Decoding that goes on past damage as players do, and counts what it cost.

What is known of damage comes from four sides: packets that the container marks, packets that the decoder refuses,
frames that it marks, and errors that FFmpeg logs, which for some codecs (MPEG-2, MJPEG) are all that tells of it. One
thread decodes, so that what is logged belongs to the packet at hand.
"""

from collections import deque
from collections.abc import Iterator
from fractions import Fraction
from statistics import median_high

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from sim.view.footage.reader import BROKEN_OFF, DAMAGED, END, Losses, plausible

BROKEN_OFF_BEFORE = 0.9
"""A file that ends before this share of what it promised was cut short; a little less is a matter of counting."""

NEAR = 32
"""Packets between damage and the gap that it leaves between pictures: as many as a codec may hold back."""

PATIENCE = 1000
"""Errors of the container, after which nothing more is expected of it."""

LONGEST_GAP = Fraction(600)
"""Seconds; between longer ones the time stamps are damaged."""

STEPS = 15
"""So many steps from picture to picture tell, by their median, how far apart pictures are."""

NO_TIMESTAMPS = 0x80
"""FFmpeg's AVFMT_NOTIMESTAMPS."""

APP_FIELDS = "unable to decode APP fields"
"""What FFmpeg says of a camera maker's own fields in sound JPEG pictures."""


class Decoding:
    """Iterates over the frames of one video stream. losses: so far. ending: why no frame follows, once none does."""

    def __init__(self, container: InputContainer, stream: VideoStream) -> None:
        self._container, self._stream = container, stream
        stream.codec_context.thread_count = 1
        self._rate = plausible(stream.average_rate or stream.guessed_rate).value
        self._shown = self._refused = self._missing = 0
        self._marked = self._logged = self._mistaken = 0
        self._packets, self._suspect = 0, -NEAR
        self._interlaced = False
        self._begun: Fraction | None = None
        self._steps: deque[Fraction] = deque(maxlen=STEPS)
        self.ending = END

    @property
    def losses(self) -> Losses:
        """What was lost up to the last frame; in all, once there is none left."""
        damaged = (
            max(self._marked, self._logged) + self._mistaken
        )  # a frame may be marked long after the error was logged
        return Losses(max(self._refused, self._missing), damaged)

    def __iter__(self) -> Iterator[VideoFrame]:
        for packet in self._demuxed():
            self._begin(packet)
            for frame in self._decoded(packet):
                self._note(frame)
                yield frame
        self._end()

    def _demuxed(self) -> "Iterator[Packet[VideoStream]]":
        """All packets, past errors of the container."""
        for _ in range(PATIENCE):
            packets = self._container.demux(self._stream)
            try:
                while packet := self._next(packets):
                    yield packet
                return
            except av.FFmpegError:
                self._suspect = self._packets
        self.ending = DAMAGED

    def _next(self, packets: "Iterator[Packet[VideoStream]]") -> "Packet[VideoStream] | None":
        """The next packet; errors that the container logs on the way are damage before it."""
        errors = errors_logged()
        packet = next(packets, None)
        if errors_logged() > errors:
            self._suspect = self._packets
        return packet

    def _begin(self, packet: "Packet[VideoStream]") -> None:
        """Where the pictures begin to be due, and whether the container knows of damage."""
        if packet.size and not self._shown and packet.pts is not None:
            before = packet.pts * packet.time_base - self._step
            self._begun = before if self._begun is None else min(before, self._begun)
        if packet.is_corrupt or (packet.size and not self._packets and not packet.is_keyframe):
            self._suspect = self._packets
        self._packets += bool(packet.size)

    def _decoded(self, packet: "Packet[VideoStream]") -> list[VideoFrame]:
        """The frames that a packet gives; those with damage counted."""
        errors = errors_logged()
        try:
            frames = packet.decode()
        except av.FFmpegError:
            self._refused += bool(packet.size)
            self._suspect = self._packets
            return []
        logged = (errors_logged() > errors and not harmless()) or packet.is_corrupt
        marked = sum(frame.is_corrupt for frame in frames)
        self._logged, self._marked = self._logged + logged, self._marked + marked
        if logged or marked:
            self._suspect = self._packets
        return frames

    def _note(self, frame: VideoFrame) -> None:
        """Count a frame, and those that are missing before it, where damage is the reason."""
        self._shown += 1
        self._interlaced |= frame.interlaced_frame
        if frame.pts is None or frame.time_base is None:
            return
        begin = frame.pts * frame.time_base
        way = LONGEST_GAP if self._begun is None else begin - self._begun
        if -LONGEST_GAP < way <= 0:  # late, out of what damage put in disorder: one of those that seemed to be missing
            self._missing = max(0, self._missing - 1)
            return
        if self._packets - self._suspect <= NEAR:
            self._missing += self._pictures_in(way)
        elif 0 < way < LONGEST_GAP:
            self._steps.append(Fraction(way))
        self._begun = begin

    @property
    def _step(self) -> Fraction:
        """Seconds from one picture to the next, where all is well: what the container says is an average."""
        return median_high(self._steps) if self._steps else 1 / self._rate

    def _pictures_in(self, way: Fraction) -> int:
        """How many pictures are missing on the way from one picture's time to the next one's."""
        return max(0, round(way / self._step) - 1) if way < LONGEST_GAP else 0

    def _end(self) -> None:
        """Settle the account: by the container's own count where that is exact, else by where its pictures end."""
        count = count_of(self._container, self._stream)
        if count is None:
            return
        left = self._left(count)
        if is_exact(self._container, self._stream) and not self._interlaced:
            self._settle(count - self._shown)
        elif left > (0 if self._suspect >= 0 else (1 - BROKEN_OFF_BEFORE) * count):
            self._missing += left
        if self.ending == END and left > (1 - BROKEN_OFF_BEFORE) * count:
            self.ending = BROKEN_OFF

    def _settle(self, missing: int) -> None:
        """So many are missing; what was refused and is there nevertheless is damaged."""
        self._missing = max(0, missing)
        self._mistaken = max(0, self._refused - self._missing)
        self._refused = 0

    def _left(self, count: int) -> int:
        """How many of so many pictures are due after the last one, where the length is known."""
        if not keeps_its_length(self._container):
            return 0
        if self._begun is None:
            return count - self._shown
        start = Fraction(self._container.start_time or 0, av.time_base)
        left = count - round((self._begun - start) * self._rate) - 1
        return left if 0 < left <= count else 0


def errors_logged() -> int:
    """How many errors FFmpeg has logged since PyAV was told to listen."""
    if av.logging.get_level() is None:  # nothing is to be printed; errors are counted at any level
        av.logging.set_level(av.logging.PANIC)
    return av.logging.get_last_error()[0]


def harmless() -> bool:
    """Whether the last error logged is one that sound footage gives, too."""
    last = av.logging.get_last_error()[1]
    return last is not None and APP_FIELDS in last[2]


def keeps_its_length(container: InputContainer) -> bool:
    """Whether the length is written at the front, and not read from the last time stamp that is still there."""
    return container.format.name.startswith(("matroska", "mov", "avi", "flv", "asf"))


def is_exact(container: InputContainer, stream: VideoStream) -> bool:
    """Whether the container counts its pictures, and leaves none of them out on purpose."""
    if not stream.frames:
        return False
    return stream.duration is None or round(stream.duration * (stream.time_base or 0) * _rate(stream)) == stream.frames


def has_clock(container: InputContainer) -> bool:
    """Whether the format has time stamps at all."""
    return not container.format.flags & NO_TIMESTAMPS


def count_of(container: InputContainer, stream: VideoStream) -> int | None:
    """By the duration, which knows of what an edit leaves out; by the file's own count where there is none."""
    if stream.duration is not None and stream.time_base is not None:
        return round(stream.duration * stream.time_base * _rate(stream)) or None
    return stream.frames or round(Fraction(container.duration or 0, av.time_base) * _rate(stream)) or None


def _rate(stream: VideoStream) -> Fraction:
    return plausible(stream.average_rate or stream.guessed_rate).value
