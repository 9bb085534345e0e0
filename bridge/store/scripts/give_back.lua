-- ARGV: thread, turn, owner
-- Returns: held (it is given back) | lost | gone
local thread, turn, owner = unpack(ARGV)
local state = hold(thread, turn, owner)
-- Score 0, in both: whoever has waited through half an answer goes before those who wait for theirs.
if state == 'held' then
  redis.call('ZADD', mailbox(thread), 0, turn)
  settle(thread, 0)
end
return state
