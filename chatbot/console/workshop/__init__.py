"""``/console/workshop``: real messages that would help as similar questions, each by one key."""
