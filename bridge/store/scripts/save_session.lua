-- ARGV: thread, session, timestamp of the question, TTL ms
-- A thread that began anew since the question keeps no session of before.
local thread, session, asked, ttl_ms = unpack(ARGV)
local anew = redis.call('GET', anew_key(thread))
if anew and tonumber(anew) > tonumber(asked) then return 0 end
redis.call('SET', session_key(thread), session, 'PX', ttl_ms)
return 1
