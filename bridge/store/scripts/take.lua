-- ARGV: owner, lease ms, limit of running threads (0: none), may reclaim (1|0), claim TTL ms
-- Returns: {thread, turn, command, text, record, attempt} | 'full' | nothing
local owner, lease_ms, limit, may_reclaim = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local now, claim_ms = now_ms(), ARGV[5]

-- A lapsed lease comes before new work: somebody already waits in front of half an answer.
local function next_thread()
  if may_reclaim == '1' then
    local lapsed = redis.call('ZRANGEBYSCORE', RUNNING, '-inf', now, 'LIMIT', 0, 1)
    if lapsed[1] then return lapsed[1], 1 end
  end
  if limit > 0 and redis.call('ZCARD', RUNNING) >= limit then
    return redis.call('ZCARD', READY) > 0 and 'full' or nil
  end
  return redis.call('ZPOPMIN', READY)[1], 0
end

-- An answer that was begun goes on before one that should have come earlier.
local function first_turn(thread)
  local begun = redis.call('HGET', lease(thread), 'turn')
  if begun and redis.call('ZSCORE', mailbox(thread), begun) then return begun end
  return redis.call('ZRANGE', mailbox(thread), 0, 0)[1]
end

while true do
  local thread, lapses = next_thread()
  if not thread or thread == 'full' then return thread end
  local turn = first_turn(thread)
  if not turn then
    settle(thread, now_us())
  else
    local key = turn_key(thread, turn)
    if redis.call('EXISTS', key) == 0 then
      finish(thread, turn)
    else
      local attempt = redis.call('HINCRBY', key, 'attempt', lapses)
      redis.call('HSET', lease(thread), 'owner', owner, 'turn', turn)
      -- Anew: a question may have waited for longer than a claim lasts.
      redis.call('SET', claim_key(team_of(thread), turn), thread, 'PX', claim_ms)
      redis.call('ZADD', RUNNING, now + lease_ms, thread)
      redis.call('ZADD', OPEN, now, open_member(thread, turn))
      local fields = redis.call('HMGET', key, 'command', 'text', 'record')
      return {thread, turn, fields[1], fields[2], fields[3] or '', attempt}
    end
  end
end
