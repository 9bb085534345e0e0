-- KEYS: bucket, burst; the bursts of methods alike
-- ARGV: now ms ('' the server's), ms by which calls arrive unevenly, interval ms, guessed burst, calls
--   that were booked before the refused one, Retry-After ms
local bucket, burst = KEYS[1], KEYS[2]
local now, jitter, interval = tonumber(ARGV[1]) or now_ms(), tonumber(ARGV[2]), tonumber(ARGV[3])
local size, ahead = burst_size(burst, ARGV[4], now), tonumber(ARGV[5])
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
local after = tonumber(ARGV[6])
closed = math.max(closed, now + after)
local booked = closed - math.max(math.min(after - interval, 1000), 0) + interval * (size - 1) - jitter
redis.call('HSET', bucket, 'closed', closed, 'booked', booked)
redis.call('PEXPIRE', bucket, math.ceil(closed - now + interval * size) + 60000)
