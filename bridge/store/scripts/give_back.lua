-- ARGV: thread, turn, owner, record (or ''), turn TTL ms
-- Returns: held (it is given back) | lost | gone
local thread, turn, owner, record, ttl_ms = unpack(ARGV)
local state = lease_state(thread, turn, owner)
-- Score 0, in both: whoever has waited through half an answer goes before those who wait for theirs.
if state == 'held' then
  if record ~= '' then
    redis.call('HSET', turn_key(thread, turn), 'record', record)
    redis.call('PEXPIRE', turn_key(thread, turn), ttl_ms)
  end
  redis.call('ZADD', mailbox(thread), 0, turn)
  settle(thread, 0)
end
return state
