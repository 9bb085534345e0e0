-- ARGV: team, turn, command, text
-- Returns: 1 when the question still waited and is now this one, else 0
local team, turn, command, text = unpack(ARGV)
local thread = redis.call('GET', claim_key(team, turn))
if not thread then return 0 end
if redis.call('EXISTS', turn_key(thread, turn)) == 0 then return 0 end
if redis.call('HGET', lease(thread), 'turn') == turn then return 0 end
if redis.call('HEXISTS', turn_key(thread, turn), 'record') == 1 then return 0 end
redis.call('HSET', turn_key(thread, turn), 'command', command, 'text', text)
return 1
