"""What is named from outside: by a registered name, or as an object of a Python file or module of one's own."""

import importlib
import inspect
import sys
import zlib
from collections.abc import Callable, Mapping
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from sim.errors import in_one_line, unknown

Wanted = TypeVar("Wanted")
Registered = TypeVar("Registered")

WAYS = "a name, FILE.py:object or module:object"


def named(what: str, value: object, registry: Mapping[str, Registered], kind: type[Wanted]) -> Registered | Wanted:
    """The thing that `value` names: what is registered, an object as "FILE.py:object" or "module:object", or itself.

    An object of a file or module is of the type `kind`, or a callable without arguments that returns one. A file is
    loaded once. what: what to call it to people. ValueError in one line for whatever cannot be found or is another
    type.
    """
    if isinstance(value, kind):
        return value
    if not isinstance(value, str):
        raise ValueError(f"{what} {value!r}: expected {WAYS}, or a {kind.__name__}")
    if value in registry:
        return registry[value]
    if ":" not in value and value.endswith(".py"):
        raise ValueError(f"{what} {value!r}: name an object in it, as {value}:object")
    if ":" not in value:
        raise unknown(what, value, registry)
    return _from_outside(what, value, kind)


def _from_outside(what: str, value: str, kind: type[Wanted]) -> Wanted:
    place, _, name = value.rpartition(":")
    module = _module(what, value, place)
    if not hasattr(module, name):
        own = [(other, each) for other, each in vars(module).items() if not other.startswith("_")]
        fitting = [other for other, each in own if isinstance(each, kind)]
        makers = [other for other, each in own if getattr(each, "__module__", "") == module.__name__]
        raise unknown(f"{what} of {place}", name, fitting or makers)
    found = _made(what, value, getattr(module, name), kind)
    if not isinstance(found, kind):
        given = f"{what} {value!r} is of type {type(found).__name__}"
        raise ValueError(f"{given}; expected a {kind.__name__}, or a callable without arguments that returns one")
    return found


def _made(what: str, value: str, found: object, kind: type) -> object:
    """An object itself, or what it returns. A class is called, though it may look like one of its instances, unless
    something to be called is what is wanted."""
    is_it = isinstance(found, kind) and (kind is Callable or not isinstance(found, type))
    if is_it or not callable(found):
        return found
    try:
        inspect.signature(found).bind()
    except TypeError as error:
        raise ValueError(f"{what} {value!r} cannot be called ({error}); expected one without arguments") from error
    try:
        return found()
    except (Exception, SystemExit) as error:
        raise ValueError(f"{what} {value!r} failed ({in_one_line(error)}); expected one that can be made") from error


def _module(what: str, value: str, place: str) -> ModuleType:
    """The module at a place; whatever goes wrong inside it is told in one line."""
    file = Path(place)
    if file.suffix == ".py" and not file.is_file():
        raise ValueError(f"{what} {value!r}: there is no file {place}; expected {WAYS}")
    try:
        return _load(file.resolve()) if file.suffix == ".py" else importlib.import_module(place)
    except (Exception, SystemExit) as error:
        if isinstance(error, ModuleNotFoundError) and error.name and f"{place}.".startswith(f"{error.name}."):
            raise ValueError(f"{what} {value!r}: there is no module {place!r}; expected {WAYS}") from error
        said = f"{type(error).__name__}: {' '.join(str(error).split())}"
        raise ValueError(f"{what} {value!r}: {place} cannot be loaded ({said}); expected one that can") from error


def _load(file: Path) -> ModuleType:
    """The module of a file; the same one however often, and however else it was imported."""
    for module in list(sys.modules.values()):
        known = getattr(module, "__file__", None)
        if known and known.endswith(file.name) and Path(known).resolve() == file:
            return module
    name = f"{file.stem}_{zlib.crc32(str(file).encode()):08x}"
    spec = spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = module_from_spec(spec)  # where dataclasses and pickles look for it
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
