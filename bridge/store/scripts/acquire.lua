-- GCRA: `booked` is the time up to which the calls of a method so far have used its rate up. A call
-- may go while that is no more than burst - 1 intervals ahead.
--
-- KEYS: bucket, burst; of an answer's call also those of the method by which the answer grows, and
--   of the one that ends it; the answers shown that are ended by it
-- ARGV: now ms ('' the server's), ms by which calls arrive unevenly, part (begin|grow|end|''), turn,
--   ms for which an answer is expected to grow, ms between two shows that admit one more (0: any);
--   interval ms and guessed burst of each method
-- Returns: {ms to wait (0: booked), calls surely ahead, thousandths of calls left to grow by, answers}
local now, jitter, part, turn = tonumber(ARGV[1]) or now_ms(), tonumber(ARGV[2]), ARGV[3], ARGV[4]
local length, longest_gap, SHOWN = tonumber(ARGV[5]), tonumber(ARGV[6]), KEYS[7]
local FORGOTTEN, SHORTEST_WAIT, LONGEST_WAIT = 330000, 1000, 3000

local function look(number)
  local key, interval = KEYS[2 * number - 1], tonumber(ARGV[5 + 2 * number])
  local state = redis.call('HMGET', key, 'booked', 'closed')
  local ahead = (tonumber(state[1]) or 0) - now
  local size = burst_size(KEYS[2 * number], ARGV[6 + 2 * number], now)
  return {
    key = key, interval = interval, size = size,
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

-- Calls that ends will want before the rate has brought them; but where Slack takes hardly any at
-- once, nothing would be shown if they were kept.
local function reserved()
  local most, scores = 0, redis.call('ZRANGE', SHOWN, 0, -1, 'WITHSCORES')
  for at = 2, #scores, 2 do
    local rest = math.max(tonumber(scores[at]) + length - now, 0)
    most = math.max(most, at / 2 - rest / ends.interval)
  end
  return math.min(most, math.max(ends.size - 2, 0))
end

-- Until all that are shown, and one more, can be shown every `longest_gap`, and ended.
local function admission()
  local count, fresh = answers + 1, length / grows.interval
  local shows = count * length / longest_gap
  if ends ~= grows then shows = shows - count end -- the last show is paid elsewhere
  return math.max(wait_for(grows, shows - fresh), wait_for(ends, 1 + reserved()))
end

local wait = math.max(wait_for(call, 1), call.closed)
local others = 0 -- what is kept for ends grows as fast as calls come: to look often is no use
if part == 'begin' and longest_gap > 0 then
  others = admission()
elseif part == 'grow' and ends == call then
  others = wait_for(call, 1 + reserved())
end
if others > 0 then wait = math.max(wait, math.min(math.max(others, SHORTEST_WAIT), LONGEST_WAIT)) end
local ahead = math.ceil(math.max(call.ahead - jitter, 0) / call.interval)
if wait <= 0 then
  redis.call('HSET', call.key, 'booked', now + call.ahead + call.interval)
  redis.call('PEXPIRE', call.key, math.ceil(call.ahead + call.interval) + 60000)
  call.left = call.left - 1
  if part == 'end' then
    redis.call('ZREM', SHOWN, turn)
  elseif part ~= '' then
    answers = answers + redis.call('ZADD', SHOWN, 'NX', now, turn)
    redis.call('PEXPIRE', SHOWN, FORGOTTEN)
  end
end
return {math.max(math.ceil(wait), 0), ahead, math.floor(grows.left * 1000), answers}
