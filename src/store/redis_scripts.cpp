#include "store/redis_scripts.hpp"

#include <string>

namespace sallyport::store {
namespace {

// No step is done after its deadline, in milliseconds of the Redis clock: a server that was
// suspended still runs the commands it has received, although no request waits for them.
const std::string punctual = R"(
local time = redis.call('TIME')
if time[1] * 1000 + math.floor(time[2] / 1000) >= tonumber(ARGV[#ARGV]) then return {'late'} end
)";

const std::string list = punctual + R"(
local key, now = KEYS[1], tonumber(ARGV[1])
redis.call('ZREMRANGEBYSCORE', key, '-inf', ARGV[1])
redis.call('ZADD', key, ARGV[3], ARGV[2])
local last = redis.call('ZREVRANGE', key, 0, 0, 'WITHSCORES')[2]
redis.call('EXPIRE', key, math.max(tonumber(last) - now, 0) + 60)
return {'done'}
)";

const std::string begin = punctual + R"(
local key = KEYS[1]
if redis.call('EXISTS', key) == 0 then
    redis.call('HSET', key, 'sub', ARGV[2], 'tenant_id', ARGV[3], 'roles', ARGV[4],
        'created_at', ARGV[1], 'ends_at', ARGV[5], 'oldest', ARGV[6],
        'token:' .. ARGV[6], string.format('%s %s 0 ', ARGV[1], ARGV[7]))
    redis.call('EXPIRE', key, math.max(tonumber(ARGV[7]) - tonumber(ARGV[1]), 0) + 60)
end
return {'done'}
)";

// The start of the scripts below: reads the session and its tokens.
const std::string prologue = punctual + R"(
local key, now = KEYS[1], tonumber(ARGV[1])
local s = redis.call('HMGET', key, 'sub', 'tenant_id', 'roles', 'created_at', 'ends_at', 'revoked_at')
if not s[1] then return {'unknown'} end

local function token(jti)
    local text = redis.call('HGET', key, 'token:' .. jti)
    if not text then return nil end
    local created, expires, used, next = string.match(text, '^(%d+) (%d+) (%d+) (.*)$')
    return {created = created, expires = tonumber(expires), used = tonumber(used), next = next}
end

local function answer(kind, jti, t)
    return {kind, s[1], s[2], s[3], s[4], s[5], jti or '', t and t.created or '0',
            t and string.format('%d', t.expires) or '0'}
end
)";

const std::string rotate = prologue + R"(
local jti, successor, wanted, window = ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local function renew()
    if ARGV[6] == '' then return end
    s[2], s[3] = ARGV[7], ARGV[8]
    s[5] = string.format('%d', math.min(tonumber(s[5]), tonumber(ARGV[6])))
    redis.call('HSET', key, 'tenant_id', s[2], 'roles', s[3], 'ends_at', s[5])
end
local t = token(jti)
if not t then return {'unknown'} end
if s[6] then return answer('revoked') end
if now >= t.expires then return answer('expired') end
if t.next ~= '' then
    local n = token(t.next)
    if t.next == successor then
        renew()
        return answer('done', successor, n)
    end
    if window > 0 and now - t.used <= window and n and n.next == '' and now < n.expires then
        renew()
        return answer('repeated', t.next, n)
    end
    redis.call('HSET', key, 'revoked_at', ARGV[1])
    return answer('reused')
end

renew()
local n = {created = ARGV[1], expires = math.min(wanted, tonumber(s[5]))}
redis.call('HSET', key,
    'token:' .. jti, string.format('%s %d %s %s', t.created, t.expires, ARGV[1], successor),
    'token:' .. successor, string.format('%s %d 0 ', ARGV[1], n.expires))

-- Each token has one successor, so that what has expired is at the beginning.
local oldest = redis.call('HGET', key, 'oldest')
for _ = 1, 100 do
    local o = token(oldest)
    if not o or o.next == '' or now < o.expires then break end
    redis.call('HDEL', key, 'token:' .. oldest)
    oldest = o.next
end
redis.call('HSET', key, 'oldest', oldest)
redis.call('EXPIRE', key, math.max(n.expires - now, 0) + 60)
return answer('done', successor, n)
)";

const std::string revoke = prologue + R"(
if ARGV[2] ~= '' and s[2] ~= ARGV[3] then return {'unknown'} end
if ARGV[4] ~= '' and s[1] ~= ARGV[4] then return {'unknown'} end
if s[6] then return answer('revoked') end
redis.call('HSET', key, 'revoked_at', ARGV[1])
return answer('done')
)";

const std::string find = prologue + R"(
local jti = ARGV[2]
local t = jti ~= '' and token(jti) or nil
if jti ~= '' and not t then return {'unknown'} end
local kind = 'done'
if s[6] then kind = 'revoked'
elseif now >= (t and t.expires or tonumber(s[5])) then kind = 'expired'
elseif t and t.next ~= '' then kind = 'spent' end
return answer(kind, jti, t)
)";

} // namespace

const std::string_view list_script = list;
const std::string_view begin_script = begin;
const std::string_view rotate_script = rotate;
const std::string_view revoke_script = revoke;
const std::string_view find_script = find;

} // namespace sallyport::store
