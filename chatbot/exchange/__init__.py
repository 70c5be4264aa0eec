"""Knowledge out to files and in from them: export, merge, import in place."""
