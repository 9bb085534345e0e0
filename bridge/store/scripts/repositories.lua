-- What is remembered beside the mailboxes. KEYS: one key.

local operation = {}

-- The key has the numbers of one kind in one thread; behind the argument stand ids.
-- Returns: a number for each id, from 1, in the order in which they were first seen
function operation.number(ttl_ms)
  local numbers = {}
  for place = 2, #ARGV do
    redis.call('HSETNX', KEYS[1], ARGV[place], redis.call('HLEN', KEYS[1]) + 1)
    numbers[place - 1] = redis.call('HGET', KEYS[1], ARGV[place])
  end
  redis.call('PEXPIRE', KEYS[1], ttl_ms)
  return numbers
end

-- Returns: 1 if the text was the expected one and is deleted, else 0
function operation.delete_if_equal(expected)
  if redis.call('GET', KEYS[1]) ~= expected then return 0 end
  return redis.call('DEL', KEYS[1])
end
