-- KEYS: a text. ARGV: what it must be. Returns: 1 if it was that and is deleted, else 0
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
