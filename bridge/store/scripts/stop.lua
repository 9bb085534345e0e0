-- ARGV: thread, turn (or empty), user (or empty: anybody), timestamp of the request, anywhere (1|0),
--   claim TTL ms
-- Wants the stop of the turn that runs in a thread or, if none does, comes next there; but of none
-- that was asked, or had to wait for its place, when the request was made. A request acts once, however
-- often it is delivered; what found nothing is answered alike again.
-- Returns: stopping | not_yours | not_found | duplicate
local thread, turn, user, ts, anywhere = unpack(ARGV, 1, 5)
local request = PREFIX .. 'stop:' .. thread .. ':' .. ts .. ':' .. user

local function current_turn(thread)
  return redis.call('HGET', lease(thread), 'turn') or redis.call('ZRANGE', mailbox(thread), 0, 0)[1]
end

-- Out of the command, as every release writes it; nil where nothing readable is left of the turn.
local function ask_of(thread, turn)
  local is_read, ask = pcall(cjson.decode, redis.call('HGET', turn_key(thread, turn), 'command') or '')
  return is_read and ask or nil
end

local function is_meant(thread, turn, ask)
  local since = tonumber(redis.call('HGET', turn_key(thread, turn), 'since') or '0')
  return tonumber(ask.ts) <= tonumber(ts) and since <= tonumber(ts) * 1000
end

local function newest_in_channel(channel)
  local best, best_turn, best_ask
  for _, running in ipairs(redis.call('ZRANGE', RUNNING, 0, -1)) do
    if string.sub(running, 1, #channel) == channel then
      local candidate = current_turn(running)
      local ask = candidate and ask_of(running, candidate)
      if ask and is_meant(running, candidate, ask)
        and (not best or tonumber(ask.ts) > tonumber(best_ask.ts)) then
        best, best_turn, best_ask = running, candidate, ask
      end
    end
  end
  return best, best_turn
end

local function request_stop()
  local current = current_turn(thread)
  if turn ~= '' and current ~= turn then return 'not_found' end
  if not current and anywhere == '1' then
    thread, current = newest_in_channel(string.match(thread, '^[^:]+:[^:]+:'))
  end
  local ask = current and ask_of(thread, current)
  -- A button says itself which turn it means.
  if not ask or (turn == '' and not is_meant(thread, current, ask)) then return 'not_found' end
  if user ~= '' and ask.user ~= user then return 'not_yours' end
  redis.call('HSET', turn_key(thread, current), 'stop', 1)
  return 'stopping'
end

local said = redis.call('GET', request)
if said then return said == 'not_found' and said or 'duplicate' end
said = request_stop()
redis.call('SET', request, said, 'PX', ARGV[6])
return said
