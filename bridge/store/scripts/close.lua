-- Slack refused a call: nobody calls before it says, and then there is one call, not a burst.
--
-- KEYS: gate, line, due, burst, debts of the call that was to end what this one would have shown,
--   taken of the team, probes
-- ARGV: now ms ('' the server's), priority, member of the line, turn (or ''), interval ms,
--   jitter ms, ms for which Slack takes none, ms without a probe, burst TTL ms,
--   burst that it would have proven, or 0
local gate, line, due, burst, debts, taken, probes = unpack(KEYS)
local now = tonumber(ARGV[1]) or now_ms()
local interval, jitter = tonumber(ARGV[5]), tonumber(ARGV[6])
local closed_until, refuted = now + tonumber(ARGV[7]), tonumber(ARGV[10])

local size = tonumber(redis.call('HGET', burst, 'size')) or 1
local is_closed = (tonumber(redis.call('HGET', gate, 'closed')) or 0) > now
if refuted > 0 then
  redis.call('ZREM', probes, ARGV[3])
  -- A later one may have overtaken it and been taken: that one has proven less.
  size = math.max(math.min(size, refuted - 1), 1)
elseif not is_closed then -- several may have been under way: one mistake is punished once
  size = math.max(math.floor(size / 2), 1)
end
redis.call('HSET', burst, 'size', size, 'rest', now + tonumber(ARGV[8]))
redis.call('PEXPIRE', burst, ARGV[9])
redis.call('DEL', taken) -- the next refusal must be paid for anew

closed_until = math.max(closed_until, tonumber(redis.call('HGET', gate, 'closed')) or 0)
local possible = size + redis.call('ZCOUNT', probes, now, '+inf') -- others may yet turn out taken
redis.call('HSET', gate, 'closed', closed_until, 'booked', closed_until + interval * (possible - 1) - jitter)
redis.call('PEXPIRE', gate, math.ceil(closed_until - now + interval * possible) + 60000)

if ARGV[2] == 'final' then -- it had its turn, and keeps it
  redis.call('ZADD', line, 0, ARGV[3])
  redis.call('ZADD', due, closed_until + 2000, ARGV[3])
  for _, key in ipairs({line, due}) do redis.call('PEXPIRE', key, 600000) end
elseif ARGV[2] == 'first' and ARGV[4] ~= '' then
  redis.call('ZREM', debts, ARGV[4])
end
