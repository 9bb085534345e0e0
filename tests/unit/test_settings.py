"""What the operator is told about each variable, and that no secret is ever repeated to them."""

import re
from pathlib import Path
from typing import Literal, get_origin

import pytest
from pydantic.fields import FieldInfo

from bridge.core.model import Prompt, Robot, RobotId
from bridge.settings import Settings
from bridge.settings.advice import find_advice
from bridge.settings.loading import SettingsError, load_settings
from bridge.settings.reference import examples, render
from bridge.settings.values import RANDOM_TEXTS, is_marked

LEAST = {
    "SLACK_BOT_TOKEN": "xoxb-1-bot",
    "SLACK_SIGNING_SECRET": "0123456789abcdef0123456789abcdef",
    "BEEBOT_INSTANCE_ID": "chatbot-cn-test",
}
ROOT = Path(__file__).parents[2]


def load(**changes: str) -> Settings:
    return load_settings(LEAST | changes, env_file=None)


def problems(**changes: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(**changes)
    return caught.value.problems


def test_three_variables_are_enough_for_http() -> None:
    settings = load()
    assert settings.slack_bot_token.get_secret_value() == "xoxb-1-bot"
    assert not settings.is_socket_mode
    assert settings.redis_url is None
    assert settings.port == 3000


def test_the_public_address_is_an_origin_and_one_without_tls_is_a_warning() -> None:
    settings = load(BRIDGE_PUBLIC_URL="https://bridge.example.com:8443/")
    assert (settings.bridge_public_url, settings.warnings) == (
        "https://bridge.example.com:8443",
        (),
    )
    (warning,) = load(BRIDGE_PUBLIC_URL="http://bridge.example.com").warnings
    assert warning.startswith("BRIDGE_PUBLIC_URL does not begin with https://")
    assert load(BRIDGE_PUBLIC_URL="HTTPS://Bridge.example.com").warnings == ()


def test_an_id_in_the_map_that_looks_like_no_robots_is_a_warning() -> None:
    assert load(BEEBOT_ROBOTS="C0A|chatbot-cn-a").warnings == ()
    (warning,) = load(BEEBOT_ROBOTS="C0A|chatbot-cn-a; dm|sales").warnings
    assert warning.startswith("BEEBOT_ROBOTS has an instance id that does not begin with")


def test_what_an_outage_waits_for_is_tried_again_every_30_seconds() -> None:
    assert load().bridge_recheck_s == 30


def test_an_app_token_means_socket_mode_and_needs_no_signing_secret() -> None:
    settings = load(SLACK_APP_TOKEN="xapp-1-app", SLACK_SIGNING_SECRET="")
    assert settings.is_socket_mode
    assert settings.slack_signing_secret is None


def test_everything_that_is_missing_is_told_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({}, env_file=None)
    named = [problem.split()[0] for problem in caught.value.problems]
    assert named == ["SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "BEEBOT_INSTANCE_ID"]
    assert all(" is missing: set it to " in problem for problem in caught.value.problems)


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("SLACK_BOT_TOKEN", "xoxp-1-user", "must begin with xoxb-"),
        ("SLACK_BOT_TOKEN", "xoxb-", "must begin with xoxb-"),
        ("SLACK_APP_TOKEN", "xoxb-1-bot", "must begin with xapp-"),
        ("SLACK_API_URL", "http://slack.example/api/", "must be an https:// URL"),
        ("SLACK_API_URL", "http://[", "is no URL"),
        ("BRIDGE_PUBLIC_URL", "bridge.example.com", "must be an https:// address"),
        ("BRIDGE_PUBLIC_URL", "ftp://bridge.example.com", "must be an https:// address"),
        ("BRIDGE_PUBLIC_URL", "https://me:pw@bridge.example.com", "must be an https:// address"),
        ("BRIDGE_PUBLIC_URL", "https://", "must be an https:// address"),
        ("BRIDGE_PUBLIC_URL", "https://${HOST}", "has a host that none can be called"),
        ("BRIDGE_PUBLIC_URL", "https://<YOUR-HOST>", "has a host that none can be called"),
        ("REDIS_URL", "redis://me:pw@${REDIS_HOST}:6379", "has a host that none can be called"),
        ("BRIDGE_PUBLIC_URL", "https://bridge.example.com/images", "must end with its host"),
        ("BRIDGE_PUBLIC_URL", "https://bridge.example.com/?a=b", "must end with its host"),
        ("SLACK_API_URL", "https://slack.com/api?a=1", "must end with its path"),
        ("SLACK_API_URL", "https://slack .com/api", "has a blank inside"),
        ("BEEBOT_STREAM_URL", "alime.example/sse", "must be an https:// URL"),
        ("BEEBOT_ENDPOINT", "https://chatbot.example", "must be a host name"),
        ("BEEBOT_ENDPOINT", "chatbot.example/path", "must be a host name"),
        ("BEEBOT_MAX_UTTERANCE", "0", "greater than or equal to 1"),
        ("BEEBOT_MAX_CONCURRENCY", "-1", "greater than or equal to 0"),
        ("BEEBOT_ROBOTS", "#general|chatbot-cn-a", "must begin with ids of channels"),
        ("BEEBOT_ROBOTS", "D0ALICE000|chatbot-cn-a", "must begin with ids of channels"),
        ("BEEBOT_ROBOTS", "|chatbot-cn-a", "must begin with ids of channels"),
        ("BEEBOT_ROBOTS", "C0A|chatbot-cn-a; k_p_k_public|C0B", "and entry 2 does not"),
        ("BEEBOT_ROBOTS", "C0A", "must have the instance id of a robot"),
        ("BEEBOT_ROBOTS", "C0A|my robot", "must have the instance id of a robot"),
        ("BEEBOT_ROBOTS", "C0A|chatbot-cn-a|my key", "must have an agent key, or nothing"),
        ("BEEBOT_ROBOTS", "C0A|chatbot-cn-a|key|hr|more", "at most three |"),
        ("BEEBOT_ROBOTS", "C0A|xoxb-1-2-abc", "must have the instance id of a robot"),
        ("BEEBOT_ROBOTS", "C0A|key_p_beebot_public|chatbot-cn-a", "the instance id of a robot"),
        ("BEEBOT_ROBOTS", "C0A|chatbot-cn-a,dm|chatbot-cn-b", "the instance id of a robot"),
        ("BEEBOT_ROBOTS", "C0A|chatbot-cn-a|chatbot-cn-b", "must have an agent key, or nothing"),
        ("BEEBOT_ROBOTS", "C0A|chatbot-cn-a|leave,travel", "must have an agent key, or nothing"),
        ("BEEBOT_ROBOTS", "C0A|chatbot-cn-a||,", "must have labels, or nothing"),
        ("BEEBOT_ROBOTS", "C0A|chatbot-cn-a; C0B,C0A|chatbot-cn-b", "names C0A again"),
        ("BEEBOT_ROBOTS", "C0A|chatbot-cn-a|k1; C0B|chatbot-cn-a|k2", "one robot one agent key"),
        ("BEEBOT_ROBOTS", "C0A|chatbot-cn-test|key", "one robot one agent key"),
        ("BEEBOT_PERSPECTIVE", ",".join("p" * 21), "must hold at most 20 codes"),
        ("BEEBOT_VENDOR_PARAM", "phone=1", "must be a JSON object"),
        ("BEEBOT_VENDOR_PARAM", '["phone"]', "must be a JSON object"),
        ("BEEBOT_VENDOR_PARAM", '{"phone": {"home": 1}}', "a list at phone"),
        ("BEEBOT_VENDOR_PARAM", '{"phone": NaN}', "must be a JSON object"),
        ("BEEBOT_VENDOR_PARAM", '{"phone": [1, -1e999]}', "a list at phone"),
        ("BEEBOT_VENDOR_PARAM", '{"docLabels": "hr"}', "set BEEBOT_LABELS instead"),
        ("BEEBOT_VENDOR_PARAM", '{"SYS_IMAGE_ATTACHMENTS": []}', "of the pictures"),
        ("BEEBOT_SANDBOX", "perhaps", "must be a valid boolean"),
        ("BRIDGE_PSEUDONYM_KEY", "short", "must have at least 16 characters"),
        ("BRIDGE_PSEUDONYM_KEY", "the output of: openssl rand -hex 32", "not the command"),
        ("BRIDGE_PSEUDONYM_KEY", "$(openssl rand -hex 32)", "not the command"),
        ("BRIDGE_PSEUDONYM_KEY", "${RANDOM_KEY_OF_THE_HOST}", "not the command"),
        ("BRIDGE_PSEUDONYM_KEY", "`pwgen --secure 32 1`", "not the command"),
        ("BRIDGE_PSEUDONYM_KEY", "x" * 32, "repeats one character"),
        ("BRIDGE_METRICS_TOKEN", "the-output-of-openssl-rand-hex-32", "not the command"),
        ("BRIDGE_METRICS_TOKEN", "$(cat/etc/token)", "not the command"),
        ("BRIDGE_METRICS_TOKEN", "fifteen-letters", "must have at least 16 characters"),
        ("REDIS_URL", "http://redis.example", "must be a redis:// or rediss:// URL"),
        ("REDIS_URL", "redis://", "must be a redis:// or rediss:// URL"),
        ("REDIS_URL", "redis://redis.example:port", "is no URL"),
        ("REDIS_URL", "redis://redis.example:99999", "a port, a number up to 65535"),
        ("REDIS_URL", "redis://:pa/ss@redis.example:6379/0", "/ as %2F"),
        ("REDIS_URL", "redis://:pa?ss@redis.example:6379/0", "? as %3F"),
        ("REDIS_URL", "redis://:pa#ss@redis.example:6379/0", "# as %23"),
        ("REDIS_URL", "redis://:pa[ss@redis.example:6379/0", "[ as %5B"),
        ("REDIS_URL", "redis://:pa]ss@redis.example:6379/0", "] as %5D"),
        ("REDIS_URL", "redis://me:12#34@redis.example", "# as %23"),
        ("REDIS_URL", "redis://me:12/34@redis.example", "/ as %2F"),
        ("REDIS_URL", "redis://:pa ss@redis.example:6379", "has a blank inside"),
        ("REDIS_URL", "redis://:pa\nss@redis.example:6379", "has a line break inside"),
        ("REDIS_URL", "redis://redis.example/first", "the number of a database"),
        ("REDIS_URL", "redis://redis.example?family=6", "no option behind it but"),
        ("HTTPS_PROXY", "socks5://proxy.example:1080", "SOCKS is not supported"),
        ("ALL_PROXY", "socks5h://proxy.example:1080", "SOCKS is not supported"),
        ("HTTP_PROXY", "http://me:p#w@proxy.example:80", "# as %23"),
        ("HTTPS_PROXY", "http://", "must be a proxy with a host"),
        ("BRIDGE_HANDOVER", "#help", "must be an id in capitals"),
        ("REDIS_SSL_CERT_REQS", "optional", "'required' or 'none'"),
        ("PORT", "65536", "less than or equal to 65535"),
        ("PORT", "http", "must be a valid integer"),
        ("BRIDGE_LOG_LEVEL", "loud", "'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
        ("BRIDGE_LOG_FORMAT", "xml", "'json' or 'console'"),
        ("BRIDGE_STREAMING", "smooth", "'auto', 'native' or 'edit'"),
        ("BRIDGE_LOCALE", "de", "'auto', 'en' or 'zh'"),
        ("BRIDGE_TAKEOVER", "drop", "'ask' or 'keep'"),
        ("BRIDGE_PROMPTS", "a;b;c;d;e", "must hold at most 4 prompts"),
        ("BRIDGE_PROMPTS", "a|", "must have a title before each | and a message behind it"),
        ("BRIDGE_PROMPTS", "|b", "must have a title before each | and a message behind it"),
        ("BRIDGE_ALLOW_CHANNELS", "C0123ABCD,general", "and has none in place 2"),
        ("BRIDGE_DENY_CHANNELS", "D0123ABCD", "must hold ids in capitals, as C0123ABCD"),
        ("BRIDGE_ALLOW_USERS", "C0123ABCD", "must hold ids in capitals, as U0123ABCD"),
        ("BRIDGE_DENY_USERS", "@alice", "must hold ids in capitals, as U0123ABCD"),
        ("BRIDGE_ALLOW_BOTS", "U0123ABCD", "must hold ids in capitals, as B0123ABCD"),
        ("BRIDGE_BOT_TURNS", "0", "greater than or equal to 1"),
        ("BRIDGE_USER_PER_DAY", "-1", "greater than or equal to 0"),
        ("BRIDGE_FOLLOW_THREADS", "perhaps", "must be a valid boolean"),
        ("BRIDGE_SESSION_TTL_S", "1", "greater than or equal to 60"),
        ("BRIDGE_ANSWER_S", "nan", "must be a finite number"),
        ("BRIDGE_CONNECT_S", "0", "greater than 0"),
        ("BRIDGE_EDIT_INTERVAL_MAX_S", "0.5", "is below BRIDGE_EDIT_INTERVAL_S"),
        ("BRIDGE_BEAT_S", "6", "is too long for BRIDGE_LEASE_S"),
        ("ALIBABA_CLOUD_SECURITY_TOKEN", "CAISwA", "must not stand alone"),
    ],
)
def test_a_wrong_value_is_told_with_how_to_mend_it(name: str, value: str, complaint: str) -> None:
    (problem,) = problems(**{name: value})
    assert problem.startswith(f"{name} ")
    assert complaint in problem
    assert ": set it to " in problem


@pytest.mark.parametrize(
    ("name", "value", "place"),
    [
        ("SLACK_BOT_TOKEN", "xapp-1-app", "belongs into SLACK_APP_TOKEN"),
        ("SLACK_BOT_TOKEN", "xoxp-1-user", "has no use here"),
        ("SLACK_BOT_TOKEN", "xoxe.xoxb-1", "has no use here"),
        ("SLACK_BOT_TOKEN", "0123456789abcdef0123456789abcdef", "into SLACK_SIGNING_SECRET"),
        ("SLACK_BOT_TOKEN", "https://hooks.slack.com/services/T/B/x", "has no use here"),
        ("SLACK_APP_TOKEN", "xoxb-1-bot", "belongs into SLACK_BOT_TOKEN"),
        ("SLACK_APP_TOKEN", "0123456789abcdef0123456789abcdef", "into SLACK_SIGNING_SECRET"),
        ("SLACK_SIGNING_SECRET", "xoxb-1-bot", "belongs into SLACK_BOT_TOKEN"),
        ("SLACK_SIGNING_SECRET", "xapp-1-app", "belongs into SLACK_APP_TOKEN"),
        ("BEEBOT_INSTANCE_ID", "LTAI5tKey", "belongs into ALIBABA_CLOUD_ACCESS_KEY_ID"),
        ("BEEBOT_INSTANCE_ID", "ac62_p_beebot_public", "belongs into BEEBOT_AGENT_KEY"),
        ("BEEBOT_AGENT_KEY", "chatbot-cn-abc", "belongs into BEEBOT_INSTANCE_ID"),
        ("BRIDGE_METRICS_TOKEN", "xoxb-1-bot", "belongs into SLACK_BOT_TOKEN"),
    ],
)
def test_a_token_in_the_wrong_variable_is_told_where_it_belongs(
    name: str, value: str, place: str
) -> None:
    (problem,) = problems(**{name: value})
    assert problem.startswith(f"{name} ")
    assert place in problem
    assert value not in problem


def test_an_access_key_the_wrong_way_round_is_told_on_both_sides() -> None:
    told = problems(
        ALIBABA_CLOUD_ACCESS_KEY_ID="abcdefghijABCDEFGHIJ0123456789",
        ALIBABA_CLOUD_ACCESS_KEY_SECRET="LTAI5tExampleKeyId",
    )
    assert "belongs into ALIBABA_CLOUD_ACCESS_KEY_SECRET" in told[0]
    assert "belongs into ALIBABA_CLOUD_ACCESS_KEY_ID" in told[1]


@pytest.mark.parametrize(
    ("within", "complaint"),
    [
        ("\n", "has a line break inside"),
        ("\r\n", "has a line break inside"),
        (" ", "has a blank inside"),
        ("\t", "has a blank inside"),
        ("\u00a0", "has a blank inside"),
        ("–", "has a character inside"),
        ("\u200b", "has a character inside"),
        ("ａ", "has a character inside"),
        ("\x00", "has a character inside"),
    ],
)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SLACK_BOT_TOKEN", "xoxb-1"),
        ("SLACK_APP_TOKEN", "xapp-1"),
        ("SLACK_SIGNING_SECRET", "0123"),
        ("BEEBOT_INSTANCE_ID", "chatbot-cn-1"),
        ("BEEBOT_AGENT_KEY", "key"),
        ("BRIDGE_METRICS_TOKEN", "word"),
    ],
)
def test_what_no_token_holds_is_refused(name: str, value: str, within: str, complaint: str) -> None:
    (problem,) = problems(**{name: f"{value}{within}2"})
    assert problem.startswith(f"{name} {complaint}")


