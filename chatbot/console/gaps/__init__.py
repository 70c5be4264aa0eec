"""``/console/gaps``: what customers asked in vain, what it costs, and closing it in one step."""
