-- The rate limits of Slack's methods, counted in one place for all replicas. It is GCRA: `booked` is the
-- time up to which the calls of a method so far have used its rate up. A call may go while that is no
-- more than burst - 1 intervals ahead.
--
-- Arguments of each: `now` in ms ('' the server's clock), `jitter`: ms by which calls arrive unevenly.

local function now_ms()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- How many calls of a method may go at once: what was guessed, or what a refusal has left of it, which
-- each day without another one doubles. And how many are known to: none was refused that went so.
local DAY_MS = 86400000
local function burst_size(burst, guess, now)
  local size, since, proven = unpack(redis.call('HMGET', burst, 'size', 'since', 'proven'))
  guess, proven = tonumber(guess), tonumber(proven) or 1
  if not size then return guess, proven end
  local days = math.floor((now - tonumber(since)) / DAY_MS)
  return math.min(tonumber(size) * 2 ^ days, guess), proven
end

local function prove_burst(burst, calls)
  redis.call('HSET', burst, 'proven', calls)
  redis.call('PEXPIRE', burst, 7 * DAY_MS)
end

local operation = {}

-- KEYS: bucket, burst; of an answer's call also those of the method by which the answer grows, and
--   of the one that ends it; the answers shown that are ended by it, by the time of their first text
-- `part`: begin, grow, end or ''; `waited`: ms since the call is wanted; `length`: ms for which an
--   answer is expected to grow; `longest_gap`: ms between two shows that admit one more (0: any).
-- Behind the arguments the interval in ms and the guessed burst of each method.
-- Returns: {ms to wait (0: booked), calls surely ahead, thousandths of calls left to grow by, answers}
function operation.acquire(now, jitter, part, turn, waited, length, longest_gap)
  now, jitter = tonumber(now) or now_ms(), tonumber(jitter)
  length, longest_gap = tonumber(length), tonumber(longest_gap)
  local began = now - waited
  local SHOWN, FORGOTTEN, PAUSE, FIRST_RATE = KEYS[7], 330000, 3000, 8

  local function look(number)
    local key, burst = KEYS[2 * number - 1], KEYS[2 * number]
    local interval, guess = tonumber(ARGV[FIRST_RATE + 2 * number - 2]), ARGV[FIRST_RATE + 2 * number - 1]
    local state = redis.call('HMGET', key, 'booked', 'closed')
    local ahead = (tonumber(state[1]) or 0) - now
    local size, proven = burst_size(burst, guess, now)
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
end

-- KEYS: bucket, burst; the bursts of methods alike
-- `interval` in ms, `guess`: of the burst, `ahead`: calls that were booked before the refused one,
--   `after`: Retry-After in ms
function operation.shrink(now, jitter, interval, guess, ahead, after)
  local bucket, burst = KEYS[1], KEYS[2]
  now, jitter, interval = tonumber(now) or now_ms(), tonumber(jitter), tonumber(interval)
  ahead, after = tonumber(ahead), tonumber(after)
  local size = burst_size(burst, guess, now)
  local closed = tonumber(redis.call('HGET', bucket, 'closed')) or 0

  -- Several may have been under way: one mistake is punished once.
  if closed <= now then size = math.floor(size / 2) end
  if ahead > 0 then size = math.min(size, ahead) end -- so many were taken, and no more
  size = math.max(size, 1)
  for number = 2, size == 1 and #KEYS or 2 do
    redis.call('HSET', KEYS[number], 'size', size, 'since', now)
    prove_burst(KEYS[number], size)
  end

  -- Slack rounds up to whole seconds: one call was free an interval after the refusal.
  closed = math.max(closed, now + after)
  local booked = closed - math.max(math.min(after - interval, 1000), 0) + interval * (size - 1) - jitter
  redis.call('HSET', bucket, 'closed', closed, 'booked', booked)
  redis.call('PEXPIRE', bucket, math.ceil(closed - now + interval * size) + 60000)
end

-- KEYS: answers shown, one set for each method that ends answers
function operation.release(turn)
  for _, shown in ipairs(KEYS) do redis.call('ZREM', shown, turn) end
end
