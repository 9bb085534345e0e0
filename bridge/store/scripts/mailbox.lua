-- The mailboxes: every operation on turns and their threads, each of them one atomic step.
--
-- A script is all that stands above the operations, and one of them; ARGV are its arguments, KEYS[1]
-- only routes on a cluster. KEY (the names of the keys; keys.py says what each holds), SCHEMA_VERSION,
-- CLAIM_TTL_MS, TURN_TTL_MS, DEAD_TTL_MS and TITLE_TTL_MS stand before that.
--
-- A thread is | while                                       | and becomes
-- ------------+---------------------------------------------+------------------------------------------
-- idle        | its mailbox is empty                        | ready: enqueue, retry
-- ready       | it is in `ready`, by when it got there      | running: take. idle: delete
-- running     | it is in `running`, by the end of the lease | ready or idle: done, bury, give_back
--             |                                             | running again: take, if its lease lapsed
-- A thread with turns is in just one of the two sets; `sweep` puts one that is in none into `ready`.
--
-- A turn is   | while                                       | and becomes
-- ------------+---------------------------------------------+------------------------------------------
-- waiting     | it is in its mailbox and has no record      | held: take. over: delete
-- held        | the lease of its thread names it            | over: done. dead: bury
--             |                                             | begun or waiting: give_back
-- begun       | it is in its mailbox and has a record       | held: take
-- dead        | it is in `dead`, by the time of its death   | waiting or begun: retry. over: drop, sweep
-- over        | nothing but its claim is left               | (the end: the claim keeps a duplicate out)
-- `erase` ends any that no owner holds. Stop, and delete of a turn held or begun, are a mark on the turn:
-- its owner hears of it with a beat.
--
-- Of a turn that somebody believes to hold, an operation says: held (then it has done what it says),
-- lost (another owner has it, or had it) or gone (no claim is left: Redis was emptied).

local function team_of(thread) return string.match(thread, '^([^:]+):') end
local function mailbox_key(thread) return KEY.MAILBOX .. thread end
local function lease_key(thread) return KEY.LEASE .. thread end
local function turn_key(thread, turn) return KEY.TURN .. team_of(thread) .. ':' .. turn end
local function claim_key(team, turn) return KEY.CLAIM .. team .. ':' .. turn end
local function member(thread, turn) return thread .. '|' .. turn end -- of `open` and `dead`

-- Microseconds by the server's clock, for replicas need not agree on theirs; the order in `ready` needs
-- them: two threads may well get ready in one millisecond.
local function now_us()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000000 + tonumber(time[2])
end

local function now_ms() return math.floor(now_us() / 1000) end

-- Who stores in a new form says so first: releases that would misread it take nothing from then on.
local function mark_schema()
  local newest = tonumber(redis.call('GET', KEY.SCHEMA)) or 0
  if newest < SCHEMA_VERSION then redis.call('SET', KEY.SCHEMA, SCHEMA_VERSION) end
  return newest
end

-- States -----------------------------------------------------------------------------------------

-- The turn that is held or, if none is, comes next.
local function current_turn(thread)
  local held = redis.call('HGET', lease_key(thread), 'turn')
  if held and redis.call('ZSCORE', mailbox_key(thread), held) then return held end
  return redis.call('ZRANGE', mailbox_key(thread), 0, 0)[1]
end

local function turn_state(thread, turn)
  if redis.call('EXISTS', turn_key(thread, turn)) == 0 then return 'over' end
  if not redis.call('ZSCORE', mailbox_key(thread), turn) then return 'dead' end
  if redis.call('HGET', lease_key(thread), 'turn') == turn then return 'held' end
  return redis.call('HEXISTS', turn_key(thread, turn), 'record') == 1 and 'begun' or 'waiting'
end

local function lease_state(thread, turn, owner)
  if redis.call('EXISTS', claim_key(team_of(thread), turn)) == 0 then return 'gone' end
  if redis.call('HGET', lease_key(thread), 'owner') ~= owner then return 'lost' end
  return 'held'
end

-- Transitions ------------------------------------------------------------------------------------

