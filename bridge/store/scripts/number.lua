-- KEYS: the numbers of one kind in one thread. ARGV: TTL ms, ids
-- Returns: a number for each id, from 1, in the order in which they were first seen
local numbers = {}
for place = 2, #ARGV do
  redis.call('HSETNX', KEYS[1], ARGV[place], redis.call('HLEN', KEYS[1]) + 1)
  numbers[place - 1] = redis.call('HGET', KEYS[1], ARGV[place])
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return numbers
