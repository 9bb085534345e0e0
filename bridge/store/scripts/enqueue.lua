-- ARGV: thread, turn, command, text, user, addressed (1|0), claim TTL ms, session TTL ms,
--   turn TTL ms, timestamp of the message, kind, when it was requested
-- Returns: accepted | queued (behind others) | duplicate | not_engaged | overtaken
local thread, turn, command, text, user, addressed = unpack(ARGV, 1, 6)
local ts, kind, requested = ARGV[10], ARGV[11], ARGV[12]
local engaged = PREFIX .. 'engaged:' .. thread

if addressed == '0' and redis.call('SISMEMBER', engaged, user) == 0 then return 'not_engaged' end
if not redis.call('SET', claim_key(team_of(thread), turn), thread, 'NX', 'PX', ARGV[7]) then return 'duplicate' end

-- A reset that came so late that the thread talks in a newer session leaves it alone.
local asked = kind == 'reset' and redis.call('GET', asked_key(thread))
if asked and tonumber(asked) > tonumber(requested) then return 'overtaken' end

redis.call('SADD', engaged, user)
redis.call('PEXPIRE', engaged, ARGV[8])
redis.call('HSET', turn_key(thread, turn), 'command', command, 'text', text)
redis.call('PEXPIRE', turn_key(thread, turn), ARGV[9])
if kind == 'reset' then
  -- At once, whatever waits; an answer that runs may not write its session back.
  redis.call('DEL', session_key(thread))
  redis.call('SET', reset_key(thread), requested, 'PX', ARGV[8])
end
-- By the time of writing, not of arrival: Slack does not deliver in order.
redis.call('ZADD', mailbox(thread), ts, turn)
redis.call('ZADD', OPEN, now_ms(), open_member(thread, turn))
if not redis.call('ZSCORE', RUNNING, thread) then redis.call('ZADD', READY, 'NX', now_us(), thread) end
return redis.call('ZCARD', mailbox(thread)) > 1 and 'queued' or 'accepted'
