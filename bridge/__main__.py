"""The program `bridge`, also `python -m bridge`: its commands and their options."""

import asyncio
import gc
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from bridge import __version__

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

# Each command imports what it needs by itself: `bridge manifest` need not wait for an SDK.
# ruff: noqa: PLC0415


def main() -> None:
    gc.disable()  # a tenth of the time of the imports; `serve` begins to collect once it serves
    app()


def _exit_with(command: Callable[[], int]) -> NoReturn:
    """Wrong settings end every command with 2, and a sentence for each."""
    from bridge.settings.loading import SettingsError

    try:
        code = command()
    except SettingsError as error:
        typer.echo(str(error), err=True)
        code = 2
    raise typer.Exit(code)


def _run(command: Coroutine[Any, Any, int]) -> NoReturn:
    gc.enable()  # what the command needs is imported
    _exit_with(lambda: asyncio.run(command))


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"bridge {__version__}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001 - it has its callback
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """The bridge between Slack and Beebot, Alibaba Cloud's chatbot.

    Without accounts: bridge demo. To begin: README.md. What each command says: docs/operations.md.

    Exit codes: 0 done, 1 not done, 2 wrong settings or options, 130 interrupted.
    """
    if context.invoked_subcommand != "serve":  # it answers also where nobody reads its log
        from bridge.cli.output import end_with_the_reader

        end_with_the_reader()


EnvFile = Annotated[
    Path,
    typer.Option(help="Read variables from this file, too; those of the environment go first."),
]
DOT_ENV = Path(".env")
Sure = Annotated[bool, typer.Option("--yes", help="Do not ask on a terminal.")]


def _env_file(path: Path) -> Path:
    """One that is named and not there ends the program; `.env` may be missing."""
    if path != DOT_ENV and (not path.exists() or path.is_dir()):
        typer.echo(f"There is no file {path}.", err=True)
        raise typer.Exit(2)
    return path


def _public_url(url: str, *, allows_loopback: bool = False) -> str:
    """One that is none ends the program."""
    from bridge.cli.manifest import read_public_url

    try:
        return read_public_url(url, allows_loopback=allows_loopback)
    except ValueError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None


@app.command()
def serve(env_file: EnvFile = DOT_ENV) -> None:
    """Answer in Slack, until SIGTERM. Settings come from the environment and, behind it, .env."""
    from bridge.cli.serve import serve

    _exit_with(lambda: serve(env_file=_env_file(env_file)))


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="What to ask; `-` reads it from standard input.")],
    session: Annotated[str, typer.Option(help="Go on in this Beebot session.")] = "",
    channel: Annotated[
        str, typer.Option(help="Ask the robot of this channel (C0123ABCD), or of dm.")
    ] = "",
    env_file: EnvFile = DOT_ENV,
) -> None:
    """Ask Beebot one question and watch the answer grow here; needs no Slack."""
    from bridge.cli.ask import ask, read_question

    _run(ask(read_question(question), session, channel, env_file=_env_file(env_file)))


@app.command()
def doctor(
    ask: Annotated[bool, typer.Option("--ask", help="Ask Beebot a real question, too.")] = False,
    url: Annotated[
        str | None,
        typer.Option(help="Where the bridge runs, https://HOST: does it believe Slack there?"),
    ] = None,
    env_file: EnvFile = DOT_ENV,
) -> None:
    """Tell whether everything the bridge needs is there, and what to correct."""
    from bridge.cli.doctor import doctor

    public_url = "" if url is None else _public_url(url, allows_loopback=True)
    _run(doctor(with_question=ask, public_url=public_url, env_file=_env_file(env_file)))


@app.command()
def demo(
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Of the page: 8765, or this; 0: any.")
    ] = None,
    once: Annotated[
        str | None, typer.Option(metavar="QUESTION", help="Ask this without a browser, and end.")
    ] = None,
    beebot: Annotated[
        bool, typer.Option("--beebot", help="Your own Beebot answers; only Slack is emulated.")
    ] = False,
    env_file: EnvFile = DOT_ENV,
    verbose: Annotated[bool, typer.Option(help="Show the bridge's log.")] = False,
) -> None:
    """A small Slack in the browser, and a Beebot, on this machine: no account needed."""
    from bridge.cli.demo import demo

    if once is not None and not once.strip():
        typer.echo("There is no question: write one in quotes behind --once.", err=True)
        raise typer.Exit(2)
    if beebot and once:
        typer.echo("--once needs the emulated Beebot: `bridge ask` asks your own.", err=True)
        raise typer.Exit(2)
    own_beebot = _env_file(env_file) if beebot else None
    page_port = port if port is not None else (0 if once else 8765)
    _run(demo(port=page_port, once=once or "", own_beebot=own_beebot, is_verbose=verbose))


