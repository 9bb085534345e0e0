-- Stands before every script.

-- Milliseconds by the server's clock: replicas need not agree on theirs.
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
