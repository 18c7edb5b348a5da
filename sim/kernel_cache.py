"""Where compiled kernels are kept between starts: a cache that no edit can leave stale and no damage can stop.

numba keys a cached function on its own source file alone, so a changed callee in another module would silently go on
running its old code. Here the folder is named after the contents of every module that holds kernels. Each compiled
signature is a file of its own, with a checksum: what was cut, emptied or damaged is dropped and compiled anew, and
processes that compile at the same time never overwrite each other's index, since there is none.

The folder lies in the user's own cache; where that cannot be written, or there is no home, in one private folder a
user among the temporary files. Where nothing can be kept the program runs all the same and says so once.
"""

import contextlib
import hashlib
import inspect
import os
import re
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numba
from numba.cloudpickle import loads
from numba.core.caching import CompileResultCacheImpl, _Cache
from numba.core.serialize import dumps

PRIVATE = 0o700
"""The mode of a folder that only its owner enters."""


def user_caches() -> Path | None:
    """Where this user's programs keep what can be made again; None where there is no home."""
    asked = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if asked.is_absolute():  # a relative one is to be ignored, says the standard
        return asked
    if sys.platform == "win32" and (local := os.environ.get("LOCALAPPDATA")):
        return Path(local)
    try:
        home = Path.home()
    except RuntimeError:  # no HOME, and a user without an entry in the table of users
        return None
    return home / ("Library/Caches" if sys.platform == "darwin" else ".cache")


def contents(package: Path) -> str:
    """What names a cache: numba's version, and the text of every module of the package that holds kernels, or
    constants that those compile in."""
    texts = {source: source.read_bytes() for source in sorted(package.rglob("*.py"))}
    found = {source for source, text in texts.items() if _HOLDS_KERNELS.search(text)}
    new = found
    while new:
        new = {each for source in new for each in _constants_of(texts[source], package) if each in texts} - found
        found |= new
    digest = hashlib.sha256(numba.__version__.encode())
    for source in sorted(found):
        digest.update(texts[source])
    return digest.hexdigest()[:16]


_HOLDS_KERNELS = re.compile(rb"^@.*kernel|njit\(", re.MULTILINE)
_IMPORTS = re.compile(rb"^from (\w+)\.([\w.]+) import (\([^)]*\)|[^\n]*)", re.MULTILINE)


def _constants_of(text: bytes, package: Path) -> Iterator[Path]:
    """The modules of the package that a module's text imports something from whose name begins with a capital."""
    for top, module, names in _IMPORTS.findall(text):
        if top.decode() == package.name and re.search(rb"\b_?[A-Z]", names):
            path = package.joinpath(*module.decode().split("."))
            yield path.with_suffix(".py")
            yield path / "__init__.py"


def private_folder() -> Path:
    """This user's own folder among the temporary files, made if missing.

    OSError where it cannot be made, or where somebody else could write to it: what lies there is run.
    """
    user = os.getuid() if hasattr(os, "getuid") else None  # Windows: temporary files are each user's own
    path = Path(tempfile.gettempdir()) / ("redgaze" if user is None else f"redgaze-{user}")
    with contextlib.suppress(FileExistsError):
        path.mkdir(PRIVATE)
    known = path.lstat()
    if not stat.S_ISDIR(known.st_mode) or (user is not None and (known.st_uid != user or known.st_mode & 0o077)):
        raise PermissionError(13, "not a folder of this user alone", str(path))
    return path


