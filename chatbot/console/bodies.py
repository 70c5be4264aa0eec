"""What pages send, read strictly: nothing is converted, nothing unknown is passed over."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Body(BaseModel):
    """A JSON object with exactly the fields that are named."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Nothing(Body):
    """No fields."""
