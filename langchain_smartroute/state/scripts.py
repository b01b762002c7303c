"""The Lua scripts of shared state in Redis, each executed atomically.

Money is not computed in Lua's numbers, which are exact to 2⁵³ only: sums use `HINCRBY` in 64
bits, and comparisons read only the sign. A counter holds `used` (spent and held together) and
`spent`.
"""

from __future__ import annotations

__all__ = ["GET", "HOLD", "LOOK", "PUT", "SETTLE", "STANDS", "SWAP"]

_LESS = """
local function less(n) if n == '0' then return n else return '-' .. n end end
"""
_NOW = "local t = redis.call('TIME') local now = t[1] * 1000 + math.floor(t[2] / 1000)\n"

HOLD = (
    _NOW
    + _LESS
    + """
local base, lease, lease_ms = KEYS[1], ARGV[1], ARGV[2]
local leases = base .. 'leases'
for _, old in ipairs(redis.call('ZRANGEBYSCORE', leases, '-inf', now, 'LIMIT', 0, 100)) do
  local held = redis.call('HGETALL', base .. 'l:' .. old)
  for i = 1, #held, 2 do
    if redis.call('EXISTS', base .. 'c:' .. held[i]) == 1 then
      redis.call('HINCRBY', base .. 'c:' .. held[i], 'used', less(held[i + 1]))
    end
  end
  redis.call('DEL', base .. 'l:' .. old)
  redis.call('ZREM', leases, old)
end
local fits = {}
for i = 3, #ARGV, 4 do
  local counter, amount, ceiling = base .. 'c:' .. ARGV[i], ARGV[i + 1], ARGV[i + 2]
  redis.call('HINCRBY', counter, 'used', amount)
  local over = redis.call('HINCRBY', counter, 'used', less(ceiling))
  redis.call('HINCRBY', counter, 'used', ceiling)
  fits[#fits + 1] = {counter, amount}
  if over > 0 then
    for _, claim in ipairs(fits) do
      redis.call('HINCRBY', claim[1], 'used', less(claim[2]))
    end
    local stands = redis.call('HMGET', counter, 'used', 'spent')
    if redis.call('PTTL', counter) < 0 then redis.call('PEXPIRE', counter, ARGV[i + 3]) end
    return {(i - 3) / 4, stands[1] or '0', stands[2] or '0'}
  end
end
for i = 3, #ARGV, 4 do
  redis.call('PEXPIRE', base .. 'c:' .. ARGV[i], ARGV[i + 3])
  redis.call('HSET', base .. 'l:' .. lease, ARGV[i], ARGV[i + 1])
end
redis.call('ZADD', leases, now + lease_ms, lease)
return false
"""
)

SETTLE = (
    _LESS
    + """
local base, lease, again = KEYS[1], ARGV[1], ARGV[2] == '1'
local found = redis.call('ZREM', base .. 'leases', lease) == 1
if found then
  local held = redis.call('HGETALL', base .. 'l:' .. lease)
  for i = 1, #held, 2 do
    if redis.call('EXISTS', base .. 'c:' .. held[i]) == 1 then
      redis.call('HINCRBY', base .. 'c:' .. held[i], 'used', less(held[i + 1]))
    end
  end
  redis.call('DEL', base .. 'l:' .. lease)
end
local stands = {}
for i = 3, #ARGV, 3 do
  local counter = base .. 'c:' .. ARGV[i]
  if found or not again then
    redis.call('HINCRBY', counter, 'used', ARGV[i + 1])
    redis.call('HINCRBY', counter, 'spent', ARGV[i + 1])
    redis.call('PEXPIRE', counter, ARGV[i + 2])
  end
  for _, sum in ipairs(redis.call('HMGET', counter, 'used', 'spent')) do
    stands[#stands + 1] = sum or '0'
  end
end
return stands
"""
)

STANDS = """
local stands = {}
for _, counter in ipairs(ARGV) do
  for _, sum in ipairs(redis.call('HMGET', KEYS[1] .. 'c:' .. counter, 'used', 'spent')) do
    stands[#stands + 1] = sum or '0'
  end
end
return stands
"""

GET = "return redis.call('GET', KEYS[1] .. 'v:' .. ARGV[1])"
PUT = "redis.call('SET', KEYS[1] .. 'v:' .. ARGV[1], ARGV[2], 'PX', ARGV[3]) return false"
SWAP = """
local key = KEYS[1] .. 'v:' .. ARGV[1]
local found = redis.call('GET', key)
local expected = ARGV[2] == '1' and ARGV[3] or false
if found ~= expected then return 0 end
if ARGV[4] == '1' then redis.call('SET', key, ARGV[5], 'PX', ARGV[6])
else redis.call('DEL', key) end
return 1
"""
LOOK = """
local found = {}
for _, name in ipairs(ARGV) do
  local key = KEYS[1] .. 'v:' .. name
  found[#found + 1] = redis.call('GET', key) or ''
  found[#found + 1] = redis.call('PTTL', key)
end
return found
"""
