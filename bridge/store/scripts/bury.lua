-- ARGV: thread, turn, owner, reason, TTL of a dead letter ms
-- Returns: held (it is buried) | lost | gone
local thread, turn, owner = unpack(ARGV, 1, 3)
local state = hold(thread, turn, owner)
if state == 'held' then
  local now = now_ms()
  redis.call('HSET', turn_key(thread, turn), 'reason', ARGV[4])
  redis.call('PEXPIRE', turn_key(thread, turn), ARGV[5])
  redis.call('ZADD', DEAD, now, open_member(thread, turn))
  redis.call('ZREMRANGEBYSCORE', DEAD, '-inf', now - tonumber(ARGV[5]))
  finish(thread, turn)
end
return state
