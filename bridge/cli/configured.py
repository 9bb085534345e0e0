"""Settings for a command: whole and checked, or the program ends with exit code 2."""

import os
from collections.abc import Mapping

import typer

from bridge.settings import Settings
from bridge.settings.loading import SettingsError, load_settings


def configured(**defaults: str) -> Settings:
    """The settings; `defaults` stand in for variables that this command does not need."""
    environment: Mapping[str, str] = {**defaults, **os.environ}
    try:
        return load_settings(environment)
    except SettingsError as error:
        for problem in error.problems:
            typer.echo(problem, err=True)
        raise typer.Exit(2) from None
