-- ARGV: lease ms, claim TTL ms, turn TTL ms, then thread, turn, owner, record ('' for nothing new) of
--   each delivery
-- Returns: held | stop | lost | gone of each
local lease_ms, claim_ms, turn_ms, now = tonumber(ARGV[1]), ARGV[2], ARGV[3], now_ms()
local states = {}
for i = 4, #ARGV, 4 do
  local thread, turn, owner, record = unpack(ARGV, i, i + 3)
  local state = lease_state(thread, turn, owner)
  if state == 'held' then
    redis.call('ZADD', RUNNING, now + lease_ms, thread)
    redis.call('ZADD', OPEN, now, open_member(thread, turn))
    redis.call('PEXPIRE', claim_key(team_of(thread), turn), claim_ms)
    if record ~= '' then
      redis.call('HSET', turn_key(thread, turn), 'record', record)
      redis.call('PEXPIRE', turn_key(thread, turn), turn_ms)
    end
    if redis.call('HEXISTS', turn_key(thread, turn), 'stop') == 1 then state = 'stop' end
  end
  states[#states + 1] = state
end
return states