-- By the time of writing, not of arrival: Slack does not deliver in order.
local function append(thread, turn, ts)
  redis.call('ZADD', mailbox_key(thread), ts, turn)
  redis.call('ZADD', KEY.OPEN, now_ms(), member(thread, turn))
  if not redis.call('ZSCORE', KEY.RUNNING, thread) then
    redis.call('ZADD', KEY.READY, 'NX', now_us(), thread)
  end
end

-- The thread is not running any more: it is ready, or idle.
local function release(thread, score)
  redis.call('ZREM', KEY.RUNNING, thread)
  redis.call('DEL', lease_key(thread))
  if redis.call('ZCARD', mailbox_key(thread)) > 0 then
    redis.call('ZADD', KEY.READY, score, thread)
  else
    redis.call('ZREM', KEY.READY, thread)
  end
end

-- The turn leaves its mailbox, and what waits behind it comes next.
local function finish(thread, turn)
  redis.call('ZREM', mailbox_key(thread), turn)
  redis.call('ZREM', KEY.OPEN, member(thread, turn))
  local next = redis.call('ZRANGE', mailbox_key(thread), 0, 0)[1]
  if next and redis.call('EXISTS', turn_key(thread, next)) == 1 then
    redis.call('HSETNX', turn_key(thread, next), 'since', now_ms())
  end
  release(thread, now_us())
end

local function write_record(thread, turn, record)
  if record == '' then return end
  redis.call('HSET', turn_key(thread, turn), 'record', record)
  redis.call('PEXPIRE', turn_key(thread, turn), TURN_TTL_MS)
end

-- The session of a turn is kept for its thread, unless that was reset since the question was asked;
-- and whose it is, in a key of its own, as older releases know of one robot only and write the session
-- alone: it counts as long as it names that very session.
local function keep_session(thread, session, robot, asked_ts, ttl_ms, only_if_none)
  if session == '' then return end
  local reset_ts = redis.call('GET', KEY.RESET .. thread)
  if reset_ts and tonumber(reset_ts) > tonumber(asked_ts) then return end
  if only_if_none and redis.call('EXISTS', KEY.SESSION .. thread) == 1 then return end
  redis.call('SET', KEY.SESSION .. thread, session, 'PX', ttl_ms)
  redis.call('SET', KEY.ROBOT .. thread, robot .. ' ' .. session, 'PX', ttl_ms)
  redis.call('SET', KEY.ASKED .. thread, asked_ts, 'PX', ttl_ms)
end

local function is_session_newer(thread, asked_ts)
  local session_asked_ts = redis.call('GET', KEY.ASKED .. thread)
  return session_asked_ts and tonumber(session_asked_ts) > tonumber(asked_ts)
end

-- Returns the session of the thread, and its robot; '' where either is not known.
local function session_of(thread)
  local session = redis.call('GET', KEY.SESSION .. thread) or ''
  local robot, its_session = string.match(redis.call('GET', KEY.ROBOT .. thread) or '', '^(%S*) (.*)$')
  return session, its_session == session and robot or ''
end

local function title_key(thread) return KEY.ONCE .. 'title:' .. thread end

local function keep_title(thread, is_titled)
  if is_titled == '1' then redis.call('SET', title_key(thread), '', 'PX', TITLE_TTL_MS) end
end

-- Operations -------------------------------------------------------------------------------------

local operation = {}

