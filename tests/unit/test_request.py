"""What a question looks like on the wire, with all that the operator adds to it."""

import json
from dataclasses import replace
from typing import Any

from bridge.beebot.request import RequestOptions, encode_question
from bridge.core.model import Question, Robot, RobotId, SessionId

ROBOT = Robot(RobotId("chatbot-cn-a"))
ASKED = Question("m1", "你好 \U0001f44b", SessionId("s1"), ROBOT, "u1")


def value_of(question: Question, options: RequestOptions | None = None) -> dict[str, Any]:
    encoded = encode_question(question, options or RequestOptions())
    value: dict[str, Any] = json.loads(json.loads(encoded)["data"][0]["value"])
    return value


def test_the_request_is_json_in_a_string_in_ascii_json() -> None:
    encoded = encode_question(ASKED, RequestOptions())
    assert encoded.isascii()
    outer = json.loads(encoded)
    value = outer["data"][0].pop("value")
    assert outer == {
        "messageId": "m1",
        "action": "TongyiBeebotChat",
        "version": "2022-04-08",
        "data": [{"type": "JSON_TEXT"}],
    }
    assert "你好 \U0001f44b" in value
    assert json.loads(value) == {
        "InstanceId": "chatbot-cn-a",
        "Utterance": "你好 \U0001f44b",
        "SenderId": "u1",
        "SessionId": "s1",
    }


def test_vendor_param_is_json_in_a_string_within_that_string() -> None:
    options = RequestOptions({"phone": 123, "name": ["a", "b"], "city": "北京"})
    text = value_of(ASKED, options)["VendorParam"]
    assert isinstance(text, str)
    assert json.loads(text) == {"phone": 123, "name": ["a", "b"], "city": "北京"}


def test_labels_of_the_robot_stand_in_vendor_param_parted_by_commas() -> None:
    asked = replace(ASKED, robot=Robot(ROBOT.id, labels=("hr", "差旅")))
    assert json.loads(value_of(asked)["VendorParam"]) == {"docLabels": "hr,差旅"}
    said = value_of(asked, RequestOptions({"phone": 123}))["VendorParam"]
    assert json.loads(said) == {"phone": 123, "docLabels": "hr,差旅"}


def test_images_stand_in_vendor_param_as_a_list_beside_the_rest() -> None:
    asked = replace(ASKED, images=("https://bridge.example.com/images/F1.1.x",))
    said = value_of(asked, RequestOptions({"phone": 123}))["VendorParam"]
    assert json.loads(said) == {
        "phone": 123,
        "SYS_IMAGE_ATTACHMENTS": ["https://bridge.example.com/images/F1.1.x"],
    }
    assert "VendorParam" not in value_of(ASKED)


def test_perspectives_are_an_array_and_the_sandbox_a_boolean() -> None:
    value = value_of(ASKED, RequestOptions(perspectives=("FZJBY3raWr",), is_sandbox=True))
    assert value["Perspective"] == ["FZJBY3raWr"]
    assert value["SandBox"] is True


def test_the_askers_name_goes_along_where_it_is_given() -> None:
    assert value_of(replace(ASKED, sender_nick="王小明"))["SenderNick"] == "王小明"
