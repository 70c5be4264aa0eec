"""Notices: what all customers, or those of some stores, are told for some hours or days."""
