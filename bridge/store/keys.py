"""Every key in Redis; all carry one hash tag, so that each script is correct on a cluster.

| key            | type   | what                                   | who removes it             |
|----------------|--------|----------------------------------------|----------------------------|
| ready          | zset   | threads that have work, by their turn  | take                       |
| open           | zset   | unfinished turns by their last beat    | done, bury, withdraw       |
| running        | zset   | threads being answered, by lease end   | done, give_back            |
| dead           | zset   | dead letters by the time of death      | sweep, retry, drop         |
| mailbox:THREAD | zset   | turns by their message's timestamp     | empties by done            |
| lease:THREAD   | hash   | owner, turn                            | done, give_back            |
| turn:TURN      | hash   | command, text, record; attempt, stop … | done, a week at most       |
| claim:TURN     | string | this turn was seen                     | 2 days after the last beat |
| stop:REQUEST   | string | what became of a stop request          | 2 days                     |
| engaged:THREAD | set    | who addressed the bot in this thread   | session TTL, sliding       |
| session:THREAD | string | Beebot's SessionId                     | session TTL, sliding       |
| asked:THREAD   | string | when the question to it was asked       | session TTL                |
| reset:THREAD   | string | when the session was reset             | session TTL                |
| sources:TURN   | string | what an answer cites, in full          | a week                     |
| rating:ANSWER  | hash   | who has said what of an answer         | a week                     |
| names:THREAD:… | hash   | numbers of those without names, by kind | session TTL, sliding       |
| once:KIND:PLACE| string | a human was called into this thread;   | session TTL;               |
|                |        | the bot has answered in this DM, or    | 90 days                    |
|                |        | introduced itself in this channel      |                            |
| token:NAME     | string | stream token, a secret                 | its own end of life        |
| renewal:NAME   | string | who renews that token now              | released, or 30 s          |
| bucket:BUCKET  | hash   | calls of Slack: booked until, closed   | a while after its last use |
| burst:METHOD   | hash   | calls at once that a refusal has left  | a week after the refusal   |
| shown:METHOD   | zset   | answers that it will end, by beginning | acquire, release, 6 minutes|
| probe          | any    | nothing: whether Redis does as we need | the script that makes it   |

METHOD is a team and a method of Slack's; BUCKET too, with the channel where Slack counts by it.
"""

from bridge.core.model import ThreadKey, TurnId

PREFIX = "{bridge}:"

READY = f"{PREFIX}ready"
OPEN = f"{PREFIX}open"
RUNNING = f"{PREFIX}running"
DEAD = f"{PREFIX}dead"
PROBE = f"{PREFIX}probe"


def mailbox(thread: ThreadKey) -> str:
    return f"{PREFIX}mailbox:{thread.encode()}"


def lease(thread: ThreadKey) -> str:
    return f"{PREFIX}lease:{thread.encode()}"


def engaged(thread: ThreadKey) -> str:
    return f"{PREFIX}engaged:{thread.encode()}"


def session(thread: ThreadKey) -> str:
    return f"{PREFIX}session:{thread.encode()}"


def turn(team: str, turn: TurnId) -> str:
    return f"{PREFIX}turn:{team}:{turn}"


def claim(team: str, turn: TurnId) -> str:
    return f"{PREFIX}claim:{team}:{turn}"


def once(kind: str, *place: str) -> str:
    return f"{PREFIX}once:{kind}:{':'.join(place)}"


def token(name: str) -> str:
    return f"{PREFIX}token:{name}"


def renewal(name: str) -> str:
    return f"{PREFIX}renewal:{name}"


def sources(team: str, turn: TurnId) -> str:
    return f"{PREFIX}sources:{team}:{turn}"


def rating(team: str, answer_id: str) -> str:
    return f"{PREFIX}rating:{team}:{answer_id}"


def pseudonyms(thread: ThreadKey, kind: str) -> str:
    return f"{PREFIX}names:{thread.encode()}:{kind}"


def bucket(team: str, method: str, channel: str = "") -> str:
    return (
        f"{PREFIX}bucket:{team}:{method}:{channel}"
        if channel
        else f"{PREFIX}bucket:{team}:{method}"
    )


def burst(team: str, method: str) -> str:
    return f"{PREFIX}burst:{team}:{method}"


def shown(team: str, method: str) -> str:
    return f"{PREFIX}shown:{team}:{method}"