@pytest.mark.parametrize(
    "half",
    [{"ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAI5tX"}, {"ALIBABA_CLOUD_ACCESS_KEY_SECRET": "s3cr3t"}],
)
def test_half_a_key_is_refused(half: dict[str, str]) -> None:
    (problem,) = problems(**half)
    assert "must be set together with ALIBABA_CLOUD_ACCESS_KEY_ID" in problem


def test_a_client_id_is_refused_with_the_reason() -> None:
    (problem,) = problems(SLACK_CLIENT_ID="1.2")
    assert problem.startswith("SLACK_CLIENT_ID must not be set: ")
    assert "OAuth" in problem


@pytest.mark.parametrize("kind", ["CHANNELS", "USERS"])
def test_an_id_that_is_allowed_and_denied_is_told(kind: str) -> None:
    identifier = f"{kind[0]}0123ABCD"
    lists = {
        f"BRIDGE_ALLOW_{kind}": identifier,
        f"BRIDGE_DENY_{kind}": f"{kind[0]}023,{identifier}",
    }
    (problem,) = problems(**lists)
    assert problem.startswith(f"BRIDGE_DENY_{kind} names an id that BRIDGE_ALLOW_{kind} names")
    assert identifier not in problem


SECRETS = {
    "SLACK_BOT_TOKEN": "xoxb-s3cr3t-bot",
    "SLACK_SIGNING_SECRET": "s3cr3t-signing",
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAI-s3cr3t",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "s3cr3t-key",
    "ALIBABA_CLOUD_SECURITY_TOKEN": "s3cr3t-sts",
    "BEEBOT_AGENT_KEY": "s3cr3t-space",
    "REDIS_URL": "rediss://:s3cr3t-redis@redis.example:6379/0",
    "BRIDGE_METRICS_TOKEN": "s3cr3t-of-metrics",
    "HTTPS_PROXY": "http://me:s3cr3t-proxy@proxy.example:3128",
}


