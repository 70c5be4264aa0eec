"""``/console/sample``: is it really as right as promised? A few answers a week, judged by a key."""
