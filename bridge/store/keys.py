"""Every key in Redis, named here and nowhere else; `mailbox.lua` is given the names as `KEY`.

All carry one hash tag, so that each script is correct on a cluster.

| key            | type   | what                                   | who removes it             |
|----------------|--------|----------------------------------------|----------------------------|
| schema         | string | version of what is stored, see below   | the operator               |
| ready          | zset   | threads that have work, by their turn  | take                       |
| open           | zset   | unfinished turns by their last beat    | done, bury, delete         |
| running        | zset   | threads being answered, by lease end   | done, bury, give_back      |
| dead           | zset   | dead letters by the time of death      | sweep, retry, drop         |
| mailbox:THREAD | zset   | turns by their message's timestamp     | done, with the last turn   |
| lease:THREAD   | hash   | owner, turn                            | done, bury, give_back      |
| turn:TURN      | hash   | command, text, record; attempt, stop,  | done; TURN_TTL or DEAD_TTL |
|                |        | since, ms of its storing and taking    |                            |
| claim:TURN     | string | this turn was seen                     | 2 days after the last beat |
| stop:REQUEST   | string | what became of a stop request          | 2 days                     |
| engagement:…   | hash   | who addressed the bot in this thread,  | session TTL, sliding       |
|                |        | and when first                         |                            |
| session:THREAD | string | Beebot's SessionId                     | session TTL, sliding       |
| robot:THREAD   | string | the robot, a blank, and the session    | session TTL, sliding       |
|                |        | that belongs to the robot              |                            |
| asked:THREAD   | string | when the question to it was asked      | session TTL                |
| reset:THREAD   | string | when the session was reset             | session TTL                |
| bots:THREAD    | string | how often bots asked since a person did | session TTL, sliding      |
| quota:COUNTED  | string | how many questions were asked          | a minute or a day after    |
|                |        |                                        | the first of them          |
| sources:TURN   | hash   | what an answer cites, in full; for whom | a week                    |
| rating:ANSWER  | hash   | who has said what of an answer; of which | a week                   |
| space:ROBOT    | string | the business space of a robot          | 90 days after its last use |
| names:THREAD:… | hash   | numbers of those without names, by kind | session TTL, sliding      |
| once:KIND:PLACE| string | a human was called into this thread;   | session TTL;               |
|                |        | the bot has answered in this DM, or    | 90 days                    |
|                |        | introduced itself in this channel      |                            |
|                |        | somebody was told why it does not      | 10 minutes                 |
|                |        | answer them there                      |                            |
|                |        | the session of this thread has a title | 90 days                    |
| refused:METHOD:| string | Slack refuses this method to the app,  | an hour                    |
| CHANNEL        |        | or, with a channel, there              |                            |
| token:NAME     | string | stream token, a secret                 | its own end of life        |
| renewal:NAME   | string | who renews that token now              | released, or 30 s          |
| bucket:BUCKET  | hash   | calls of Slack: booked until, closed   | a while after its last use |
| burst:METHOD   | hash   | calls at once: that a refusal has      | a week after either        |
|                |        | left, that were taken                  |                            |
| shown:METHOD   | zset   | answers that it will end, by beginning | acquire, release, 6 minutes|
| probe          | any    | nothing: whether Redis does as we need | the script that makes it   |

COUNTED is a team, the seconds of the window and, of a person's questions, the person.
METHOD is a team and a method of Slack's; BUCKET too, with the channel where Slack counts by it.
"""

from datetime import timedelta

# The version of what the mailboxes hold. It is raised only when a release that knows the one before
# would misread what is stored; whoever raises it goes on reading what that release has stored.
SCHEMA_VERSION = 1

PREFIX = "{bridge}:"

SCHEMA = f"{PREFIX}schema"
READY = f"{PREFIX}ready"
OPEN = f"{PREFIX}open"
RUNNING = f"{PREFIX}running"
DEAD = f"{PREFIX}dead"
PROBE = f"{PREFIX}probe"
MAILBOX = f"{PREFIX}mailbox:"
LEASE = f"{PREFIX}lease:"
TURN = f"{PREFIX}turn:"
CLAIM = f"{PREFIX}claim:"
STOP = f"{PREFIX}stop:"
ENGAGED = f"{PREFIX}engagement:"
SESSION = f"{PREFIX}session:"
ROBOT = f"{PREFIX}robot:"
ASKED = f"{PREFIX}asked:"
RESET = f"{PREFIX}reset:"
BOT_TURNS = f"{PREFIX}bots:"
QUOTA = f"{PREFIX}quota:"
SOURCES = f"{PREFIX}sources:"
RATING = f"{PREFIX}rating:"
SPACE = f"{PREFIX}space:"
NAMES = f"{PREFIX}names:"
ONCE = f"{PREFIX}once:"
REFUSED = f"{PREFIX}refused:"
TOKEN = f"{PREFIX}token:"
RENEWAL = f"{PREFIX}renewal:"
BUCKET = f"{PREFIX}bucket:"
BURST = f"{PREFIX}burst:"
SHOWN = f"{PREFIX}shown:"

# `bridge forget` erases what is kept about a person or a thread. Each key is in one of these sets.
ERASED = frozenset({
    READY, OPEN, RUNNING, DEAD, MAILBOX, LEASE, TURN, STOP, ENGAGED, SESSION, ROBOT, ASKED,
    RESET, BOT_TURNS, QUOTA, SOURCES, RATING, NAMES, ONCE,
})  # fmt: skip
# Nothing about a person: no id of one, no word. A claim has the ids of a turn and a thread, and
# keeps an event that Slack delivers again from asking the erased question again; BUCKET and SHOWN
# end within minutes.
IMPERSONAL = frozenset({SCHEMA, PROBE, CLAIM, SPACE, REFUSED, TOKEN, RENEWAL, BUCKET, BURST, SHOWN})

# Slack may deliver the events of an outage up to a day late, and an edit of a post names it again
# for as long as a day: no event of a turn comes later than both together.
CLAIM_TTL = timedelta(days=2)
TURN_TTL = timedelta(days=7)  # of a question that waits, or whose owner died
DEAD_TTL = timedelta(days=7)  # of a dead letter
TITLE_TTL = timedelta(days=90)  # of knowing that a thread has one


def key(kind: str, *parts: str) -> str:
    """One of a kind, as `key(TURN, team, turn)`; a THREAD is an encoded one."""
    return kind + ":".join(parts)
