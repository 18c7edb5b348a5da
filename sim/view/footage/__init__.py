"""Real footage as a source: files and cameras, where the horizon lies, and the way that the steering leads."""
