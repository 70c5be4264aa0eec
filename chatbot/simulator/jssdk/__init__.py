"""The client's JavaScript interface: tickets, signatures, what a sidebar page may do."""
