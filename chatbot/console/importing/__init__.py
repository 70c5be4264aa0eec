"""``/console/importing``: templates, exports, and files that come in: tried first, then applied."""
