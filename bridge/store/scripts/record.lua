-- ARGV: thread, turn, owner, record, turn TTL ms
-- Returns: held (it is written) | lost | gone
local thread, turn, owner = unpack(ARGV, 1, 3)
local state = lease_state(thread, turn, owner)
if state == 'held' then
  redis.call('HSET', turn_key(thread, turn), 'record', ARGV[4])
  redis.call('PEXPIRE', turn_key(thread, turn), ARGV[5])
end
return state
