"""A click group whose commands are imported one by one, when called: `--help` imports none of them."""

import importlib
from collections.abc import Mapping
from typing import Any

import click


class Later(click.Group):
    """`@click.command(cls=Later, places={name: ("module:attribute", "what --help says of it")})`."""

    def __init__(self, *args: Any, places: Mapping[str, tuple[str, str]], **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.places = places

    def list_commands(self, _context: click.Context) -> list[str]:
        return sorted(self.places)

    def get_command(self, _context: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.places:
            return None
        module, _, attribute = self.places[cmd_name][0].partition(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, _context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, self.places[name][1]) for name in sorted(self.places)])