def test_no_secret_is_printed_with_the_settings() -> None:
    settings = load(**SECRETS)
    assert "s3cr3t" not in f"{settings!r} {settings}"
    masked = {value for name, value in SECRETS.items() if name != "HTTPS_PROXY"}  # by its shape
    assert set(settings.secrets()) == masked - {"s3cr3t-space"}


def test_no_secret_stands_in_an_error_or_in_what_led_to_it() -> None:
    wrong = {name: "s3cr3t-" + value for name, value in SECRETS.items()}
    with pytest.raises(SettingsError) as caught:
        load(**wrong, SLACK_APP_TOKEN="s3cr3t", PORT="s3cr3t", SLACK_API_URL="https://a:s3cr3t")
    assert len(caught.value.problems) == 6
    assert "s3cr3t" not in f"{caught.value!r} {caught.value}"
    assert caught.value.__context__ is None


def test_a_variable_set_to_nothing_is_unset_and_blanks_around_a_value_go() -> None:
    settings = load(REDIS_URL="", PORT=" ", BEEBOT_INSTANCE_ID=" chatbot-cn-x\n")
    assert settings.redis_url is None
    assert settings.port == 3000
    assert settings.beebot_instance_id == "chatbot-cn-x"


@pytest.mark.parametrize(
    "url",
    ["redis://redis.example", "rediss://:pw@redis.example:6380/1", "unix:///run/redis.sock"],
)
def test_redis_is_reached_in_three_ways(url: str) -> None:
    redis_url = load(REDIS_URL=url).redis_url
    assert redis_url is not None
    assert redis_url.get_secret_value() == url


