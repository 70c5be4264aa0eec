"""Customers: who follows them, and their tags with the evidence."""
