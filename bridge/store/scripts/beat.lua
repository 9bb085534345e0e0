-- ARGV: lease ms, claim TTL ms, then thread, turn, owner of each delivery
-- Returns: held | stop | lost | gone of each
local lease_ms, claim_ms, now = tonumber(ARGV[1]), ARGV[2], now_ms()
local holds = {}
for i = 3, #ARGV, 3 do
  local thread, turn, owner = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local state = hold(thread, turn, owner)
  if state == 'held' then
    redis.call('ZADD', RUNNING, now + lease_ms, thread)
    redis.call('ZADD', OPEN, now, open_member(thread, turn))
    redis.call('PEXPIRE', claim_key(team_of(thread), turn), claim_ms)
    if redis.call('HEXISTS', turn_key(thread, turn), 'stop') == 1 then state = 'stop' end
  end
  holds[#holds + 1] = state
end
return holds
