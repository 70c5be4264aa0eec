"""Which entries are to be looked over, and reminding those who do it."""
