-- Stands before every script.

-- Milliseconds by the server's clock: replicas need not agree on theirs.
local function now_ms()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
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
