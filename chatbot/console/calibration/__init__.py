"""``/console/calibration``: what confidence is worth here, what would help, and what was learnt."""
