"""The templates of the pages; values are escaped wherever they stand."""

from __future__ import annotations

from pathlib import Path

import jinja2

FOLDER = Path(__file__).parent


def environment() -> jinja2.Environment:
    """Return what reads templates; load them before the server serves, a request waits for none."""
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER / "templates"), autoescape=True, auto_reload=False
    )
    # Data for scripts: the filter tojson escapes what could end its element; Chinese stays.
    found.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
    found.get_template("theme.html")
    return found
