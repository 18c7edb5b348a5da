"""Which seeds are for what; a world's seed is any number, but no result may be of roads that were trained on."""

TRAINING = range(10_000)
"""Roads to learn from; environments draw from these."""

VALIDATION = range(10_000, 20_000)
"""Roads to try things on: what is chosen by a figure is chosen here."""

TEST_FROM = 20_000
"""From here on: roads of reported figures, and of whatever is shown."""
