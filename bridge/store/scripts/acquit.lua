-- KEYS: debts, one set for each method that ends answers
-- ARGV: turn
for _, debts in ipairs(KEYS) do redis.call('ZREM', debts, ARGV[1]) end
