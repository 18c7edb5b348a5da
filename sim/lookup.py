"""What is named from outside: by a registered name, or as an object of a Python file or module of one's own."""

import ast
import importlib
import inspect
import os
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from sim.errors import in_one_line, unknown
from sim.files import typed_path

Wanted = TypeVar("Wanted")
Registered = TypeVar("Registered")

WAYS = "a name, FILE.py:object or module:object"


ENDINGS = (".py", ".toml", ".json", ".safetensors", ".pt", ".pth", ".zip", ".onnx")
"""Of what is a file's name, whether there is such a file or not."""


def named(
    what: str, value: object, registry: Mapping[str, Registered], kind: type[Wanted], ways: str = WAYS
) -> Registered | Wanted:
    """The thing that `value` names: what is registered, an object as "FILE.py:object" or "module:object", or itself.

    An object of a file or module is of the type `kind`, or a callable without arguments that returns one. A file is
    loaded once, and finds its neighbours as if it were run. what: what to call it to people; ways: how to name one.
    ValueError in one line for whatever cannot be found or is another type.
    """
    if isinstance(value, kind):
        return value
    if not isinstance(value, str):
        raise ValueError(f"{what} {value!r}: expected {ways}, or a {kind.__name__}")
    if value in registry:
        return registry[value]
    if ":" not in value:
        raise unfound(what, value, registry, ways)
    return _from_outside(what, value, kind)


def unfound(what: str, value: str, choices: Iterable[str], ways: str = WAYS) -> ValueError:
    """What to say where `value` is none of the names to choose from: of a path what it leads to, else the nearest."""
    path = typed_path(value)
    if path.suffix == ".py" and path.is_file():
        return _needs_an_object(what, value, path)
    if path.exists():
        return ValueError(f"{what} {value!r} is a {'folder' if path.is_dir() else 'file'}; expected {ways}")
    if len(path.parts) > 1 or path.suffix in ENDINGS:
        return ValueError(f"{what} {value!r}: {_leads_nowhere(path)}; expected {ways}")
    return unknown(what, value, choices)


def _needs_an_object(what: str, value: str, file: Path) -> ValueError:
    """How to name an object of a file, and which there are."""
    there = _objects_in(file)
    held = f"; it has {', '.join(there)}" if there else ""
    return ValueError(f"{what} {value!r}: name an object in it, as {value}:{there[0] if there else 'object'}{held}")


def _objects_in(file: Path) -> list[str]:
    """What a file defines for others, by name; it is read and not run."""
    try:
        body = ast.parse(file.read_bytes()).body
    except (SyntaxError, ValueError, OSError):
        return []
    names = []
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.append(node.name)
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        names += [each.id for each in targets if isinstance(each, ast.Name)]
    return [name for name in dict.fromkeys(names) if not name.startswith("_") and not name.isupper()]


def _leads_nowhere(path: Path) -> str:
    """How far a path leads, and the nearest there."""
    missing = next(each for each in (*reversed(path.parents), path) if not each.exists())
    there = [each.name for each in missing.parent.iterdir()] if os.access(missing.parent, os.R_OK) else []
    near = get_close_matches(missing.name, there, n=1)
    kind = "folder" if missing != path else "file" if path.suffix in ENDINGS else "file or folder"
    return f"there is no {kind} {missing}" + (f" (did you mean {missing.with_name(near[0])}?)" if near else "")


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
    file = typed_path(place)
    if file.suffix == ".py" and not file.is_file():
        raise ValueError(f"{what} {value!r}: {_leads_nowhere(file)}; expected {WAYS}")
    if file.suffix != ".py" and (len(file.parts) > 1 or file.exists()):
        raise ValueError(f"{what} {value!r}: {place} is no module's name; expected {WAYS}")
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
        with _neighbours(str(file.parent)):
            spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


@contextmanager
def _neighbours(folder: str) -> Iterator[None]:
    """Have a file that is loaded find what lies beside it: first of all, as if it were run; what it imports later, last
    of all, so that nothing else is hidden for good."""
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        sys.path.remove(folder)
        if folder not in sys.path:
            sys.path.append(folder)