-- `bot_turns`: how often a bot may ask until a person writes in the thread; '' where a person asks.
-- Behind the arguments, of each quota that counts the question: its name, key, most, and window in ms.
-- Returns: accepted, queued (behind others), duplicate, not_engaged, overtaken or bot_turns, or of the
--   quota that is used up {its name, ms until it begins again}; what is refused so is claimed as well, a
--   press until it may be made again
function operation.enqueue(thread, turn, command, text, user, is_addressed, kind, ts, asked_ts, session_ms, bot_turns, is_press)
  local FIRST_QUOTA = 13

  -- The one that is used up for longest.
  local function find_used_up()
    local name, longest = nil, 0
    for at = FIRST_QUOTA, #ARGV, 4 do
      local key, most = ARGV[at + 1], tonumber(ARGV[at + 2])
      if tonumber(redis.call('GET', key) or '0') >= most then
        local left = redis.call('PTTL', key)
        if left > longest then name, longest = ARGV[at], left end
      end
    end
    return name, longest
  end

  local function count()
    for at = FIRST_QUOTA, #ARGV, 4 do
      local key, window_ms = ARGV[at + 1], ARGV[at + 3]
      if redis.call('INCR', key) == 1 then redis.call('PEXPIRE', key, window_ms) end
    end
    if bot_turns ~= '' then
      redis.call('INCR', KEY.BOT_TURNS .. thread)
      redis.call('PEXPIRE', KEY.BOT_TURNS .. thread, session_ms)
    end
  end

  local engaged = KEY.ENGAGED .. thread
  local engaged_ts = tonumber(redis.call('HGET', engaged, user))
  mark_schema()
  -- What they wrote before that was to others: Slack does not deliver in order.
  if is_addressed == '0' and (not engaged_ts or engaged_ts > tonumber(ts)) then
    if bot_turns == '' then redis.call('DEL', KEY.BOT_TURNS .. thread) end
    return 'not_engaged'
  end
  local claim = claim_key(team_of(thread), turn)
  -- The first write of all, for a full Redis refuses this one and lets pass what follows another.
  if not redis.call('SET', claim, thread, 'NX', 'PX', CLAIM_TTL_MS) then return 'duplicate' end
  if bot_turns == '' then redis.call('DEL', KEY.BOT_TURNS .. thread) end
  local turns = tonumber(redis.call('GET', KEY.BOT_TURNS .. thread) or '0')
  if bot_turns ~= '' and turns >= tonumber(bot_turns) then return 'bot_turns' end
  local used_up, left_ms = find_used_up()
  if used_up then
    if is_press == '1' then redis.call('PEXPIRE', claim, left_ms) end -- it is made again, as it was
    return {used_up, left_ms}
  end
  if kind == 'reset' and is_session_newer(thread, asked_ts) then return 'overtaken' end
  count()
  if not engaged_ts or engaged_ts > tonumber(ts) then redis.call('HSET', engaged, user, ts) end
  redis.call('PEXPIRE', engaged, session_ms)
  redis.call('HSET', turn_key(thread, turn), 'command', command, 'text', text, 'stored', now_ms())
  redis.call('PEXPIRE', turn_key(thread, turn), TURN_TTL_MS)
  append(thread, turn, ts)
  return redis.call('ZCARD', mailbox_key(thread)) > 1 and 'queued' or 'accepted'
end

-- Returns: 1 if the turn was waiting and is now this one, else 0
function operation.edit(team, turn, command, text)
  local thread = redis.call('GET', claim_key(team, turn))
  if not thread or turn_state(thread, turn) ~= 'waiting' then return 0 end
  mark_schema()
  redis.call('HSET', turn_key(thread, turn), 'command', command, 'text', text)
  return 1
end

-- Returns: 1 if the turn was taken out or, as it is held or begun, is to stop; else 0
function operation.delete(team, turn)
  local thread = redis.call('GET', claim_key(team, turn))
  local state = thread and turn_state(thread, turn)
  if state == 'held' or state == 'begun' then
    -- Half an answer may stand in the thread, and somebody has to end it.
    redis.call('HSET', turn_key(thread, turn), 'stop', 1)
  elseif state == 'waiting' then
    redis.call('ZREM', mailbox_key(thread), turn)
    redis.call('DEL', turn_key(thread, turn))
    redis.call('ZREM', KEY.OPEN, member(thread, turn))
    if redis.call('ZCARD', mailbox_key(thread)) == 0 then redis.call('ZREM', KEY.READY, thread) end
  else
    return 0
  end
  return 1
end

