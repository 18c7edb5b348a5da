"""A file that grows from one state that plays to the next, and can be cut back to the last of them."""

import os
from pathlib import Path


class GrowingFile:
    """What an encoder writes to: `write`, `seek` and `tell`, unbuffered, so that a kill loses nothing written.

    A failed write is kept for the next `mark`, and everything after it is swallowed: no container can then patch what
    it wrote before, so that the file still holds its last whole state.
    """

    def __init__(self, path: Path) -> None:
        """Creates or empties the file; OSError where it cannot be written."""
        self._raw = path.open("wb", buffering=0)
        self._path = path
        self._failure: OSError | None = None
        self._whole = 0
        self.seconds = 0.0
        """How long the file plays as it stands."""

    def write(self, data: bytes) -> int:
        """Write all of `data`, unless an earlier write failed."""
        rest = memoryview(data)
        try:
            while rest and self._failure is None:
                rest = rest[self._raw.write(rest) :]  # a disk that is nearly full takes a part
        except OSError as error:
            self._failure = error
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """As in `io`."""
        return self._raw.seek(offset, whence)

    def tell(self) -> int:
        """As in `io`."""
        return self._raw.tell()

    def mark(self, seconds: float) -> None:
        """The file is whole as it stands; if it has grown, it now plays for so long. OSError if a write failed."""
        if self._failure:
            raise self._failure
        size = os.fstat(self._raw.fileno()).st_size
        if size > self._whole:
            self._whole, self.seconds = size, seconds

    def close(self) -> None:
        """Cut back to the last whole state; a file that plays for no time is removed."""
        if os.fstat(self._raw.fileno()).st_size > self._whole:
            self._raw.truncate(self._whole)
        self._raw.close()
        if not self.seconds:
            self._path.unlink(missing_ok=True)
