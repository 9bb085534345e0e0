"""Values as people write them, in the environment and in files, are taken as they are meant."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.settings import Settings
from bridge.settings.loading import (
    UNUSED_VALUES,
    SettingsError,
    clean,
    decode,
    load_settings,
    parse_env_file,
)
from bridge.settings.values import is_marked

LEAST = {
    "SLACK_BOT_TOKEN": "xoxb-1-bot",
    "SLACK_SIGNING_SECRET": "0123456789abcdef0123456789abcdef",
    "BEEBOT_INSTANCE_ID": "chatbot-cn-test",
}
FILE = """\
# 写给运维的说明
SLACK_BOT_TOKEN=xoxb-1-bot
export SLACK_SIGNING_SECRET = "0123456789abcdef0123456789abcdef"  # from the console
BEEBOT_INSTANCE_ID='chatbot-cn-test'
BEEBOT_AGENT_KEY=   # the default space
BRIDGE_WELCOME=你好，我是助手
BRIDGE_METRICS_TOKEN=pa$$${HOME}#word
"""


def load(**changes: str) -> Settings:
    return load_settings(LEAST | changes, env_file=None)


def from_file(folder: Path, content: bytes | str, env: dict[str, str] | None = None) -> Settings:
    path = folder / ".env"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return load_settings(LEAST if env is None else env, env_file=path)


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gbk", "gb18030"]
)
def test_a_file_of_any_editor_is_read(tmp_path: Path, encoding: str, line_end: str) -> None:
    settings = from_file(tmp_path, FILE.replace("\n", line_end).encode(encoding), env={})
    assert settings.slack_bot_token.get_secret_value() == "xoxb-1-bot"
    assert settings.bridge_welcome == "你好，我是助手"
    assert settings.beebot_agent_key == ""
    assert settings.bridge_metrics_token is not None
    assert settings.bridge_metrics_token.get_secret_value() == "pa$$${HOME}#word"
    assert settings.warnings == ()


@pytest.mark.parametrize(
    ("raw", "meant"),
    [
        ("  xoxb-1 \r\n", "xoxb-1"),
        ('"xoxb-1"', "xoxb-1"),
        ("' xoxb-1 '", "xoxb-1"),
        ("“xoxb-1”", "xoxb-1"),
        ("‘xoxb-1’", "xoxb-1"),
        ("\ufeffxoxb-1\u200b\u00a0", "xoxb-1"),
        ('""', ""),
        ("''", ""),
        ('"', '"'),
        ("'a\"", "'a\""),
        ('"Ask" or "stop"', '"Ask" or "stop"'),
        ("don't", "don't"),
        ("a ${b} $c", "a ${b} $c"),
    ],
)
def test_what_clings_to_a_value_goes_and_nothing_else(raw: str, meant: str) -> None:
    assert clean(raw) == meant


def test_quotes_that_docker_leaves_are_no_part_of_any_value() -> None:
    quoted = {name: f'"{value}"' for name, value in LEAST.items()}
    settings = load_settings(quoted | {"PORT": "'4000'", "REDIS_URL": '""'}, env_file=None)
    assert settings == load(PORT="4000")


def test_a_private_channel_may_be_told_of_a_handover() -> None:
    assert load(BRIDGE_HANDOVER="G0123ABCD").bridge_handover == "G0123ABCD"


def test_names_in_small_letters_count_and_those_in_capitals_go_before(tmp_path: Path) -> None:
    assert load(https_proxy="http://a:1").https_proxy == "http://a:1"
    assert load(HTTPS_PROXY="http://b:1", https_proxy="http://a:1").https_proxy == "http://b:1"
    assert from_file(tmp_path, "port=4000\n").port == 4000


def test_a_line_that_sets_nothing_is_told_by_its_number(tmp_path: Path) -> None:
    settings = from_file(tmp_path, "PORT=4000\n\nset BRIDGE_SLOTS=5\n# fine\nBRIDGE_LOCALE zh\n")
    assert settings.port == 4000
    (remark,) = settings.warnings
    assert "sets nothing in line 3, 5: " in remark


@pytest.mark.parametrize(
    "line",
    [
        "BRIDGE_ALLOW_USERS: U01",
        "set BRIDGE_ALLOW_USERS=U01",
        'BRIDGE_ALLOW_USERS="U01',
        "bridge_allow_user U01",
    ],
)
def test_a_line_that_sets_no_restriction_ends_the_start(tmp_path: Path, line: str) -> None:
    with pytest.raises(SettingsError) as caught:
        from_file(tmp_path, f"PORT=4000\n{line}\n")
    (problem,) = caught.value.problems
    assert "sets nothing in line 2: write NAME=value" in problem


def test_a_folder_in_the_place_of_the_file_is_no_file(tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()
    assert load_settings(LEAST, env_file=tmp_path / ".env") == load()


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / ".env").symlink_to(".env")
    with pytest.raises(SettingsError) as caught:
        load_settings(LEAST, env_file=tmp_path / ".env")
    (problem,) = caught.value.problems
    assert problem.startswith(f"{tmp_path}/.env cannot be read: ")


def test_characters_that_cannot_be_read_are_told_where_they_matter(tmp_path: Path) -> None:
    content = b"# caf\xe9 \xff\nBRIDGE_LOCALE=zh\n"
    assert from_file(tmp_path, content).bridge_locale == "zh"
    with pytest.raises(SettingsError) as caught:
        from_file(tmp_path, content + b"BRIDGE_WELCOME=caf\xe9 \xff\n")
    (problem,) = caught.value.problems
    assert problem.startswith("BRIDGE_WELCOME cannot be read: save ")


def test_what_is_missing_is_told_with_the_folder_that_holds_no_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({}, env_file=tmp_path / ".env")
    assert len(caught.value.problems) == 3
    assert caught.value.problems[-1].endswith(f" No .env was found in {tmp_path}.")
    (tmp_path / ".env.txt").touch()
    with pytest.raises(SettingsError) as caught:
        load_settings({}, env_file=tmp_path / ".env")
    assert caught.value.problems[-1].endswith(" There is a .env.txt: rename it.")


def test_nothing_is_said_of_the_file_while_nothing_is_missing(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(LEAST | {"PORT": "x"}, env_file=tmp_path / ".env")
    assert len(caught.value.problems) == 1


@pytest.mark.parametrize(
    ("name", "value", "meant"),
    [
        ("BRIDGE_SLOT", "5", "BRIDGE_SLOTS"),
        ("BRIDGE_SESSION_TTL", "60", "BRIDGE_SESSION_TTL_S"),
        ("BRIDGE_LOCAL", "zh", "BRIDGE_LOCALE"),
        ("BRIGDE_LOCALE", "zh", "BRIDGE_LOCALE"),
        ("BEEBOT_AGENTKEY", "k", "BEEBOT_AGENT_KEY"),
        ("BEEBOT-AGENT-KEY", "k", "BEEBOT_AGENT_KEY"),
        ("SLACK_APP_TOKN", "x", "SLACK_APP_TOKEN"),
        ("SLACK_API_TOKEN", "xoxb-2", "SLACK_BOT_TOKEN"),
        ("SLACK_TOKEN", "xapp-2", "SLACK_APP_TOKEN"),
        ("ALIBABA_ACCESS_KEY_ID", "LTAI5t", "ALIBABA_CLOUD_ACCESS_KEY_ID"),
        ("ALIBABACLOUD_ACCESS_KEY_SECRET", "s", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"),
        ("REDIS_URI", "redis://r", "REDIS_URL"),
    ],
)
def test_a_misspelled_name_is_told_with_the_right_one(name: str, value: str, meant: str) -> None:
    assert load(**{name: value}).warnings == (
        f"{name} is no variable of the bridge: is {meant} meant?",
    )


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("BRIDGE_ALLOWED_USERS", "BRIDGE_ALLOW_USERS"),
        ("BRIDGE_USERS_ALLOW", "BRIDGE_ALLOW_USERS"),
        ("BRIDGE_ALLOW_USER_IDS", "BRIDGE_ALLOW_USERS"),
        ("BEEBOT_ALLOW_USERS", "BRIDGE_ALLOW_USERS"),
        ("BRIGDE_ALLOW_USERS", "BRIDGE_ALLOW_USERS"),
        ("bridge_allow_user", "BRIDGE_ALLOW_USERS"),
        ("BRIDGE_USERS", "BRIDGE_DENY_USERS"),
        ("BRIDGE_BLOCK_USERS", "BRIDGE_ALLOW_USERS"),
        ("BRIDGE_ALLOWED_CHANNELS", "BRIDGE_ALLOW_CHANNELS"),
        ("BRIDGE_CHANNEL_ALLOWLIST", "BRIDGE_ALLOW_CHANNELS"),
        ("BRIDGE_DENY_CHANNEL", "BRIDGE_DENY_CHANNELS"),
        ("BRIDGE_ALLOW_DM", "BRIDGE_ALLOW_DMS"),
        ("BRIDGE_GUESTS", "BRIDGE_ALLOW_GUESTS"),
        ("BRIDGE_FOLLOW_THREAD", "BRIDGE_FOLLOW_THREADS"),
        ("BRIDGE_USERS_PER_DAY", "BRIDGE_USER_PER_DAY"),
        ("BRIDGE_USER_PER_HOUR", "BRIDGE_USER_PER_DAY"),
        ("BRIDGE_SEND_NAME", "BRIDGE_SEND_NAMES"),
        ("BRIDGE_PSEUDONYMS_KEY", "BRIDGE_PSEUDONYM_KEY"),
        ("BRIDGE_LABELS", "BEEBOT_LABELS"),
        ("BEEBOT_ROBOT", "BEEBOT_ROBOTS"),
        ("BRIDGE_MAX_CONCURRENCY", "BEEBOT_MAX_CONCURRENCY"),
        ("BRIDGE_BOTS_PER_HOUR", "BRIDGE_BOT_PER_HOUR"),
        ("BRIDGE_BOT_TURN", "BRIDGE_BOT_TURNS"),
        ("BRIDGE_VENDOR_PARAMS", "BEEBOT_VENDOR_PARAM"),
    ],
)
def test_a_misspelled_restriction_ends_the_start(name: str, meant: str) -> None:
    """Else everybody would be answered, and nobody would notice."""
    with pytest.raises(SettingsError) as caught:
        load(**{name: "whatever"})
    (problem,) = caught.value.problems
    said = f"{name.upper()} is no variable of the bridge: is {meant} meant? "
    assert problem.startswith(said)


RESTRICTING = [
    name.upper() for name, field in Settings.model_fields.items() if is_marked(field, "restricting")
]


def joined_otherwise(name: str) -> set[str]:
    """With each underscore left out, with all of them, and with one at each place more."""
    prefix, _, rest = name.partition("_")
    cuts = {name[:at] + "_" + name[at:] for at in range(len(prefix) + 1, len(name))}
    joints = {name[:at] + name[at + 1 :] for at, sign in enumerate(name) if sign == "_"}
    whole = {prefix + "_" + rest.replace("_", ""), name.replace("_", ""), prefix + rest.lower()}
    signs = {name.replace("_", sign) for sign in ("-", ".", "__")}
    return {*cuts, *joints, *whole, *signs, f"_{name}", f"SLACK_{rest}"} - {name}


@pytest.mark.parametrize("name", RESTRICTING)
def test_a_restriction_joined_or_cut_otherwise_is_known_by_its_letters(name: str) -> None:
    """`BRIDGE_SENDNAMES=false` is no wish that names go to Beebot."""
    for written in joined_otherwise(name):
        with pytest.raises(SettingsError) as caught:
            load(**{written: "whatever"})
        assert f"is {name} meant?" in str(caught.value), written


@pytest.mark.parametrize("line", ["BRIDGE-SEND-NAMES false", "BRIDGE SEND_NAMES=false"])
def test_a_line_that_sets_nothing_and_cuts_a_restriction_ends_the_start(
    tmp_path: Path, line: str
) -> None:
    with pytest.raises(SettingsError, match="sets nothing in line"):
        from_file(tmp_path, FILE + line)


@pytest.mark.parametrize("name", ["LABELS", "ROBOTS", "SLACK_LABELS_OLD", "BRIDGESTONE_KEY"])
def test_what_is_like_a_restriction_without_our_prefix_is_somebody_elses(name: str) -> None:
    assert load(**{name: "whatever"}).warnings == ()


def test_what_is_open_until_it_is_set_counts_as_a_restriction() -> None:
    """For who adds one: where a misspelt name would open something, it belongs here."""
    assert set(RESTRICTING) == {
        "BRIDGE_ALLOW_CHANNELS", "BRIDGE_DENY_CHANNELS", "BRIDGE_ALLOW_DMS",
        "BRIDGE_ALLOW_USERS", "BRIDGE_DENY_USERS", "BRIDGE_ALLOW_GUESTS",
        "BRIDGE_FOLLOW_THREADS", "BRIDGE_FOLLOW_THREADS_EXCEPT",
        "BRIDGE_USER_PER_MINUTE", "BRIDGE_USER_PER_DAY",
        "BRIDGE_WORKSPACE_PER_MINUTE", "BRIDGE_WORKSPACE_PER_DAY",
        "BRIDGE_SEND_NAMES", "BRIDGE_PSEUDONYM_KEY",
        "BRIDGE_BOT_TURNS", "BRIDGE_BOT_PER_HOUR", "BRIDGE_BIND_ADDRESS",
        "BEEBOT_LABELS", "BEEBOT_ROBOTS", "BEEBOT_MAX_CONCURRENCY", "BEEBOT_VENDOR_PARAM",
    }  # fmt: skip


@pytest.mark.parametrize(
    "name",
    ["BRIDGE_HOST", "BRIDGE_IMAGE_TAG", "BRIDGE_VERSION", "BRIDGE_REPLICAS", "BRIDGE_DOMAIN"],
)
def test_an_operators_own_variable_ends_nothing(name: str) -> None:
    (warning,) = load(**{name: "whatever"}).warnings
    assert warning.startswith(f"{name} is no variable of the bridge")


@pytest.mark.parametrize("name", ["BRIDGE_ALLOW_USERS", "BRIDGE_DENY_CHANNELS", "BEEBOT_LABELS"])
@pytest.mark.parametrize("value", [",", " , ", ", ,"])
def test_a_list_of_commas_alone_is_not_a_list_that_is_unset(name: str, value: str) -> None:
    """As a template leaves it whose own variables are unset."""
    with pytest.raises(SettingsError) as caught:
        load(**{name: value})
    (problem,) = caught.value.problems
    assert problem.startswith(f"{name} must hold ")


def test_what_a_command_does_not_use_need_not_be_set() -> None:
    settings = load_settings({"PORT": "4000"}, env_file=None, unused=UNUSED_VALUES)
    assert settings.warnings == ()
    with pytest.raises(SettingsError, match="BEEBOT_INSTANCE_ID is missing"):
        load_settings({}, env_file=None, unused=("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET"))
    assert load_settings(LEAST, env_file=None, unused=UNUSED_VALUES) == load()


def test_a_name_like_ours_that_nobody_reads_is_told_whatever_was_meant() -> None:
    assert load(BRIDGE_TEMPERATURE_OF_WATER="7").warnings == (
        "BRIDGE_TEMPERATURE_OF_WATER is no variable of the bridge.",
    )


@pytest.mark.parametrize(
    "name",
    [
        "REDIS_TLS_URL", "REDIS_PORT", "REDIS_HOST", "REDIS_USER", "REDIS_PASSWORD", "REDISHOST",
        "REDIS_PUBLIC_URL", "HEROKU_REDIS_AMBER_URL", "UPSTASH_REDIS_REST_URL",
        "REDIS_SERVICE_HOST", "REDIS_PORT_6379_TCP_ADDR", "BRIDGE_SERVICE_PORT_HTTP",
        "BRIDGE_PORT", "BRIDGE_PORT_3000_TCP", "BEEBOT_SERVICE_HOST", "SLACK_BRIDGE_SERVICE_PORT",
        "BRIDGE_NAME", "ALIBABA_CLOUD_ROLE_ARN", "ALIBABA_CLOUD_OIDC_TOKEN_FILE",
        "ALIBABA_CLOUD_CREDENTIALS_URI", "SLACK_BOT_TOKEN_OLD", "SLACK_WEBHOOK_URL",
        "SLACK_APP_ID", "FTP_PROXY", "PORTS", "SPORT", "PATH", "HOME",
    ],
)  # fmt: skip
def test_what_hosts_and_others_set_is_no_misspelling(name: str) -> None:
    assert load(**{name: "whatever"}).warnings == ()


def test_a_misspelled_name_is_told_beside_what_is_missing_for_it() -> None:
    least = {name: value for name, value in LEAST.items() if name != "SLACK_BOT_TOKEN"}
    with pytest.raises(SettingsError) as caught:
        load_settings(least | {"SLACK_BOT_TOKNE": "xoxb-1"}, env_file=None)
    missing, remark = caught.value.problems
    assert missing.startswith("SLACK_BOT_TOKEN is missing: ")
    assert remark == "SLACK_BOT_TOKNE is no variable of the bridge: is SLACK_BOT_TOKEN meant?"


def test_unusual_ids_and_secrets_are_remarked_and_taken() -> None:
    settings = load(SLACK_SIGNING_SECRET="short", BEEBOT_INSTANCE_ID="12345")
    assert [remark.split()[0] for remark in settings.warnings] == [
        "SLACK_SIGNING_SECRET",
        "BEEBOT_INSTANCE_ID",
    ]
    assert load().warnings == ()


NAMES = st.sampled_from([name.upper() for name in Settings.model_fields])
URLS = st.builds(
    "{}{}".format,
    st.sampled_from(["redis://", "rediss://", "https://", "http://localhost", "socks5://", ""]),
    st.text("abc019:/@[]#?%. ", max_size=30),
)


@given(st.dictionaries(NAMES, st.one_of(st.text(max_size=30), URLS), max_size=4))
def test_whatever_a_variable_holds_it_is_taken_or_told_in_one_line(env: dict[str, str]) -> None:
    told: list[str] = []
    try:
        settings = load_settings(LEAST | env, env_file=None)
        settings.proxy_for(settings.slack_api_url)
    except SettingsError as error:
        told = error.problems
    assert [problem for problem in told if len(problem.splitlines()) != 1] == []


@given(st.one_of(st.binary(max_size=60), st.text("ab \"'“\n#=$\\{}").map(str.encode)))
def test_no_file_is_too_strange_to_be_read(content: bytes) -> None:
    parse_env_file(decode(content))
