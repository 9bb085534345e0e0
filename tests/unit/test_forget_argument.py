"""`bridge forget` reads a person or a thread as people copy it."""

import pytest

from bridge.cli.forget import read_whom
from bridge.store.kept import Whom

ALICE = Whom(user="U0ALICE")
THREAD = Whom(channel="C0HALL", root="1763800000.000100")
LINK = "https://home.slack.com/archives/C0HALL/p1763800000000100"
REPLY = "https://home.slack.com/archives/C0HALL/p1763800009000900"


@pytest.mark.parametrize(
    ("written", "whom"),
    [
        ("U0ALICE", ALICE),
        (" <@U0ALICE> ", ALICE),
        ("<@U0ALICE|alice>", ALICE),
        ("W0GRID", Whom(user="W0GRID")),
        ("C0HALL:1763800000.000100", THREAD),
        ("C0HALL/1763800000.000100", THREAD),
        ("T0HOME:C0HALL:1763800000.000100", THREAD),
        (LINK, THREAD),
        (f"{REPLY}?thread_ts=1763800000.000100", THREAD),
        (f"{REPLY}?thread_ts=1763800000.000100&cid=C0HALL", THREAD),
        (f"{REPLY}?cid=C0HALL&thread_ts=1763800000.000100", THREAD),
    ],
)
def test_a_person_or_a_thread_is_read_as_people_copy_it(written: str, whom: Whom) -> None:
    assert read_whom(written) == whom


@pytest.mark.parametrize("written", ["", "alice", "u0alice", "C0HALL", "1763800000.000100", "*"])
def test_anything_else_is_refused_with_what_to_write(written: str) -> None:
    with pytest.raises(ValueError, match="is neither a person nor a thread"):
        read_whom(written)
