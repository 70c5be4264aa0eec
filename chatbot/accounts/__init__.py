"""Customer-service accounts as the brand describes them: names, hours, staff, and a mode. Pure."""
