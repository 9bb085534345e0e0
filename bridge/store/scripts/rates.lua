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

-- A method as it is now; times in ms, `left`, `size` and `proven` in calls. `ahead`: how far beyond now its
-- calls are booked; `closed`: for how long Slack refuses it.
local function read_method(bucket, burst, interval, guess, now, jitter)
  local booked, closed = unpack(redis.call('HMGET', bucket, 'booked', 'closed'))
  local size, proven = burst_size(burst, guess, now)
  local ahead = (tonumber(booked) or 0) - now
  return {
    bucket = bucket, burst = burst, interval = tonumber(interval), size = size, proven = proven,
    ahead = math.max(ahead, 0), left = size - math.max(ahead + jitter, 0) / interval,
    closed = math.max((tonumber(closed) or 0) - now, 0),
  }
end

-- ms until so many calls of a method are left; 0 or less: they are.
local function wait_for(method, calls) return (calls - method.left) * method.interval end

-- More than half of the burst has been taken at once: the guess is not far from the truth.
local function is_proven(method) return method.proven > method.size / 2 end

-- In how many ms each answer shown is expected to end, the oldest first. One that goes on for longer than
-- `length` is given an interval of the method that ends it.
local function expected_ends(shown, length, interval, now)
  local scores, due = redis.call('ZRANGE', shown, 0, -1, 'WITHSCORES'), {}
  for place = 2, #scores, 2 do
    local rest = tonumber(scores[place]) + length - now
    table.insert(due, rest > 0 and rest or interval)
  end
  return due
end

-- By how many ms one of the ends that are `due` would be late at most, had they `left` calls now and never
-- more than `size`.
local function lateness(due, left, size, interval)
  local at, missing = 0, 0
  for _, rest in ipairs(due) do
    local before = at
    at = math.max(rest, at)
    left = math.min(left + (at - before) / interval, size) - 1
    missing = math.max(missing, -left)
  end
  return missing * interval
end

-- Whether all answers that are `due`, with the one that would begin, can be shown every `longest_gap` ms and
-- ended in time. Of edits only a third of the burst is counted on before it is proven; of stops no more
-- than starts, which were tried long before.
local function may_begin(call, grows, ends, due, length, longest_gap)
  local shows, size = #due * length / longest_gap, ends.size
  if ends ~= grows then
    shows, size = shows - #due, math.min(size, call.size) -- the last show is paid elsewhere
  elseif not is_proven(ends) then
    size = math.floor(size / 3)
  end
  local fresh = length / grows.interval -- calls that the rate brings meanwhile
  local left = ends.left - (ends.size - size)
  return wait_for(grows, shows - fresh) <= 0 and lateness(due, left, size, ends.interval) <= 0
end

-- Whether no answer that is `due` would end later for this call.
local function may_grow(call, due)
  local function late(left) return lateness(due, left, call.size, call.interval) end
  return late(call.left - 1) <= late(call.left)
end

local function book(call, ahead, now)
  redis.call('HSET', call.bucket, 'booked', now + call.ahead + call.interval)
  redis.call('PEXPIRE', call.bucket, math.ceil(call.ahead + call.interval) + 60000)
  if ahead >= call.proven then prove_burst(call.burst, ahead + 1) end
  call.left = call.left - 1
end

local operation = {}

-- Books the first of some calls that may go.
-- KEYS of each, seven: bucket, burst; those of the method by which its answer grows, and of the one that
--   ends it; the answers shown that are ended by it, by the time of their first text
-- `waited`: ms since the calls are wanted; `length`: ms for which an answer is expected to grow
-- Behind the arguments of each, eight: its part: begin, grow, end or ''; ms between two shows that admit
--   one more (0: any); the interval in ms and the guessed burst of each of the three methods
-- Returns: {ms to wait (0: booked), which of them, calls surely ahead, thousandths of calls left to grow by,
--   answers, 1 if the burst to grow by is proven}
function operation.acquire(now, jitter, turn, waited, length)
  now, jitter = tonumber(now) or now_ms(), tonumber(jitter)
  waited, length = tonumber(waited), tonumber(length)
  local SHOWN_MS, LOOK_AGAIN_MS = 330000, 3000

  local function try(number)
    local key, argument = 7 * number - 7, 8 * number - 3
    local shown, part, longest_gap = KEYS[key + 7], ARGV[argument + 1], tonumber(ARGV[argument + 2])
    local function method(place)
      local bucket, burst = KEYS[key + 2 * place - 1], KEYS[key + 2 * place]
      local interval, guess = ARGV[argument + 2 * place + 1], ARGV[argument + 2 * place + 2]
      return read_method(bucket, burst, interval, guess, now, jitter)
    end

    local call = method(1)
    local grows, ends, answers = call, call, 0
    if part ~= '' then
      if KEYS[key + 3] ~= KEYS[key + 1] then grows = method(2) end
      ends = KEYS[key + 5] == KEYS[key + 3] and grows or method(3)
      redis.call('ZREMRANGEBYSCORE', shown, '-inf', now - SHOWN_MS)
      answers = redis.call('ZCARD', shown)
    end

    local is_held = false
    if part == 'begin' and longest_gap > 0 then
      local due = expected_ends(shown, length, ends.interval, now)
      table.insert(due, length > waited and length - waited or ends.interval)
      is_held = not may_begin(call, grows, ends, due, length, longest_gap)
    elseif part == 'grow' and ends == call then
      is_held = not may_grow(call, expected_ends(shown, length, ends.interval, now))
    end

    -- What is kept for ends grows as fast as calls come: to look often is no use.
    local wait = math.max(wait_for(call, 1), call.closed, is_held and LOOK_AGAIN_MS or 0)
    if wait > 0 then return wait end
    local ahead = math.ceil(math.max(call.ahead - jitter, 0) / call.interval)
    book(call, ahead, now)
    if part == 'end' then
      redis.call('ZREM', shown, turn)
    elseif part ~= '' then
      answers = answers + redis.call('ZADD', shown, 'NX', now - waited, turn)
      redis.call('PEXPIRE', shown, SHOWN_MS)
    end
    return 0, {0, number, ahead, math.floor(grows.left * 1000), answers, is_proven(grows) and 1 or 0}
  end

  local soonest = math.huge
  for number = 1, #KEYS / 7 do
    local wait, booked = try(number)
    if booked then return booked end
    soonest = math.min(soonest, wait)
  end
  return {math.ceil(soonest), 0, 0, 0, 0, 0}
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
