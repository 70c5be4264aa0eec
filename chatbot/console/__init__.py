"""Web pages for agents and admins."""
