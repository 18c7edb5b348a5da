"""The camera: worlds and poses become pictures, and the truth about each pixel. One set of kernels for every view."""

from sim.camera.camera import MOUNT_FORWARD, MOUNT_HEIGHT, Camera, Frames

__all__ = ["MOUNT_FORWARD", "MOUNT_HEIGHT", "Camera", "Frames"]
