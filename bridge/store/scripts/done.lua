-- ARGV: thread, turn, owner
-- Returns: held (it is done) | lost | gone
local thread, turn, owner = unpack(ARGV)
local state = hold(thread, turn, owner)
if state == 'held' then
  redis.call('DEL', turn_key(thread, turn))
  finish(thread, turn)
end
return state
