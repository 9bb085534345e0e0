-- Stands before every script: the keys, the clock, and the states of a thread.
--
-- A thread with commands in its mailbox is either in `ready` or in `running`, never in both and
-- never in neither; a thread without commands is in none. KEYS[1] only routes on a cluster: all
-- keys carry the same hash tag.

local PREFIX = '{bridge}:'
local READY, RUNNING, OPEN, DEAD = PREFIX .. 'ready', PREFIX .. 'running', PREFIX .. 'open', PREFIX .. 'dead'

local function team_of(thread) return string.match(thread, '^([^:]+):') end
local function mailbox(thread) return PREFIX .. 'mailbox:' .. thread end
local function lease(thread) return PREFIX .. 'lease:' .. thread end
local function turn_key(thread, turn) return PREFIX .. 'turn:' .. team_of(thread) .. ':' .. turn end
local function session_key(thread) return PREFIX .. 'session:' .. thread end
local function asked_key(thread) return PREFIX .. 'asked:' .. thread end
local function reset_key(thread) return PREFIX .. 'reset:' .. thread end
local function claim_key(team, turn) return PREFIX .. 'claim:' .. team .. ':' .. turn end
local function open_member(thread, turn) return thread .. '|' .. turn end

-- Milliseconds by the server's clock: replicas need not agree on theirs.
local function now_ms()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- Microseconds, for the order in `ready`: two threads may well get ready in one millisecond.
local function now_us()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000000 + tonumber(time[2])
end

-- How many calls of a method may go at once: what was guessed, or what a refusal has left of it, which
-- each day without another one doubles.
local DAY_MS = 86400000
local function burst_size(burst, guess, now)
  local size, since = unpack(redis.call('HMGET', burst, 'size', 'since'))
  if not size then return tonumber(guess) end
  local days = math.floor((now - tonumber(since)) / DAY_MS)
  return math.min(tonumber(size) * 2 ^ days, tonumber(guess))
end

-- What the store knows of a turn that somebody believes to own: held, lost or gone.
local function lease_state(thread, turn, owner)
  if redis.call('EXISTS', claim_key(team_of(thread), turn)) == 0 then return 'gone' end
  if redis.call('HGET', lease(thread), 'owner') ~= owner then return 'lost' end
  return 'held'
end

-- What a turn has learned outlives it, unless its thread was reset since the question.
local function keep_session(thread, session, asked, ttl_ms, only_if_none)
  if session == '' then return end
  local reset_ts = redis.call('GET', reset_key(thread))
  if reset_ts and tonumber(reset_ts) > tonumber(asked) then return end
  if only_if_none and redis.call('EXISTS', session_key(thread)) == 1 then return end
  redis.call('SET', session_key(thread), session, 'PX', ttl_ms)
  redis.call('SET', asked_key(thread), asked, 'PX', ttl_ms)
end

-- The thread is not running any more: ready again if commands wait.
local function settle(thread, score)
  redis.call('ZREM', RUNNING, thread)
  redis.call('DEL', lease(thread))
  if redis.call('ZCARD', mailbox(thread)) > 0 then
    redis.call('ZADD', READY, score, thread)
  else
    redis.call('ZREM', READY, thread)
  end
end

-- The turn is over: out of the mailbox, and whatever waits behind it comes next.
local function finish(thread, turn)
  redis.call('ZREM', mailbox(thread), turn)
  redis.call('ZREM', OPEN, open_member(thread, turn))
  local next = redis.call('ZRANGE', mailbox(thread), 0, 0)[1]
  if next and redis.call('EXISTS', turn_key(thread, next)) == 1 then
    redis.call('HSETNX', turn_key(thread, next), 'since', now_ms())
  end
  settle(thread, now_us())
end
