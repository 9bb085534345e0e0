-- ARGV: thread, turn, owner, session (or ''), timestamp of the question, session TTL ms, record (or
--   ''), reason, TTL of a dead letter ms
-- Returns: held (it is buried) | lost | gone
local thread, turn, owner, session, asked, session_ms, record, reason, ttl_ms = unpack(ARGV)
local state = lease_state(thread, turn, owner)
if state == 'held' then
  keep_session(thread, session, asked, session_ms)
  redis.call('HSET', turn_key(thread, turn), 'reason', reason)
  if record ~= '' then redis.call('HSET', turn_key(thread, turn), 'record', record) end
  redis.call('PEXPIRE', turn_key(thread, turn), ttl_ms)
  redis.call('ZADD', DEAD, now_ms(), open_member(thread, turn))
  finish(thread, turn)
end
return state
