-- ARGV: thread, turn (or empty), user (or empty: anybody), timestamp of the wish, anywhere (1|0)
-- Wants the stop of the turn that runs in a thread or, if none does, comes next there; but of none
-- that was asked after the wish.
-- Returns: stopping | not_yours | missed
local thread, turn, user, ts, anywhere = unpack(ARGV)

local function current_turn(thread)
  return redis.call('HGET', lease(thread), 'turn') or redis.call('ZRANGE', mailbox(thread), 0, 0)[1]
end

local function asked(thread, turn) return tonumber(redis.call('HGET', turn_key(thread, turn), 'ts') or '0') end

local function newest_in_channel(channel)
  local best, best_turn, best_ts
  for _, running in ipairs(redis.call('ZRANGE', RUNNING, 0, -1)) do
    if string.sub(running, 1, #channel) == channel then
      local candidate = current_turn(running)
      local at = candidate and asked(running, candidate)
      if at and at <= tonumber(ts) and (not best or at > best_ts) then
        best, best_turn, best_ts = running, candidate, at
      end
    end
  end
  return best, best_turn
end

local current = current_turn(thread)
if turn ~= '' and current ~= turn then return 'missed' end
if not current and anywhere == '1' then
  thread, current = newest_in_channel(string.match(thread, '^[^:]+:[^:]+:'))
end
if not current or asked(thread, current) > tonumber(ts) then return 'missed' end
local asker = redis.call('HGET', turn_key(thread, current), 'user')
if user ~= '' and asker and asker ~= user then return 'not_yours' end
redis.call('HSET', turn_key(thread, current), 'stop', 1)
return 'stopping'
