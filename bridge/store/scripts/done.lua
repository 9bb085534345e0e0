-- ARGV: thread, turn, owner, session (or ''), timestamp of the question, session TTL ms
-- Returns: held (it is done) | lost | gone
local thread, turn, owner, session, asked, session_ms = unpack(ARGV)
local state = lease_state(thread, turn, owner)
if state == 'held' then
  keep_session(thread, session, asked, session_ms)
  redis.call('DEL', turn_key(thread, turn))
  finish(thread, turn)
elseif state == 'gone' then -- the store was emptied: a session that came since is the better one
  keep_session(thread, session, asked, session_ms, true)
end
return state
