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
        'created_at', ARGV[1], 'ends_at', ARGV[5], 'oldest', ARGV[6], 'latest', ARGV[6],
        'token:' .. ARGV[6], string.format('%s %s 0 ', ARGV[1], ARGV[7]), 'client', ARGV[8])
    redis.call('EXPIRE', key, math.max(tonumber(ARGV[7]) - tonumber(ARGV[1]), 0) + 60)
end
return {'done'}
)";

// The start of the scripts below: reads the session and its tokens. Sessions of earlier versions
// have no "client".
const std::string prologue = punctual + R"(
local key, now = KEYS[1], tonumber(ARGV[1])
local s = redis.call('HMGET', key, 'sub', 'tenant_id', 'roles', 'created_at', 'ends_at', 'revoked_at',
    'client')
if not s[1] then return {'unknown'} end

local function token(jti)
    local text = redis.call('HGET', key, 'token:' .. jti)
    if not text then return nil end
    local created, expires, used, next = string.match(text, '^(%d+) (%d+) (%d+) (.*)$')
    return {created = created, expires = tonumber(expires), used = tonumber(used), next = next}
end

local function answer(kind, jti, t)
    return {kind, s[1], s[2], s[3], s[4], s[5], jti or '', t and t.created or '0',
            t and string.format('%d', t.expires) or '0', s[7] or ''}
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
redis.call('HSET', key, 'oldest', oldest, 'latest', successor)
redis.call('EXPIRE', key, math.max(n.expires - now, 0) + 60)
return answer('done', successor, n)
)";

const std::string revoke = prologue + R"(
if ARGV[2] ~= '' and s[2] ~= ARGV[3] then return {'unknown'} end
if ARGV[4] ~= '' and s[1] ~= ARGV[5] then return {'unknown'} end
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

// Sessions of earlier versions have no "latest" until their next rotation.
const std::string latest = prologue + R"(
if s[2] ~= ARGV[2] or s[1] ~= ARGV[3] then return {'unknown'} end
if s[6] then return answer('revoked') end
local l = redis.call('HMGET', key, 'latest', 'oldest')
local jti = l[1] or l[2]
local t = token(jti)
while t and t.next ~= '' do
    jti = t.next
    t = token(jti)
end
if not t or now >= t.expires then return answer('expired') end
return answer('done', jti, t)
)";

// The start of the scripts about revocations. Redis evicts or loses a key as a whole, so the counts
// tell. Times are digits of the same width, because Lua's numbers are not exact enough.
const std::string revocations = punctual + R"(
local list, entries, versions, ends, now = KEYS[1], KEYS[2], KEYS[3], KEYS[4], ARGV[2]
local l = redis.call('HMGET', list, 'epoch', 'version', 'count')
local count = redis.call('HLEN', entries)
if not l[1] or tonumber(l[3]) ~= count or redis.call('ZCARD', versions) ~= count
        or redis.call('ZCARD', ends) ~= count then
    redis.call('DEL', list, entries, versions, ends)
    redis.call('HSET', list, 'epoch', ARGV[1], 'version', '0', 'count', '0')
    l, count = {ARGV[1], '0', '0'}, 0
end
local epoch, version = l[1], tonumber(l[2])

local function number(value) return string.format('%.0f', value) end

local function find(key)
    local text = redis.call('HGET', entries, key)
    if not text then return nil end
    local shape, issued, over, kept, removed =
        string.match(text, '^(%d%d%d)(' .. string.rep('%d', 20) .. ')(' ..
            string.rep('%d', 20) .. ')(' .. string.rep('%d', 20) .. ')(%d)$')
    if kept <= now then return nil end
    return {shape = shape, issued = issued, over = over, kept = kept, removed = removed == '1',
            in_force = removed == '0' and over > now}
end

local function keep(key, r)
    version = version + 1
    count = count + redis.call('HSET', entries, key,
        r.shape .. r.issued .. r.over .. r.kept .. (r.removed and '1' or '0'))
    redis.call('ZADD', versions, number(version), key)
    redis.call('ZADD', ends, r.kept, key)
end

local function save()
    redis.call('HSET', list, 'version', number(version), 'count', number(count))
end
)";

const std::string add_revocations = revocations + R"(
local function later(one, other) return one < other and other or one end

for _, key in ipairs(redis.call('ZRANGEBYSCORE', ends, '-inf', now, 'LIMIT', 0, #ARGV + 100)) do
    redis.call('HDEL', entries, key)
    redis.call('ZREM', versions, key)
    redis.call('ZREM', ends, key)
    count = count - 1
end
for i = 4, #ARGV - 1 do
    local key = string.sub(ARGV[i], 1, 32)
    local shape, issued, over =
        string.sub(ARGV[i], 33, 35), string.sub(ARGV[i], 36, 55), string.sub(ARGV[i], 56)
    local r = {shape = shape, issued = issued, over = over, kept = over}
    local known = find(key)
    local news = true
    if known then
        r.kept = later(over, known.kept)
        news = known.in_force or ARGV[3] == ''
    end
    if known and known.in_force then
        r.issued, r.over = later(issued, known.issued), later(over, known.over)
        news = r.issued ~= known.issued or r.over ~= known.over
    end
    if news then keep(key, r) end
end
save()
return {'done'}
)";

const std::string remove_revocation = revocations + R"(
local known = find(ARGV[3])
if not known or not (known.in_force or known.removed) then return {'unknown'} end
if not known.removed then
    known.removed = true
    keep(ARGV[3], known)
    save()
end
return {'done'}
)";

const std::string read_revocations = revocations + R"(
epoch = epoch .. ARGV[3]
local from, most = tonumber(ARGV[5]), tonumber(ARGV[6])
local whole = ARGV[4] ~= epoch or from > version
if whole then from = 0 end
local keys = {}
if from ~= version then
    keys = redis.call('ZRANGEBYSCORE', versions, '(' .. number(from), '+inf', 'LIMIT', 0, most)
end
local more = #keys == most
if more then version = tonumber(redis.call('ZSCORE', versions, keys[most])) end
local answer = {'done', epoch, number(version), whole and '1' or '0', more and '1' or '0'}
for first = 1, #keys, 1000 do
    local last = math.min(first + 999, #keys)
    for i, text in ipairs(redis.call('HMGET', entries, unpack(keys, first, last))) do
        answer[#answer + 1] = keys[first + i - 1] .. text
    end
end
return answer
)";

} // namespace

const std::string_view list_script = list;
const std::string_view begin_script = begin;
const std::string_view rotate_script = rotate;
const std::string_view revoke_script = revoke;
const std::string_view find_script = find;
const std::string_view latest_script = latest;
const std::string_view add_revocations_script = add_revocations;
const std::string_view remove_revocation_script = remove_revocation;
const std::string_view read_revocations_script = read_revocations;

} // namespace sallyport::store
