"""Recordings by format: H.264, VP8, GIF and animated WebP, each in a file that plays at any moment."""
