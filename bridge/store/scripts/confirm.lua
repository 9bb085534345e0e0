-- KEYS: burst
-- ARGV: burst that a call has proven, TTL ms
if tonumber(ARGV[1]) > (tonumber(redis.call('HGET', KEYS[1], 'size')) or 1) then
  redis.call('HSET', KEYS[1], 'size', ARGV[1])
end
redis.call('HDEL', KEYS[1], 'probing')
redis.call('PEXPIRE', KEYS[1], ARGV[2])
