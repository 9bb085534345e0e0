"""`bridge serve`: the bridge itself, from start to SIGTERM."""

import asyncio
import gc
import os
import re
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import structlog
import typer

from bridge import __version__
from bridge.app import open_app
from bridge.core.background import run_until, wait_for_event
from bridge.core.errors import NewerRelease
from bridge.core.limits import RateLimit
from bridge.settings import Settings
from bridge.settings.loading import SettingsError, load_settings
from bridge.slack.api.rate_limits import LIMITS
from bridge.telemetry.http_server import PortUnavailable, Readiness
from bridge.telemetry.logs import configure_logging

new_event_loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
with suppress(ImportError):  # there is none for Windows
    from uvloop import new_event_loop  # a fifth less CPU

POLL_S = 1.0  # while Slack does not know us

# Python's own (700, 10, 10) collects ten times as often, and each time looks at the thousands of
# objects that each answer keeps as long as it grows. While 200 grow, the loop stands still for 5 ms
# in a collection of the youngest, 31 ms in one of the next, which four times as rare takes 50 ms.
GC_THRESHOLD = (10_000, 5, 400)

LONELY = (
    "REDIS_URL is missing: this is not the first process of its kind, and without Redis each would "
    "answer by itself. Set REDIS_URL, or run one process."
)

_log = structlog.stdlib.get_logger("bridge")


def serve(env_file: Path | None = Path(".env"), limits: Mapping[str, RateLimit] = LIMITS) -> int:
    """The exit code."""
    try:
        settings = load_settings(env_file=env_file)
    except SettingsError as error:
        configure_logging()
        return _refuse(error.problems)
    configure_logging(
        settings.bridge_log_level, settings.bridge_log_format, secrets=settings.secrets()
    )
    if settings.redis_url is None and _is_replica(os.environ):
        return _refuse([LONELY])
    for warning in settings.warnings:
        _log.warning("settings.warning", said=warning)
    try:
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(_serve(settings, limits))
    except NewerRelease as error:
        return _refuse([error.advice])
    except PortUnavailable as error:
        said = (
            f"PORT {settings.port} cannot be listened on ({error}): set it to a port that is free, "
            f"and BRIDGE_BIND_ADDRESS, now {settings.bridge_bind_address}, to an address of this "
            "machine."
        )
        return _refuse([said])
    return 0


def _refuse(problems: list[str]) -> int:
    """The exit code: a restart would not help. People read the error stream, and whoever collects
    the log one line of it.
    """
    for problem in problems:
        typer.echo(problem, err=True)
    if not sys.stdout.isatty():
        _log.error("bridge.refused", said=problems)
    return 2


def _is_replica(env: Mapping[str, str]) -> bool:
    """Heroku numbers the processes of each kind from 1: `DYNO=web.2`."""
    number = re.fullmatch(r"[\w-]+\.(\d+)", env.get("DYNO", ""))
    return number is not None and int(number[1]) > 1


async def _serve(settings: Settings, limits: Mapping[str, RateLimit]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)  # hosts send several; setting twice is harmless
    if settings.redis_url is None:
        _log.warning(
            "store.in_process",
            said="questions, sessions and tokens live in this process alone; a restart forgets "
            "them, and a second process must not be started",
            advice="Set REDIS_URL.",
        )
    async with open_app(settings, limits=limits) as app:
        app.services.append(StartupChecks(settings, app.readiness, app.draining))
        _log.info("bridge.serving", port=app.port, version=__version__)
        gc.freeze()  # what is there now stays: no collection needs to look at it again
        gc.set_threshold(*GC_THRESHOLD)
        gc.enable()
        handle_interrupts(stop, settings.bridge_grace_s, lambda: app.worker.running)
        await app.run(stop)
    _log.info("bridge.ended")


def handle_interrupts(
    stop: asyncio.Event,
    grace_s: float,
    count_answers: Callable[[], int],
    kill: Callable[[], None] = lambda: None,
) -> None:
    """Ctrl-C drains, and says how long that may take. The second one ends the process as it stands,
    after `kill`, which another replica, or the next start, makes good as it does a crash.
    """

    def interrupt() -> None:
        if stop.is_set():
            kill()
            os._exit(130)
        if running := count_answers():
            answers = "1 answer runs" if running == 1 else f"{running} answers run"
            typer.echo(f"{answers}: up to {grace_s:.0f} s. Ctrl-C again ends now.", err=True)
        stop.set()

    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, interrupt)


class StartupChecks:
    """A service: once Slack knows us, it warns of what will go wrong although all has started. From
    `draining` on it looks at nothing: then it would delay the end, and warn of the end itself.
    """

    def __init__(self, settings: Settings, readiness: Readiness, draining: asyncio.Event) -> None:
        self._settings = settings
        self._readiness = readiness
        self._draining = draining

    async def run(self, stop: asyncio.Event) -> None:  # noqa: ARG002 - it comes after `draining`
        await run_until(self._check(), self._draining)

    async def _check(self) -> None:
        while "slack" in await self._readiness.failing():
            await wait_for_event(self._draining, POLL_S)
        if not self._draining.is_set():
            await self._warn()

    async def _warn(self) -> None:
        from bridge.cli.checks import run_startup_checks  # noqa: PLC0415 - the start is over

        try:
            findings = await run_startup_checks(self._settings)
        except Exception:  # noqa: BLE001 - the bridge works without
            _log.exception("setup.unchecked")
            return
        for finding in findings:
            _log.warning(
                "setup.warning", check=finding.check, said=finding.said, advice=finding.advice
            )
