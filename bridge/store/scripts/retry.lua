-- ARGV: thread, turn, turn TTL ms, claim TTL ms, timestamp of the message
-- A dead letter goes back to its mailbox as if it were new. Returns: 1, or 0 where there is none
local thread, turn = unpack(ARGV, 1, 2)
if redis.call('ZREM', DEAD, open_member(thread, turn)) == 0 then return 0 end
if redis.call('EXISTS', turn_key(thread, turn)) == 0 then return 0 end
redis.call('HDEL', turn_key(thread, turn), 'attempt', 'reason', 'stop')
redis.call('PEXPIRE', turn_key(thread, turn), ARGV[3])
redis.call('SET', claim_key(team_of(thread), turn), thread, 'PX', ARGV[4])
redis.call('ZADD', mailbox(thread), ARGV[5], turn)
redis.call('ZADD', OPEN, now_ms(), open_member(thread, turn))
if not redis.call('ZSCORE', RUNNING, thread) then redis.call('ZADD', READY, 'NX', now_us(), thread) end
return 1
