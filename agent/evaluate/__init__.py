"""Measure policies: how they drive, and whether their red is true. See docs/evaluation.md."""