@app.command()
def manifest(
    url: Annotated[str, typer.Option(help="The bridge's own address, https://HOST.")] = "",
    socket_mode: Annotated[
        bool, typer.Option("--socket-mode", help="For Socket Mode: without addresses.")
    ] = False,
    without_images: Annotated[
        bool,
        typer.Option(
            "--without-images", help="Without files:read, where BRIDGE_PUBLIC_URL stays unset."
        ),
    ] = False,
) -> None:
    """Print the manifest from which the Slack app is made; needs --url or --socket-mode."""
    from bridge.cli.manifest import find_manifest, fit_manifest

    if bool(url) is socket_mode:
        typer.echo("Give either --url https://HOST, or --socket-mode.", err=True)
        raise typer.Exit(2)
    text = find_manifest().read_text(encoding="utf-8")
    origin = "" if socket_mode else _public_url(url)
    typer.echo(fit_manifest(text, url=origin, with_images=not without_images), nl=False)


inbox = typer.Typer(
    help="What waits in Redis, and what was given up; needs REDIS_URL.", no_args_is_help=True
)
app.add_typer(inbox, name="inbox")

_REFERENCE = "The reference that the user was told, or more of it."
Which = Annotated[str, typer.Argument(help=_REFERENCE, metavar="REFERENCE")]
SomeOf = Annotated[str, typer.Argument(help=_REFERENCE, metavar="REFERENCE", show_default=False)]
Every = Annotated[bool, typer.Option("--all", help="Every dead letter.")]
Reason = Annotated[str, typer.Option(help="Those of this reason, as the list has it.")]


def _selection(which: str, every: bool, reason: str) -> tuple[str, str]:
    """`which` and `reason`, each empty for any; not both without --all."""
    if sum((bool(which), every, bool(reason))) != 1:
        typer.echo("Give one of them alone: a REFERENCE, --reason or --all.", err=True)
        raise typer.Exit(2)
    return which, reason


@inbox.command("list")
def inbox_list(
    as_json: Annotated[bool, typer.Option("--json", help="For programs, without texts.")] = False,
    env_file: EnvFile = DOT_ENV,
) -> None:
    """How much waits, and every dead letter."""
    from bridge.cli.inbox import show_inbox

    _run(show_inbox(as_json=as_json, env_file=_env_file(env_file)))


@inbox.command("show")
def inbox_show(
    which: Which,
    text: Annotated[bool, typer.Option("--text", help="Show the texts, too.")] = False,
    env_file: EnvFile = DOT_ENV,
) -> None:
    """All that is known of one dead letter, as JSON."""
    from bridge.cli.inbox import show_letter

    _run(show_letter(which, with_text=text, env_file=_env_file(env_file)))


@inbox.command("retry")
def inbox_retry(
    which: SomeOf = "", every: Every = False, reason: Reason = "", env_file: EnvFile = DOT_ENV
) -> None:
    """Ask again: a letter, or several, go back to their mailboxes."""
    from bridge.cli.inbox import retry_letters

    _run(retry_letters(*_selection(which, every, reason), env_file=_env_file(env_file)))


@inbox.command("drop")
def inbox_drop(
    which: SomeOf = "",
    every: Every = False,
    reason: Reason = "",
    yes: Sure = False,
    env_file: EnvFile = DOT_ENV,
) -> None:
    """Forget a dead letter, or several."""
    from bridge.cli.inbox import drop_letters

    chosen = _selection(which, every, reason)
    _run(drop_letters(*chosen, is_sure=yes, env_file=_env_file(env_file)))


@app.command()
def ratings(
    good: Annotated[bool, typer.Option("--all", help="The good ones, too.")] = False,
    text: Annotated[bool, typer.Option("--text", help="Show people's reasons.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    env_file: EnvFile = DOT_ENV,
) -> None:
    """Which answers of the last week were rated badly, and their ids at Beebot; needs REDIS_URL."""
    from bridge.cli.ratings import show_ratings

    _run(
        show_ratings(with_good=good, with_text=text, as_json=as_json, env_file=_env_file(env_file))
    )


@app.command()
def forget(
    whom: Annotated[
        str,
        typer.Argument(
            help="A member id (U…), a link to a message of the thread, or CHANNEL:TIMESTAMP as the "
            "log has it.",
            metavar="PERSON|THREAD",
        ),
    ],
    team: Annotated[
        str, typer.Option(help="The workspace's id (T…), where Redis keeps nothing any more.")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Erase nothing, and count.")] = False,
    yes: Sure = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    env_file: EnvFile = DOT_ENV,
) -> None:
    """Erase from Redis what is kept about a person or a thread; answers that run stop first.

    Needs REDIS_URL, and BRIDGE_PSEUDONYM_KEY where the bridge has one.
    """
    from bridge.cli.forget import forget

    file = _env_file(env_file)
    _run(forget(whom, team, dry_run=dry_run, as_json=as_json, is_sure=yes, env_file=file))


if __name__ == "__main__":
    main()
