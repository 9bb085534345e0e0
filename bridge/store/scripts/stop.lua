-- ARGV: thread, turn (or empty), user (or empty: anybody), timestamp of the wish, anywhere (1|0)
-- Wants the stop of a turn that runs, or was begun and given back, if it was asked before the wish.
-- Returns: stopping | not_yours | missed
local thread, turn, user, ts, anywhere = unpack(ARGV)

local function begun_turn(thread)
  local running = redis.call('HGET', lease(thread), 'turn')
  if running then return running end
  local first = redis.call('ZRANGE', mailbox(thread), 0, 0)[1]
  if first and redis.call('HEXISTS', turn_key(thread, first), 'record') == 1 then return first end
end

local function asked(thread, turn) return tonumber(redis.call('HGET', turn_key(thread, turn), 'ts') or '0') end

local function newest_in_channel(channel)
  local best, best_turn, best_ts
  for _, running in ipairs(redis.call('ZRANGE', RUNNING, 0, -1)) do
    if string.sub(running, 1, #channel) == channel then
      local candidate = begun_turn(running)
      local at = candidate and asked(running, candidate)
      if at and at <= tonumber(ts) and (not best or at > best_ts) then
        best, best_turn, best_ts = running, candidate, at
      end
    end
  end
  return best, best_turn
end

local begun = begun_turn(thread)
if turn ~= '' and begun ~= turn then return 'missed' end
if not begun and anywhere == '1' then
  thread, begun = newest_in_channel(string.match(thread, '^[^:]+:[^:]+:'))
end
if not begun or asked(thread, begun) > tonumber(ts) then return 'missed' end
local asker = redis.call('HGET', turn_key(thread, begun), 'user')
if user ~= '' and asker and asker ~= user then return 'not_yours' end
redis.call('HSET', turn_key(thread, begun), 'stop', 1)
return 'stopping'
