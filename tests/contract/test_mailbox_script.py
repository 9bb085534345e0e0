"""`mailbox.lua` and Python know the same operations, arguments, words and keys."""

import ast
import inspect
import re
from enum import StrEnum

import pytest
from redis.asyncio import Redis

from bridge.core.commands import CommandResult
from bridge.core.model import Kind
from bridge.core.ports import LeaseState
from bridge.store import dead_letters, erasure, inbox, keys
from bridge.store.scripts import operations, read, run_operation
from tests.architecture.sources import parse

# A function that stands by itself, and its text up to the next one.
FUNCTION = re.compile(r"(?ms)^(?:local )?function ([\w.]+)\((.*?)(?=^(?:local )?function |\Z)")
REDIS_CALL = re.compile(r"redis\.call\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)")
COMMENT = re.compile(r"--.*")
WORD = re.compile(r"'([a-z_]+)'")


def calls_in_python() -> dict[str, set[str]]:
    """Of each operation that Python calls the arguments that stand there by name."""
    found: dict[str, set[str]] = {}
    for module in (inbox, dead_letters, erasure):
        for call in ast.walk(parse(inspect.getsource(module))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
                first = call.args[0] if call.func.attr == "_run" and call.args else None
                if isinstance(first, ast.Constant):
                    named = {word.arg for word in call.keywords if word.arg}
                    found.setdefault(str(first.value), set()).update(named)
    return found


def words_of(*functions: str) -> set[str]:
    """Every word in quotes in them that is no argument of Redis's."""
    texts = {match[1]: match[2] for match in FUNCTION.finditer(read("mailbox"))}
    plain = (REDIS_CALL.sub("", COMMENT.sub("", texts[name])) for name in functions)
    return {word for text in plain for word in WORD.findall(text)}


def test_python_calls_each_operation_that_there_is_and_no_other() -> None:
    assert len(operations("mailbox")) == 19
    assert calls_in_python().keys() == operations("mailbox").keys()


def test_each_argument_has_one_name_on_both_sides() -> None:
    for operation, named in calls_in_python().items():
        assert named <= set(operations("mailbox")[operation][0]), operation


ENQUEUED = {
    CommandResult.ACCEPTED,
    CommandResult.QUEUED,
    CommandResult.DUPLICATE,
    CommandResult.OVERTAKEN,
    CommandResult.NOT_ENGAGED,
    CommandResult.BOT_TURNS,
}
STOPPED = {
    CommandResult.STOPPING,
    CommandResult.NOT_YOURS,
    CommandResult.NOT_FOUND,
    CommandResult.DUPLICATE,
}


@pytest.mark.parametrize(
    ("functions", "results", "others"),
    [
        (["operation.enqueue"], ENQUEUED, {Kind.RESET}),
        (["operation.stop"], STOPPED, set()),
        (
            ["lease_state", "operation.beat"],
            set(LeaseState) - {LeaseState.UNKNOWN},  # that is what Python says of no answer
            set(),
        ),
        (["operation.take"], {"newer_release"}, set()),
    ],
)
def test_what_an_operation_answers_is_what_python_knows(
    functions: list[str], results: set[StrEnum], others: set[str]
) -> None:
    assert words_of(*functions) == results | others


def test_a_key_is_named_in_python_alone() -> None:
    assert set(re.findall(r"\bKEY\.(\w+)", read("mailbox"))) <= vars(keys).keys()
    for script in ("mailbox", "rates", "repositories", "probe"):
        assert keys.PREFIX not in read(script)


@pytest.mark.parametrize("names", [["thread"], ["thread", "turn", "owner"], ["thread", "tern"]])
async def test_too_few_or_unknown_arguments_are_a_mistake_of_ours(
    redis: Redis, names: list[str]
) -> None:
    with pytest.raises(TypeError, match="drop takes thread, turn, not thread"):
        await run_operation(redis, "drop", dict.fromkeys(names, "T1:C1:1.0"))
