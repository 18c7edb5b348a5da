"""How many pixels the road is drawn with: fewer while the machine is late, more again where there is room."""

SHARES = (1.0, 0.85, 0.72, 0.6, 0.5, 0.42, 0.35)
"""Of the width and height that the window has for the road, from the finest down. Each step is about a quarter fewer
pixels: a change that is hardly seen."""

WINDOW = 0.5
"""Seconds over which lateness is judged."""

LATE_SHARE = 0.1
"""More late pictures than this, and it is drawn coarser."""

BUSY = 0.6
"""Below this share of its time the drawing thread is not what is slow: fewer pixels would gain nothing."""

ROOM = 0.8
"""The drawing thread may be busy for this share of its time after a step."""

WORTHWHILE = 0.25
"""Where drawing takes less of the thread's time than this, fewer pixels would cost more than they gain: deciding is
what is slow then."""

PATIENCE = 3.0
"""Seconds without lateness before a finer step is tried."""

LONGEST_PATIENCE = 48.0
"""Each finer step that has to be taken back doubles the patience, up to this many seconds."""


class Governor:
    """Times in, a share out.

    It goes down as far as the drawing thread's load asks for, and up by one step, if the load leaves room for that. A
    step up that fails is tried again later and later, so that the picture does not go to and fro.
    """

    def __init__(self) -> None:
        self._index = 0
        self._told = self._late = 0
        self._drawing = self._other = self._passed = 0.0
        self._calm = 0.0
        self._patience = PATIENCE
        self._tried = False

    @property
    def share(self) -> float:
        """Of the road's full width and height."""
        return SHARES[self._index]

    def tell(self, passed: float, drawing: float, other: float = 0.0, *, late: bool) -> None:
        """One round of the loop. passed: seconds it took; drawing, other: of these the drawing thread drew the road, or
        did something else, such as deciding. late: whether it ended too late, or without a picture."""
        self._told += 1
        self._late += late
        self._drawing += drawing
        self._other += other
        self._passed += passed
        if self._passed >= WINDOW:
            self._judge(self._late / self._told, self._drawing / self._passed, self._other / self._passed)
            self._told = self._late = 0
            self._drawing = self._other = self._passed = 0.0

    def _judge(self, late: float, drawing: float, other: float) -> None:
        if late > LATE_SHARE:
            self._calm = 0.0
            if drawing + other > BUSY and drawing > WORTHWHILE:
                self._coarser(max(drawing, 1.0 - other), other)
            return
        self._calm += self._passed
        if self._calm >= self._patience:
            self._finer(drawing, other)

    def _coarser(self, drawing: float, other: float) -> None:
        """Down, as far as the load asks for."""
        if self._tried:
            self._patience = min(2 * self._patience, LONGEST_PATIENCE)
        self._tried = False
        before = self._pixels(self._index)
        for index in range(self._index + 1, len(SHARES)):
            self._index = index
            left = drawing * self._pixels(index) / before
            if left + other <= ROOM or left <= WORTHWHILE:
                return

    def _finer(self, drawing: float, other: float) -> None:
        """Up one step, if there is room; a step that has held until now was none too many."""
        if self._tried:
            self._patience = PATIENCE
        self._tried = False
        self._calm = 0.0
        if self._index and other + drawing * self._pixels(self._index - 1) / self._pixels(self._index) <= ROOM:
            self._index -= 1
            self._tried = True

    @staticmethod
    def _pixels(index: int) -> float:
        return SHARES[index] ** 2