class Store:
    """Compiled signatures by name, as files. The first place that works is written to; all that work are read.

    places: functions that return a folder, or raise OSError; each is asked once, when first needed.
    """

    def __init__(self, *places: Callable[[], Path]) -> None:
        self._places = list(places)
        self._warned = False

    @property
    def folders(self) -> Iterator[Path]:
        """Those that can be had."""
        for place in list(self._places):
            try:
                yield place()
            except OSError as trouble:
                self._give_up(place, trouble)

    def read(self, name: str) -> bytes | None:
        """What was kept under this name, whole; None where there is none. Damaged files are removed."""
        for folder in self.folders:
            path = folder / name
            try:
                kept = path.read_bytes()
            except OSError:
                continue
            checksum, data = kept[:32], kept[32:]
            if data and hashlib.sha256(data).digest() == checksum:
                return data
            with contextlib.suppress(OSError):
                path.unlink()
        return None

    def write(self, name: str, data: bytes) -> None:
        """Keep data under a name, whole or not at all. Says so, once, where that cannot be."""
        for place in list(self._places):
            try:
                _write(place() / name, hashlib.sha256(data).digest() + data)
                return
            except OSError as trouble:
                self._give_up(place, trouble)

    def forget(self, name: str) -> None:
        """Remove what is kept under this name."""
        for folder in self.folders:
            with contextlib.suppress(OSError):
                (folder / name).unlink(missing_ok=True)

    def has(self, name: str) -> bool:
        """Whether something is kept under this name."""
        return any((folder / name).exists() for folder in self.folders)

    def _give_up(self, place: Callable[[], Path], trouble: OSError) -> None:
        """From now on do without a place."""
        if place in self._places:
            self._places.remove(place)
        if self._warned:
            return
        self._warned = True
        where = f"{trouble.filename or 'the cache folder'}: {trouble.strerror or trouble}"
        told = _instead(self._places)
        print(f"warning: compiled code cannot be kept where it belongs ({where}); {told}", file=sys.stderr)


def _instead(places: list[Callable[[], Path]]) -> str:
    """What is done about it, in true words."""
    for place in places:
        with contextlib.suppress(OSError):
            return f"kept in {place()}"
    return "every start compiles anew, which takes up to a minute"


def _write(path: Path, data: bytes) -> None:
    """A file that appears whole or not at all, whoever else writes it."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(data)
        part.replace(path)
    except PermissionError:  # Windows, while another process reads the same: that one has it already
        if not path.exists() or sys.platform != "win32":
            raise
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


@cache
def _named_after_contents() -> str:
    return f"kernels-{contents(Path(__file__).parent)}"


def _made(parent: Path) -> Path:
    folder = parent / _named_after_contents()
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK):
        raise PermissionError(13, "cannot be written", str(folder))
    return folder


@cache
def _in_user_caches() -> Path:
    parent = user_caches()
    if parent is None:
        raise FileNotFoundError(2, "this user has no home folder", None)
    return _made(parent / "redgaze")


@cache
def _in_private_folder() -> Path:
    return _made(private_folder())


STORE = Store(_in_user_caches, _in_private_folder)
"""Where this package's kernels are kept."""


class KernelCache(_Cache):
    """One function's compiled signatures in a store, as numba's dispatchers ask for them."""

    def __init__(self, function: Callable[..., Any], store: Store = STORE) -> None:
        self._function, self._store = function, store
        self._source = hashlib.sha256(Path(inspect.getfile(function)).read_bytes()).hexdigest()

    @property
    def cache_path(self) -> str:
        """Of no meaning: a store may have two."""
        return ""

    def load_overload(self, signature: Any, target: Any) -> Any:
        """The compiled signature, or None; whatever is wrong with what was kept, it is removed and compiled anew."""
        target.refresh()
        name = self._name(signature, target.codegen())
        data = self._store.read(name)
        if data is None:
            return None
        try:
            compiled = CompileResultCacheImpl.rebuild(self, target, loads(data))  # type: ignore[arg-type]
        except Exception:
            self._store.forget(name)
            return None
        return compiled

    def save_overload(self, signature: Any, compiled: Any) -> None:
        """Keep a compiled signature, unless it holds what only this process knows."""
        if compiled.library.has_dynamic_globals or any(not each.can_cache for each in compiled.lifted):
            return
        self._store.write(self._name(signature, compiled.codegen), dumps(compiled._reduce()))

    def enable(self) -> None:
        """It always is."""

    def disable(self) -> None:
        """It never is."""

    def flush(self) -> None:
        """Nothing: another source has another name."""

    def _name(self, signature: Any, codegen: Any) -> str:
        """Of a signature's file: the function and, in figures, its source, the types and the processor."""
        function = self._function
        python = sys.implementation.cache_tag
        code = function.__code__
        parts = (self._source, code.co_firstlineno, code.co_code, str(signature), codegen.magic_tuple(), python)
        digest = hashlib.sha256(repr(parts).encode()).hexdigest()[:24]
        return f"{function.__module__}.{function.__name__}-{digest}.nbc"
