"""``/api/v1``: decisions and recorded turns, as JSON for other systems."""
