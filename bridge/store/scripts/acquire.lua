-- GCRA: `booked` is the time up to which the calls of a method so far have used its rate up. A call
-- may go while that is no more than burst - 1 intervals ahead.
--
-- KEYS: bucket, burst; of an answer's call also those of the method by which the answer grows, and
--   of the one that ends it; the answers shown that are ended by it, by the time of their first text
-- ARGV: now ms ('' the server's), ms by which calls arrive unevenly, part (begin|grow|end|''), turn,
--   ms since the call is wanted, ms for which an answer is expected to grow, ms between two shows that
--   admit one more (0: any); interval ms and guessed burst of each method
-- Returns: {ms to wait (0: booked), calls surely ahead, thousandths of calls left to grow by, answers}
local now, jitter, part, turn = tonumber(ARGV[1]) or now_ms(), tonumber(ARGV[2]), ARGV[3], ARGV[4]
local began, length, longest_gap = now - ARGV[5], tonumber(ARGV[6]), tonumber(ARGV[7])
local SHOWN, FORGOTTEN, PAUSE = KEYS[7], 330000, 3000

local function look(number)
  local key, burst, interval = KEYS[2 * number - 1], KEYS[2 * number], tonumber(ARGV[6 + 2 * number])
  local state = redis.call('HMGET', key, 'booked', 'closed')
  local ahead = (tonumber(state[1]) or 0) - now
  local size, proven = burst_size(burst, ARGV[7 + 2 * number], now)
  return {
    key = key, burst = burst, interval = interval, size = size, proven = proven,
    ahead = math.max(ahead, 0), left = size - math.max(ahead + jitter, 0) / interval,
    closed = math.max((tonumber(state[2]) or 0) - now, 0),
  }
end

local call = look(1)
local grows, ends, answers = call, call, 0
if part ~= '' then
  grows = KEYS[3] == call.key and call or look(2)
  ends = KEYS[5] == grows.key and grows or look(3)
  redis.call('ZREMRANGEBYSCORE', SHOWN, '-inf', now - FORGOTTEN)
  answers = redis.call('ZCARD', SHOWN)
end

local function wait_for(bucket, calls) return (calls - bucket.left) * bucket.interval end

-- How late an end would come at most, if so many calls were left for them of a burst of that size, and
-- `more` answers began. One that goes on for longer than expected is given an interval more.
local function lateness(left, size, more)
  local scores = redis.call('ZRANGE', SHOWN, 0, -1, 'WITHSCORES')
  local at, worst = 0, 0
  for number = 1, answers + more do
    local rest = (tonumber(scores[2 * number]) or began) + length - now
    local due = math.max(rest > 0 and rest or ends.interval, at)
    left = math.min(left + (due - at) / ends.interval, size) - 1
    at, worst = due, math.max(worst, -left)
  end
  return worst * ends.interval
end

-- Until all that are shown, and one more, can be shown every `longest_gap`, and ended in time. Of edits
-- only a third of the burst is counted on before Slack has taken more than half of it at once; of
-- stops no more than starts, which were tried long before.
local function admission()
  local count, fresh = answers + 1, length / grows.interval
  local shows, size = count * length / longest_gap, ends.size
  if ends ~= grows then
    shows, size = shows - count, math.min(size, call.size) -- the last show is paid elsewhere
  elseif ends.proven <= size / 2 then
    size = math.floor(size / 3)
  end
  local late = lateness(ends.left - ends.size + size, size, 1)
  return math.max(wait_for(grows, shows - fresh), late)
end

local wait = math.max(wait_for(call, 1), call.closed)
-- What is kept for ends grows as fast as calls come: to look often is no use.
if part == 'begin' and longest_gap > 0 then
  if admission() > 0 then wait = math.max(wait, PAUSE) end
elseif part == 'grow' and ends == call then
  local later = lateness(call.left - 1, call.size, 0) - lateness(call.left, call.size, 0)
  if later > 0 then wait = math.max(wait, PAUSE) end
end
local ahead = math.ceil(math.max(call.ahead - jitter, 0) / call.interval)
if wait <= 0 then
  redis.call('HSET', call.key, 'booked', now + call.ahead + call.interval)
  redis.call('PEXPIRE', call.key, math.ceil(call.ahead + call.interval) + 60000)
  if ahead >= call.proven then prove_burst(call.burst, ahead + 1) end
  call.left = call.left - 1
  if part == 'end' then
    redis.call('ZREM', SHOWN, turn)
  elseif part ~= '' then
    answers = answers + redis.call('ZADD', SHOWN, 'NX', began, turn)
    redis.call('PEXPIRE', SHOWN, FORGOTTEN)
  end
end
return {math.max(math.ceil(wait), 0), ahead, math.floor(grows.left * 1000), answers}