@pytest.mark.parametrize(
    "url",
    [
        "redis://:p%2Fa%23s%3Fs%40%5B@redis.example:6379/0",
        "redis://user:p@ss:w%25rd@redis.example",
        "rediss://:pw@redis.example:6380?ssl_cert_reqs=none",
        "unix://:pw@/run/redis.sock?db=1",
        "redis://[::1]:6379/2",
    ],
)
def test_passwords_and_options_that_redis_takes_are_taken(url: str) -> None:
    redis_url = load(REDIS_URL=url).redis_url
    assert redis_url is not None
    assert redis_url.get_secret_value() == url


@pytest.mark.parametrize(
    ("url", "variables", "way"),
    [
        ("https://slack.com/api/", {}, None),
        ("https://slack.com/api/", {"HTTPS_PROXY": "http://p:1"}, "http://p:1"),
        ("wss://wss.slack.com/link", {"HTTPS_PROXY": "http://p:1"}, "http://p:1"),
        ("https://slack.com/api/", {"HTTPS_PROXY": "p:1"}, "http://p:1"),
        ("https://slack.com/api/", {"HTTP_PROXY": "http://p:1"}, None),
        ("http://127.0.0.1:1/", {"HTTP_PROXY": "http://p:1"}, "http://p:1"),
        ("https://slack.com/api/", {"ALL_PROXY": "http://p:1"}, "http://p:1"),
        ("https://a.b/", {"ALL_PROXY": "http://p:1", "HTTPS_PROXY": "http://q:1"}, "http://q:1"),
        ("https://slack.com/", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "slack.com"}, None),
        ("https://a.slack.com/", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "slack.com"}, None),
        ("https://a.slack.com/", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": ".Slack.com"}, None),
        ("https://a.slack.com/", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "*.slack.com"}, None),
        ("https://slack.com/", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "x, slack.com:443"}, None),
        (
            "https://slack.com/",
            {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "slack.com:80"},
            "http://p:1",
        ),
        (
            "https://myslack.com/",
            {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "slack.com"},
            "http://p:1",
        ),
        ("https://slack.com/", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "*"}, None),
        ("http://127.0.0.1:8/", {"HTTP_PROXY": "http://p:1", "NO_PROXY": "127.0.0.0/8"}, None),
        ("http://[::1]:8/", {"HTTP_PROXY": "http://p:1", "NO_PROXY": "::1"}, None),
        (
            "https://slack.com/",
            {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "10.0.0.0/8"},
            "http://p:1",
        ),
    ],
)
def test_one_rule_says_which_proxy_leads_where(
    url: str, variables: dict[str, str], way: str | None
) -> None:
    assert load(**variables).proxy_for(url) == way


