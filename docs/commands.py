"""Writes docs/reference/commands.md from what the commands say of themselves: python docs/commands.py"""

from __future__ import annotations

from pathlib import Path

import click

from nlp_toolkit.cli import cli

PAGE = Path(__file__).parent / "reference" / "commands.md"
PROGRAM = "nlp-toolkit"
_WIDTH = 100
_HEAD = f"""# Commands

<!-- Made by docs/commands.py; do not edit. -->

INPUT is a file, a folder, a glob in quotation marks, or `-` for standard input. Exit status: 0 all done; 1 some inputs failed
(each is named on standard error, the others are written); 2 the call was wrong. An output file appears whole or not at all.
What the formats keep stands in [formats.md](formats.md).

`{PROGRAM} --version` says the version; `-h` or `--help` behind any command shows what stands here.
"""


def page() -> str:
    """The whole page."""
    sections = [_HEAD]
    for name, command in sorted(cli.commands.items()):
        call = f"{PROGRAM} {name}"
        # The command is asked in the context of the group, whose -h it has.
        group = click.Context(cli, info_name=PROGRAM, **cli.context_settings)
        with click.Context(command, parent=group, info_name=name, terminal_width=_WIDTH) as context:
            text = "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
        sections.append(f"## {call}\n\n```text\n{text}\n```\n")
    return "\n".join(sections)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
