"""One cause is one turn, one person is one pseudonym; and every sentence is there."""

from collections.abc import Iterator

from bridge.core.commands import CommandResult
from bridge.core.errors import BridgeError
from bridge.core.messages import MESSAGES, Locale, Sentence
from bridge.core.model import ThreadKey, message_id, reference, sender_id, turn_id
from bridge.core.policy import Counted, Refusal
from bridge.slack.messages import SLACK_MESSAGES


def test_a_thread_key_survives_its_encoding() -> None:
    thread = ThreadKey("T1", "C1", "1700000000.000100")
    assert ThreadKey.decode(thread.encode()) == thread


def test_one_cause_is_one_turn_everywhere_and_another_cause_another() -> None:
    turn = turn_id("T1", "C1", "message:1.0")
    assert turn == turn_id("T1", "C1", "message:1.0")
    others = {
        turn_id("T2", "C1", "message:1.0"),
        turn_id("T1", "C2", "message:1.0"),
        turn_id("T1", "C1", "message:1.1"),
    }
    assert turn not in others
    assert turn.startswith(reference(turn))


def test_asking_again_under_the_same_number_is_the_same_asking_for_beebot() -> None:
    turn = turn_id("T1", "C1", "message:1.0")
    assert message_id(turn, 1) == message_id(turn, 1) != message_id(turn, 2)


def test_beebot_learns_no_slack_id_of_a_person() -> None:
    assert sender_id("T1", "U1") == sender_id("T1", "U1") != sender_id("T2", "U1")
    assert "U1" not in sender_id("T1", "U1")


def test_with_a_key_a_pseudonym_cannot_be_made_of_the_ids_alone() -> None:
    keyed = sender_id("T1", "U1", "a long random text")
    assert keyed == sender_id("T1", "U1", "a long random text")
    others = {
        sender_id("T1", "U1"),
        sender_id("T1", "U1", "other"),
        sender_id("T2", "U1", "a long random text"),
    }
    assert keyed not in others
    assert len(keyed) == len(sender_id("T1", "U1"))


def test_every_sentence_exists_in_every_language() -> None:
    assert set(Sentence._fields) == set(Locale)
    assert all(all(sentence) for sentence in SLACK_MESSAGES.values())


def kinds_of(kind: type[BridgeError]) -> Iterator[type[BridgeError]]:
    yield kind
    for one in kind.__subclasses__():
        yield from kinds_of(one)


def test_each_failure_has_its_sentence() -> None:
    wanted = {kind.message_key for kind in kinds_of(BridgeError)}
    assert len(wanted) > 5
    assert wanted <= set(MESSAGES)


def test_each_refusal_that_is_told_has_its_sentence() -> None:
    told = {f"refused_{why}" for why in Refusal if why is not Refusal.EXTERNAL}
    assert told <= set(MESSAGES)


def test_each_quota_has_its_result_and_but_for_bots_its_sentence() -> None:
    """`CommandResult` is made of the value of a `Counted`; a bot is told nothing."""
    assert {str(one) for one in Counted} <= {str(one) for one in CommandResult}
    assert {str(one) for one in Counted if one is not Counted.BOT} <= set(MESSAGES)
