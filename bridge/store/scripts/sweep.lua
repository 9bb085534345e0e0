-- ARGV: age ms, how many at most, TTL of a dead letter ms
-- Turns that nobody has touched for that long, and whose thread is neither ready nor running,
-- are scheduled again. Dead letters that have expired leave their set. Returns: how many turns
local age_ms, most, now = tonumber(ARGV[1]), tonumber(ARGV[2]), now_ms()
redis.call('ZREMRANGEBYSCORE', DEAD, '-inf', now - tonumber(ARGV[3]))
local rescued = 0
for _, member in ipairs(redis.call('ZRANGEBYSCORE', OPEN, '-inf', now - age_ms, 'LIMIT', 0, most)) do
  local thread, turn = string.match(member, '^(.*)|(.*)$')
  local is_scheduled = redis.call('ZSCORE', READY, thread) or redis.call('ZSCORE', RUNNING, thread)
  if redis.call('EXISTS', turn_key(thread, turn)) == 0 then
    redis.call('ZREM', OPEN, member)
  else
    -- Looked at: the next sweep begins with others.
    redis.call('ZADD', OPEN, now, member)
    redis.call('ZADD', mailbox(thread), 'NX', now / 1000, turn)
    if not is_scheduled then
      redis.call('DEL', lease(thread))
      redis.call('ZADD', READY, now_us(), thread)
      rescued = rescued + 1
    end
  end
end
return rescued
