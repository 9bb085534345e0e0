"""What every group of settings is made from."""

from pydantic import BaseModel, ConfigDict


class Group(BaseModel):
    """Variables of one subject, with their checks. The first sentence of the docstring is the
    heading in `docs/configuration.md`.
    """

    model_config = ConfigDict(
        frozen=True, extra="ignore", hide_input_in_errors=True, allow_inf_nan=False,
        use_attribute_docstrings=True, validate_default=True,
    )  # fmt: skip
