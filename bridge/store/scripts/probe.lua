-- Calls whatever the other scripts and the store call, on KEYS[1], which is gone in the end:
-- where Redis is full, read-only, or denies one of them to this user, it says so here.
-- The first write is one that takes memory: a script that has written may go on when Redis is full.

local operation = {}

function operation.probe()
  local key = KEYS[1]
  redis.call('TIME')
  redis.call('SET', key, '1', 'PX', 1000)
  redis.call('GET', key)
  redis.call('EXPIRE', key, 1)
  redis.call('INCR', key)
  redis.call('DECR', key)
  redis.call('PTTL', key)
  redis.call('EXISTS', key)
  redis.call('DEL', key)
  redis.call('HSET', key, 'field', '1')
  redis.call('HSETNX', key, 'field', '2')
  redis.call('HINCRBY', key, 'field', 1)
  redis.call('HLEN', key)
  redis.call('HGET', key, 'field')
  redis.call('HMGET', key, 'field')
  redis.call('HEXISTS', key, 'field')
  redis.call('HKEYS', key)
  redis.call('HGETALL', key)
  redis.call('PTTL', key)
  redis.call('HDEL', key, 'field')
  redis.call('DEL', key)
  redis.call('ZADD', key, 1, 'member')
  redis.call('ZCARD', key)
  redis.call('ZCOUNT', key, '-inf', '+inf')
  redis.call('ZSCORE', key, 'member')
  redis.call('ZRANGE', key, 0, -1)
  redis.call('ZRANGEBYSCORE', key, '-inf', '+inf')
  redis.call('PEXPIRE', key, 1000)
  redis.call('ZREM', key, 'another')
  redis.call('ZREMRANGEBYSCORE', key, 2, 3)
  redis.call('ZPOPMIN', key)
  return redis.call('DEL', key)
end
