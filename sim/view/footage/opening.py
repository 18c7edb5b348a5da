"""Footage by the name that a person gives it."""

from sim.files import typed_path
from sim.view.footage.camera import CameraFootage
from sim.view.footage.film import FileFootage
from sim.view.footage.images import AnimationFootage, FolderFootage, is_animation
from sim.view.footage.mistakes import check_no_address
from sim.view.footage.reader import Footage, checked_rate


def is_camera(what: str) -> bool:
    """Whether it is a camera's index rather than a path."""
    return what.removeprefix("-").isdecimal()


def open_footage(what: str, rate: float | None = None) -> Footage:
    """A file or a folder of images by its path, or a camera by its index. ValueError or OSError where there is none.

    rate: pictures a second, where a person knows better than the footage.
    """
    told = checked_rate(rate)
    if is_camera(what):
        return CameraFootage(int(what), told)
    check_no_address(what)
    path = typed_path(what)
    if path.is_dir():
        return FolderFootage(path, told)
    return AnimationFootage(path, told) if is_animation(path) else FileFootage(path, told)
