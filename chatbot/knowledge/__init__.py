"""Knowledge and intent files: read, checked, and built into a dialogue."""
