"""The command `russell`: the option that names the lake, and the subcommands."""

from __future__ import annotations

from typing import Any

import click

from russell_pipeline import __version__
from russell_pipeline.cli import calendar, documents, index, lake, market, membership, report, rulebook, ui
from russell_pipeline.cli.common import failures_shown, has_catalog, say, settings_of
from russell_pipeline.cli.interrupt import heard_here, stop
from russell_pipeline.display import safe_lines


class Commands(click.Group):
    """Subcommands that take `--lake` after their names too, and that Ctrl-C and failures end in one sentence."""

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        """Add a subcommand, with the option; a wrong call that it finds is shown with its own usage."""
        lake = click.Option(
            ["--lake"],
            metavar="LAKE",
            expose_value=False,
            is_eager=True,
            callback=settings_of,
            help="The data lake, as before the command.",
        )
        cmd.params.append(lake)
        cmd.callback = cmd.callback and failures_shown()(cmd.callback)
        super().add_command(cmd, name)

    def main(self, *args: Any, **settings: Any) -> Any:
        """Parse the arguments and do what they say."""
        with heard_here():
            return super().main(*args, **settings)

    def make_context(self, *args: Any, **settings: Any) -> click.Context:
        """What the arguments say."""
        try:
            return super().make_context(*args, **settings)
        except KeyboardInterrupt:
            stop()
        except click.ClickException as error:
            raise _shown(error) from None

    def invoke(self, ctx: click.Context) -> Any:
        """What the subcommand does."""
        try:
            with failures_shown():
                return super().invoke(ctx)
        except (KeyboardInterrupt, click.Abort):
            stop()
        except click.ClickException as error:
            raise _shown(error) from None


def _shown(error: click.ClickException) -> click.ClickException:
    """An error whose words may be shown, whatever was typed or read."""
    error.message = safe_lines(error.message)  # type: ignore[misc]
    return error


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.option(
    "--lake",
    "root",
    metavar="LAKE",
    help="The data lake, a folder or s3://bucket/lake; default: RUSSELL_DATA_LAKE, else data_lake/. Also after the command.",
)
@click.version_option(__version__, prog_name="russell")
@click.pass_context
def main(context: click.Context, *, root: str | None) -> None:
    """Published FTSE Russell documents as tables that can be queried and traced."""
    if context.invoked_subcommand is None:
        settings_of(context, None, root)
        if has_catalog(context):
            context.invoke(lake.status)
            say("", lake.next_to_try(context))
        else:
            say(
                f"there is no catalog in {context.obj.name} yet: put lists into {context.obj.within('landing/documents')}",
                "next: russell run · russell parse FILE.pdf · russell --help",
            )


for command in (
    lake.run,
    lake.backfill,
    documents.parse,
    membership.members,
    membership.changes,
    calendar.calendar,
    rulebook.rulebook,
    index.weights,
    index.levels,
    index.explain,
    membership.trace,
    membership.renames,
    market.import_files,
    market.simulate,
    report.report,
    lake.sql,
    lake.status,
    lake.verify,
    ui.ui,
):
    main.add_command(command)
