-- KEYS: burst, probes
-- ARGV: now ms ('' the server's), member of the probes, burst that this one has proven, TTL ms
local burst, probes = unpack(KEYS)
local now, proven = tonumber(ARGV[1]) or now_ms(), tonumber(ARGV[3])
local size = tonumber(redis.call('HGET', burst, 'size')) or 1
local rest = tonumber(redis.call('HGET', burst, 'rest')) or 0

-- Calls overtake each other: of probes beside one that was refused, each counts for one.
if rest > now then proven = math.min(proven, size + 1) end
redis.call('HSET', burst, 'size', math.max(size, proven))
redis.call('PEXPIRE', burst, ARGV[4])
redis.call('ZREM', probes, ARGV[2])
