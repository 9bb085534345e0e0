-- GCRA: `booked` is the time up to which all calls so far have used the rate up; a call may go while
-- that is no more than burst - 1 intervals ahead. See ADR 13 for the order and the learning.
--
-- KEYS: gate, line, due, burst, debts of this call; gate, burst, debts of the call that will have
--   to end what this one shows; asking, taken of the team; probes of this call
-- ARGV: now ms ('' the server's), priority, member of the line, turn (or ''), interval ms,
--   interval ms of the call that ends it (0: none does), jitter ms, ends that may wait for ends,
--   ms for which a probe is waited for, answers at once that are no crowd yet, calls that pay for
--   a refusal
-- Returns: {ms until asking again, burst that this call proves if it is taken, or 0}
local gate, line, due, burst, debts = unpack(KEYS, 1, 5)
local now = tonumber(ARGV[1]) or now_ms()
local priority, member, turn = ARGV[2], ARGV[3], ARGV[4]
local interval, end_interval, jitter = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local late_ends, probe_ms = tonumber(ARGV[8]), tonumber(ARGV[9])
local few, calls_a_refusal = tonumber(ARGV[10]), tonumber(ARGV[11])
local asking, taken, probes = KEYS[9], KEYS[10], KEYS[11]

local DAY, OWED_FOR, ASKING_FOR, LONGEST = 86400000, 330000, 30000, 3000
local GRACE = priority == 'final' and 2000 or 300 -- a first text may never come back for its place
local RANK_GAP = 1e14 -- more than any time in ms: first texts stand behind all finals

local function number(key, field) return tonumber(redis.call('HGET', key, field)) or 0 end
local function size_of(key) return math.max(number(key, 'size'), 1) end

-- Intervals booked ahead of now, as ms; below zero when nothing was wanted for that long.
local function depth_of(key) return math.max(number(key, 'booked') - now, -DAY) end
local function left_of(key, size, step) return size - math.max(depth_of(key), 0) / step end
local function debts_of(key) return redis.call('ZCOUNT', key, now - OWED_FOR, '+inf') end

-- Answers that wanted a call of late, whether they got it or not.
local function count_asking()
  if turn ~= '' then
    redis.call('ZADD', asking, now, turn)
    redis.call('PEXPIRE', asking, ASKING_FOR)
  end
  redis.call('ZREMRANGEBYSCORE', asking, '-inf', now - ASKING_FOR)
  return redis.call('ZCARD', asking)
end

-- A crowd tries nothing before its calls have paid for a refusal, except to post whole answers: of
-- posts Slack says that it takes short bursts.
local refusals_paid = math.floor((tonumber(redis.call('GET', taken)) or 0) / calls_a_refusal)
local may_risk = count_asking() <= few or refusals_paid > 0
local is_whole = priority == 'final' and end_interval > 0
local is_status = priority == 'first' and end_interval == 0
local function is_known(key) return number(key, 'rest') > now end

local size, depth = size_of(burst), depth_of(gate)
local known = interval * (size - 1) -- the depth up to which Slack surely takes a call
-- No call is clearly beyond what is known where the next is due within the jitter.
local may_try = interval > jitter and not is_known(burst) and (may_risk or is_whole)
local closed = math.max(number(gate, 'closed') - now, 0)

-- How long until this call may go when `ahead` others go before it.
local function wait_for(ahead)
  local before = ahead > 0 and math.max(depth, 0) + ahead * interval or depth
  return math.max(before - known + jitter, closed, 0)
end

-- Clearly beyond what is known, and only for whom somebody waits: an answer, or a first sight of
-- something. All that are under way may be refused: there are no more than are paid for, or one.
local function is_probe()
  local at_once = math.max(refusals_paid, 1)
  return may_try and closed == 0 and (turn ~= '' or priority == 'first')
    and depth > known + jitter and depth <= known + interval * at_once
    and redis.call('ZCOUNT', probes, now, '+inf') < at_once
end

-- The burst that a call that goes now proves if it is taken.
local function proven() return size + math.ceil((depth - known - jitter) / interval) end

local function leave()
  redis.call('ZREM', line, member)
  redis.call('ZREM', due, member)
end

local function go(proves)
  local booked = math.max(now + depth, now) + interval
  redis.call('HSET', gate, 'booked', booked)
  redis.call('PEXPIRE', gate, math.ceil(booked - now + closed) + 60000)
  redis.call('INCR', taken)
  redis.call('PEXPIRE', taken, DAY)
  leave()
  if redis.call('EXISTS', burst) == 1 then redis.call('PEXPIRE', burst, DAY) end
  if proves > 0 then
    redis.call('ZADD', probes, now + probe_ms, member)
    redis.call('PEXPIRE', probes, probe_ms)
  end
  if priority == 'final' then
    redis.call('ZREM', debts, turn)
  elseif priority == 'between' then
    redis.call('ZADD', debts, 'XX', now, turn)
  elseif end_interval > 0 and turn ~= '' then
    redis.call('ZADD', KEYS[8], now, turn)
    redis.call('PEXPIRE', KEYS[8], OWED_FOR)
  end
  return {0, proves}
end

local function again(wait) return {math.max(math.ceil(wait), 1), 0} end

-- Who does not come back in time has lost its place.
local function forget_overdue()
  for _, gone in ipairs(redis.call('ZRANGEBYSCORE', due, '-inf', now)) do
    redis.call('ZREM', line, gone)
    redis.call('ZREM', due, gone)
  end
end

local function stand_in_line()
  if is_status then -- worth nothing when it comes late: most answers are there by then
    local ahead = redis.call('ZRANK', line, member) or redis.call('ZCARD', line)
    if wait_for(ahead) > LONGEST then return again(wait_for(ahead)) end
  end
  redis.call('ZADD', line, 'LT', priority == 'final' and now or now + RANK_GAP, member)
  local rank = redis.call('ZRANK', line, member)
  local wait = wait_for(rank)
  if wait <= 0 then return go(0) end
  if rank == 0 and is_probe() then return go(proven()) end
  -- Things may get better than they look: the nearer the front, the sooner it looks again.
  local is_learning = may_try and closed == 0
  if rank > 0 or is_learning then
    wait = math.min(wait, math.max(rank * (is_learning and 15 or 50), 10) + closed)
  end
  redis.call('ZADD', due, now + wait + GRACE, member)
  for _, key in ipairs({line, due}) do redis.call('PEXPIRE', key, 600000) end
  return again(wait)
end

-- An early text costs an end: no more of them than ends that can be paid, but for a few that wait
-- for each other. These only where nothing else has used the calls up, or where it may be tried
-- whether they have to wait; never where they might wait for no need.
local function is_too_early()
  if priority ~= 'first' or end_interval == 0 or turn == '' then return false end
  if redis.call('ZSCORE', KEYS[8], turn) then return false end
  local payable = left_of(KEYS[6], size_of(KEYS[7]), end_interval)
  local known = is_known(KEYS[7])
  if depth_of(KEYS[6]) <= 0 and (known or may_risk) then payable = payable + late_ends end
  local always = not known and may_risk and 1 + late_ends or 1
  return debts_of(KEYS[8]) + 1 > math.max(payable, always)
end

-- An edit between takes what is left over when all ends are paid, fairly among the answers. One
-- alone owes nobody but itself. While the burst is not known, one alone goes to where it ends, and
-- a few together some way: a little faster than calls come back.
local function spend_what_is_left()
  if redis.call('ZCARD', line) > 0 then return again(LONGEST / 3) end
  local owing, served = debts_of(debts), tonumber(redis.call('ZSCORE', debts, turn))
  local is_alone = owing == (served and 1 or 0)
  local are_few = owing <= few and depth <= 2 * interval
  local may_explore = may_try and (is_alone or are_few)
  local spare = left_of(gate, size, interval) - 1 - owing - jitter / interval
  local share = math.min(owing * interval * (may_explore and 0.8 or 1), 2 * LONGEST)
  local pause = (served or 0) + share - now
  if is_alone or (spare >= owing and not may_explore) then pause = 0 end
  local wait = math.max(wait_for(0), pause)
  if not (is_alone or may_explore) then wait = math.max(wait, -spare * interval) end
  if wait <= 0 then return go(0) end
  if may_explore and pause <= 0 and is_probe() then return go(proven()) end
  return again(math.max(math.min(wait, LONGEST), closed))
end

forget_overdue()
if priority == 'between' then return spend_what_is_left() end
if is_too_early() then
  leave()
  return again(LONGEST)
end
return stand_in_line()
