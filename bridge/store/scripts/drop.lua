-- ARGV: thread, turn
-- Forgets a dead letter; what somebody has put back into its mailbox is none.
-- Returns: 1, or 0 where there is none
local thread, turn = unpack(ARGV)
if redis.call('ZREM', DEAD, open_member(thread, turn)) == 0 then return 0 end
redis.call('DEL', turn_key(thread, turn))
return 1
