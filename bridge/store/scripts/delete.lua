-- ARGV: team, turn
-- Returns: 1 when the question was taken out or, if it was begun, its stop is wanted; else 0
local team, turn = unpack(ARGV)
local thread = redis.call('GET', claim_key(team, turn))
if not thread or not redis.call('ZSCORE', mailbox(thread), turn) then return 0 end
local key = turn_key(thread, turn)
local runs = redis.call('HGET', lease(thread), 'turn') == turn
-- Given back with a record: half an answer may stand in the thread, and somebody has to end it.
if runs or redis.call('HEXISTS', key, 'record') == 1 then
  -- In the turn, not the lease: it holds for whoever has the turn next, and for no other turn.
  redis.call('HSET', key, 'stop', 1)
  return 1
end
redis.call('ZREM', mailbox(thread), turn)
redis.call('DEL', key)
redis.call('ZREM', OPEN, open_member(thread, turn))
if redis.call('ZCARD', mailbox(thread)) == 0 then redis.call('ZREM', READY, thread) end
return 1
