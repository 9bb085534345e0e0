"""One cause is one turn, one person is one pseudonym; and every sentence is there."""

from bridge.core.messages import Locale, Sentence
from bridge.core.model import ThreadKey, message_id, reference, sender_id, turn_id
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