def test_services_on_this_machine_may_speak_plain_http() -> None:
    settings = load(
        SLACK_API_URL="http://127.0.0.1:8080/api",
        BEEBOT_ENDPOINT="http://127.0.0.1:8081",
        BEEBOT_STREAM_URL="http://localhost:8081/sse/",
    )
    assert settings.slack_api_url == "http://127.0.0.1:8080/api/"
    assert settings.beebot_endpoint == "http://127.0.0.1:8081"
    assert settings.beebot_stream_url == "http://localhost:8081/sse"


def test_all_three_ways_of_streaming_are_accepted() -> None:
    for way in ("auto", "native", "edit"):
        assert load(BRIDGE_STREAMING=way).bridge_streaming == way


def test_prompts_are_titles_with_messages_or_messages_alone() -> None:
    prompts = load(BRIDGE_PROMPTS="Leave| How much leave? ;; 年假有几天？\n").bridge_prompts
    assert prompts == (Prompt("Leave", "How much leave?"), Prompt("年假有几天？", "年假有几天？"))


def test_prompts_of_a_file_are_read_alike_and_may_stand_on_several_lines(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text('BRIDGE_PROMPTS="a|b\nc"\n')
    prompts = load_settings(LEAST, env_file=file).bridge_prompts
    assert prompts == (Prompt("a", "b"), Prompt("c", "c"))


def test_a_file_fills_in_what_the_environment_leaves_out(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("PORT=4000\nBRIDGE_LOCALE=zh\nBRIDGE_SLOTS=\nSOMEBODY_ELSES=1\n")
    settings = load_settings(LEAST | {"PORT": "5000"}, env_file=file)
    assert settings.port == 5000
    assert settings.bridge_locale == "zh"
    assert settings.bridge_slots == 1000


def test_a_secret_of_the_file_is_checked_and_kept_as_quietly(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("SLACK_APP_TOKEN=s3cr3t\n")
    with pytest.raises(SettingsError) as caught:
        load_settings(LEAST, env_file=file)
    assert caught.value.problems[0].startswith("SLACK_APP_TOKEN must begin with xapp-")
    assert "s3cr3t" not in str(caught.value)


def example() -> dict[str, str]:
    """Variable to the value shown in `.env.example`; a commented variable shows its default."""
    lines = (ROOT / ".env.example").read_text().splitlines()
    found = [(m[1], m[2]) for line in lines if (m := re.match(r"#?([A-Z_]+)=(.*)$", line))]
    assert len(found) == len(dict(found)), "a variable stands there twice"
    return dict(found)


def test_the_example_file_names_what_people_change_and_nothing_else() -> None:
    usual = {
        n.upper() for n, field in Settings.model_fields.items() if not is_marked(field, "advanced")
    }
    assert set(example()) - {"PUBLIC_HOST"} == usual  # which is compose.yaml's
    assert len(usual) < len(Settings.model_fields)


def test_the_reference_is_the_one_that_make_docs_writes() -> None:
    assert (ROOT / "docs/configuration.md").read_text(encoding="utf-8") == render()
    assert all(f"`{name.upper()}`" in render() for name in Settings.model_fields)


def test_the_example_file_shows_the_defaults() -> None:
    shown = load_settings(LEAST | {k: v for k, v in example().items() if v}, env_file=None)
    assert shown == load()


@pytest.mark.parametrize(("name", "field"), Settings.model_fields.items())
def test_every_text_has_examples_and_they_are_taken(name: str, field: FieldInfo) -> None:
    if isinstance(field.default, (bool, int, float)) or get_origin(field.annotation) is Literal:
        return
    assert examples(field) or (is_marked(field, "advanced") and field.default)
    key = dict.fromkeys(("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"), "a")
    for example in set(examples(field)) - set(RANDOM_TEXTS):  # which say where to take one from
        load(**key | {name.upper(): example})


def test_every_variable_says_how_to_set_it() -> None:
    assert find_advice().keys() == Settings.model_fields.keys()
    assert all(find_advice().values())


def test_what_goes_with_every_question_is_read_as_it_is_meant() -> None:
    settings = load(
        BEEBOT_LABELS="hr, 差旅，",
        BEEBOT_PERSPECTIVE="FZJBY3raWr",
        BEEBOT_VENDOR_PARAM='{"phone": 123, "name": ["a", "b"]}',
        BEEBOT_SANDBOX="true",
    )
    assert settings.robots.default.labels == ("hr", "差旅")
    assert settings.beebot_perspective == ("FZJBY3raWr",)
    assert settings.beebot_vendor_param == {"phone": 123, "name": ["a", "b"]}
    assert settings.beebot_sandbox


def test_lists_of_ids_are_parted_by_commas_or_blanks() -> None:
    settings = load(BRIDGE_ALLOW_CHANNELS="C0123ABCD, G0123ABCD;C0456", BRIDGE_DENY_USERS="U01 W02")
    assert settings.bridge_allow_channels == {"C0123ABCD", "G0123ABCD", "C0456"}
    assert settings.bridge_deny_users == {"U01", "W02"}
    assert settings.bridge_allow_users == frozenset()


def test_a_map_names_a_robot_for_channels_and_direct_messages() -> None:
    robots = load(
        BEEBOT_AGENT_KEY="own",
        BEEBOT_LABELS="public",
        BEEBOT_ROBOTS="""
            C0SALES, C0SHOP | chatbot-cn-sales ;
            C0HR|chatbot-cn-hr|other|hr,差旅
            dm|chatbot-cn-test||private""",
    ).robots
    default = Robot(RobotId("chatbot-cn-test"), "own", ("public",))
    sales = Robot(RobotId("chatbot-cn-sales"), "own", ("public",))
    hr = Robot(RobotId("chatbot-cn-hr"), "other", ("hr", "差旅"))
    assert [robots.at(channel) for channel in ("C0SALES", "C0SHOP", "C0HR")] == [sales, sales, hr]
    assert robots.at("C0ELSE") == default
    assert robots.in_dms == Robot(default.id, "own", ("private",))
    assert list(robots) == [default, sales, hr]


def test_no_agent_key_is_shown_with_the_settings() -> None:
    shown = repr(load(BEEBOT_ROBOTS="C0HR|chatbot-cn-hr|other_p_beebot_public"))
    assert "other_p_beebot_public" not in shown


@pytest.mark.parametrize("address", ["localhost", "bridge.example.com", "127.0.0.1:3000", "1.2.3"])
def test_an_address_to_listen_on_is_one_of_a_machine(address: str) -> None:
    with pytest.raises(SettingsError, match="BRIDGE_BIND_ADDRESS must be an IP address"):
        load(BRIDGE_BIND_ADDRESS=address)
    assert load(BRIDGE_BIND_ADDRESS="[::1]").bridge_bind_address == "::1"