-- Stops `turn` or, if that is '', the current turn of the thread or, `is_anywhere`, the newest one that
-- runs in the channel; but none that was asked, or came to its place, after `ts`, the time of the
-- request. `user` '' may stop anybody's. A request acts once, however often it is delivered; what found
-- nothing is answered alike again.
-- Returns: stopping, not_yours, not_found or duplicate
function operation.stop(thread, turn, user, ts, is_anywhere)
  -- From the command, as every release stores it; nil where nothing readable is left of the turn.
  local function ask_of(thread, turn)
    local command = redis.call('HGET', turn_key(thread, turn), 'command')
    local is_read, ask = pcall(cjson.decode, command or '')
    return is_read and ask or nil
  end

  local function is_meant(thread, turn, ask)
    local since = tonumber(redis.call('HGET', turn_key(thread, turn), 'since') or '0')
    return tonumber(ask.ts) <= tonumber(ts) and since <= tonumber(ts) * 1000
  end

  local function newest_in_channel()
    local channel, newest, newest_turn, newest_ts = string.match(thread, '^[^:]+:[^:]+:'), nil, nil, 0
    for _, running in ipairs(redis.call('ZRANGE', KEY.RUNNING, 0, -1)) do
      local current = string.sub(running, 1, #channel) == channel and current_turn(running)
      local ask = current and ask_of(running, current)
      if ask and is_meant(running, current, ask) and tonumber(ask.ts) > newest_ts then
        newest, newest_turn, newest_ts = running, current, tonumber(ask.ts)
      end
    end
    return newest, newest_turn
  end

  local function act()
    local place, current = thread, current_turn(thread)
    if turn ~= '' and current ~= turn then return 'not_found' end
    if not current and is_anywhere == '1' then place, current = newest_in_channel() end
    local ask = current and ask_of(place, current)
    if not ask or (turn == '' and not is_meant(place, current, ask)) then return 'not_found' end
    if user ~= '' and ask.user ~= user then return 'not_yours' end
    redis.call('HSET', turn_key(place, current), 'stop', 1)
    return 'stopping'
  end

  local request = KEY.STOP .. thread .. ':' .. ts .. ':' .. user
  local result = redis.call('GET', request)
  if result then return result == 'not_found' and result or 'duplicate' end
  result = act()
  redis.call('SET', request, result, 'PX', CLAIM_TTL_MS)
  return result
end

-- `limit`: how many threads may run (0: any number).
-- Returns: {thread, turn, command, text, record, attempt, session, its robot, 1 if no other is ready,
--   else 0, 1 if the thread has a title, else 0, ms when it was stored and first taken, ms now},
--   nothing, or newer_release
function operation.take(owner, lease_ms, limit, may_reclaim)
  local now = now_ms()

  -- A lapsed lease comes before new work: somebody already waits in front of half an answer.
  local function next_thread()
    local lapsed = may_reclaim == '1'
      and redis.call('ZRANGEBYSCORE', KEY.RUNNING, '-inf', now, 'LIMIT', 0, 1)[1]
    if lapsed then return lapsed, 1 end
    if limit ~= '0' and redis.call('ZCARD', KEY.RUNNING) >= tonumber(limit) then return nil end
    return redis.call('ZPOPMIN', KEY.READY)[1], 0
  end

  if mark_schema() > SCHEMA_VERSION then return 'newer_release' end
  local thread, lapses = next_thread()
  while thread do
    local turn = current_turn(thread)
    local key = turn and turn_key(thread, turn)
    if not turn then
      release(thread, now_us())
    elseif redis.call('EXISTS', key) == 0 then
      finish(thread, turn)
    else
      redis.call('HSET', lease_key(thread), 'owner', owner, 'turn', turn)
      -- Once more: a question may have waited for longer than a claim lasts.
      redis.call('SET', claim_key(team_of(thread), turn), thread, 'PX', CLAIM_TTL_MS)
      redis.call('ZADD', KEY.RUNNING, now + lease_ms, thread)
      redis.call('ZADD', KEY.OPEN, now, member(thread, turn))
      local attempt = redis.call('HINCRBY', key, 'attempt', lapses)
      redis.call('HSETNX', key, 'taken', now)
      local fields = redis.call('HMGET', key, 'command', 'text', 'record', 'stored', 'taken')
      local session, robot = session_of(thread)
      local is_last = lapses == 0 and redis.call('ZCARD', KEY.READY) == 0
      return {
        thread, turn, fields[1], fields[2], fields[3] or '', attempt, session, robot,
        is_last and 1 or 0, redis.call('EXISTS', title_key(thread)), fields[4] or 0, fields[5], now,
      }
    end
    thread, lapses = next_thread()
  end
end

-- Returns: {command, text} of the turns that come next, the threads that wait longest first
function operation.waiting(most)
  local found = {}
  for _, thread in ipairs(redis.call('ZRANGE', KEY.READY, 0, most - 1)) do
    local turn = current_turn(thread)
    if turn then
      found[#found + 1] = redis.call('HMGET', turn_key(thread, turn), 'command', 'text')
    end
  end
  return found
end

-- Behind the arguments: thread, turn, owner and record ('': nothing new) of each delivery.
-- Returns: held, stop, lost or gone of each
function operation.beat(lease_ms)
  local states, now = {}, now_ms()
  for at = 2, #ARGV, 4 do
    local thread, turn, owner, record = unpack(ARGV, at, at + 3)
    local state = lease_state(thread, turn, owner)
    if state == 'held' then
      redis.call('ZADD', KEY.RUNNING, now + lease_ms, thread)
      redis.call('ZADD', KEY.OPEN, now, member(thread, turn))
      redis.call('PEXPIRE', claim_key(team_of(thread), turn), CLAIM_TTL_MS)
      write_record(thread, turn, record)
      if redis.call('HEXISTS', turn_key(thread, turn), 'stop') == 1 then state = 'stop' end
    end
    states[#states + 1] = state
  end
  return states
end

function operation.record(thread, turn, owner, record)
  local state = lease_state(thread, turn, owner)
  if state == 'held' then write_record(thread, turn, record) end
  return state
end

-- By the turn that wants it, when its time has come. What was asked before that, and runs later all the
-- same, may not write its session back.
function operation.reset(thread, turn, owner, asked_ts, session_ms)
  local state = lease_state(thread, turn, owner)
  if state == 'held' and not is_session_newer(thread, asked_ts) then
    redis.call('DEL', KEY.SESSION .. thread, KEY.ROBOT .. thread)
    redis.call('SET', KEY.RESET .. thread, asked_ts, 'PX', session_ms)
  end
  return state
end

-- Behind the arguments the quotas that have counted the question, as for `enqueue`.
function operation.uncount(thread)
  for at = 2, #ARGV, 4 do
    local key = ARGV[at + 1]
    if tonumber(redis.call('GET', key) or '0') > 0 then redis.call('DECR', key) end
  end
end

-- The three that let go of a turn return {its state, how many threads are ready now}.
function operation.done(thread, turn, owner, session, robot, asked_ts, session_ms, is_titled)
  local state = lease_state(thread, turn, owner)
  if state == 'held' then
    keep_session(thread, session, robot, asked_ts, session_ms)
    keep_title(thread, is_titled)
    redis.call('DEL', turn_key(thread, turn))
    finish(thread, turn)
  elseif state == 'gone' then -- a session that came since Redis was emptied is the better one
    keep_session(thread, session, robot, asked_ts, session_ms, true)
  end
  return {state, redis.call('ZCARD', KEY.READY)}
end

function operation.bury(thread, turn, owner, session, robot, asked_ts, session_ms, is_titled, record, reason)
  local state = lease_state(thread, turn, owner)
  if state == 'held' then
    keep_session(thread, session, robot, asked_ts, session_ms)
    keep_title(thread, is_titled)
    write_record(thread, turn, record)
    redis.call('HSET', turn_key(thread, turn), 'reason', reason)
    redis.call('PEXPIRE', turn_key(thread, turn), DEAD_TTL_MS)
    redis.call('ZADD', KEY.DEAD, now_ms(), member(thread, turn))
    finish(thread, turn)
  end
  return {state, redis.call('ZCARD', KEY.READY)}
end

function operation.give_back(thread, turn, owner, record)
  local state = lease_state(thread, turn, owner)
  if state == 'held' then
    write_record(thread, turn, record)
    -- 0 in both: who has waited through half an answer goes before those who wait for theirs.
    redis.call('ZADD', mailbox_key(thread), 0, turn)
    release(thread, 0)
  end
  return {state, redis.call('ZCARD', KEY.READY)}
end

-- Returns: 1 if the dead turn is back in its mailbox as if it were new, else 0
function operation.retry(thread, turn, ts)
  if redis.call('ZREM', KEY.DEAD, member(thread, turn)) == 0 then return 0 end
  if redis.call('EXISTS', turn_key(thread, turn)) == 0 then return 0 end
  redis.call('HDEL', turn_key(thread, turn), 'attempt', 'reason', 'stop')
  redis.call('PEXPIRE', turn_key(thread, turn), TURN_TTL_MS)
  redis.call('SET', claim_key(team_of(thread), turn), thread, 'PX', CLAIM_TTL_MS)
  append(thread, turn, ts)
  return 1
end

-- Returns: 1 if the dead turn is forgotten, else 0
function operation.drop(thread, turn)
  if redis.call('ZREM', KEY.DEAD, member(thread, turn)) == 0 then return 0 end
  redis.call('DEL', turn_key(thread, turn))
  return 1
end

-- Whatever becomes of the question: in its mailbox or among the dead letters, nothing is left of it.
-- Returns: 1 if so, 0 if an owner holds it, who has to stop first
function operation.erase(thread, turn)
  local lease_ends = tonumber(redis.call('ZSCORE', KEY.RUNNING, thread) or '0')
  local is_held = redis.call('HGET', lease_key(thread), 'turn') == turn
  if is_held and lease_ends > now_ms() and turn_state(thread, turn) == 'held' then return 0 end
  redis.call('ZREM', KEY.DEAD, member(thread, turn))
  redis.call('DEL', turn_key(thread, turn))
  redis.call('ZREM', KEY.OPEN, member(thread, turn))
  redis.call('ZREM', mailbox_key(thread), turn)
  if is_held then
    finish(thread, turn)
  elseif redis.call('ZCARD', mailbox_key(thread)) == 0 then
    redis.call('ZREM', KEY.READY, thread)
  end
  return 1
end

-- What runs or waits in the thread may not write its session back.
function operation.forget_session(thread, session_ms)
  redis.call('DEL', KEY.SESSION .. thread, KEY.ROBOT .. thread, KEY.ASKED .. thread, KEY.RESET .. thread)
  if redis.call('ZCARD', mailbox_key(thread)) > 0 then
    redis.call('SET', KEY.RESET .. thread, string.format('%.3f', now_ms() / 1000), 'PX', session_ms)
  end
end

-- Looks at `most` turns that nobody has touched for `age_ms`, and at all dead ones that have expired.
-- Returns: how many turns it had to put back
function operation.sweep(age_ms, most)
  local rescued, now = 0, now_ms()
  redis.call('ZREMRANGEBYSCORE', KEY.DEAD, '-inf', now - DEAD_TTL_MS)
  local untouched = redis.call('ZRANGEBYSCORE', KEY.OPEN, '-inf', now - age_ms, 'LIMIT', 0, most)
  for _, each in ipairs(untouched) do
    local thread, turn = string.match(each, '^(.*)|(.*)$')
    if redis.call('EXISTS', turn_key(thread, turn)) == 0 then
      redis.call('ZREM', KEY.OPEN, each)
    else
      redis.call('ZADD', KEY.OPEN, now, each) -- the next sweep begins with others
      redis.call('ZADD', mailbox_key(thread), 'NX', now / 1000, turn)
      local is_ready = redis.call('ZSCORE', KEY.READY, thread)
      if not is_ready and not redis.call('ZSCORE', KEY.RUNNING, thread) then
        redis.call('DEL', lease_key(thread))
        redis.call('ZADD', KEY.READY, now_us(), thread)
        rescued = rescued + 1
      end
    end
  end
  return rescued
end

-- Returns: {threads ready, threads running, turns unfinished, letters dead and not expired}
function operation.depth()
  return {
    redis.call('ZCARD', KEY.READY),
    redis.call('ZCARD', KEY.RUNNING),
    redis.call('ZCARD', KEY.OPEN),
    redis.call('ZCOUNT', KEY.DEAD, now_ms() - DEAD_TTL_MS, '+inf'),
  }
end
