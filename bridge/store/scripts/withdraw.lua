-- ARGV: team, turn
-- Returns: 1 when the question was taken out or, if it runs, its stop is wanted; else 0
local team, turn = unpack(ARGV)
local thread = redis.call('GET', claim_key(team, turn))
if not thread then return 0 end
if redis.call('HGET', lease(thread), 'turn') == turn then
  redis.call('HSET', lease(thread), 'stop', turn)
  return 1
end
if redis.call('ZREM', mailbox(thread), turn) == 0 then return 0 end
redis.call('DEL', turn_key(thread, turn))
redis.call('ZREM', OPEN, open_member(thread, turn))
if redis.call('ZCARD', mailbox(thread)) == 0 then redis.call('ZREM', READY, thread) end
return 1
