-- ARGV: TTL of a dead letter ms
-- Returns: {threads ready, threads running, turns unfinished, letters dead and not expired}
return {
  redis.call('ZCARD', READY),
  redis.call('ZCARD', RUNNING),
  redis.call('ZCARD', OPEN),
  redis.call('ZCOUNT', DEAD, now_ms() - tonumber(ARGV[1]), '+inf'),
}
