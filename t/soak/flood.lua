-- Revokes as many tokens, at the pace of a clock.
-- wrk -t 1 -s flood.lua URL -- RATE COUNT NAME [UNTIL]: the tokens are NAME1, NAME2 ... Ends with a line "flood ANSWERS
-- SECONDS ERRORS". An end in the past revokes nothing. SUPPORT has the credentials of the caller.

local ffi = require("ffi")
ffi.cdef("typedef struct { long seconds, nanoseconds; } moment; int clock_gettime(int clock, moment *to);")
local moment = ffi.new("moment")

local function now()
    ffi.C.clock_gettime(1, moment)
    return tonumber(moment.seconds) + tonumber(moment.nanoseconds) / 1e9
end

local rate, count, name, rest, begin
local fields = { ["Content-Type"] = "application/json", Authorization = "Basic " .. os.getenv("SUPPORT") }
local asked, due, answered, errors = 0, 0, 0, 0

function init(args)
    rate, count, name = tonumber(args[1]), tonumber(args[2]), args[3]
    rest = args[4] and '","until":' .. args[4] .. "}" or '"}'
    fields.Host = wrk.host
    begin = now()
end

function delay()
    due = due + 1 / rate
    return math.max(0, (begin + due - now()) * 1000)
end

function request()
    asked = math.min(asked + 1, count)
    return wrk.format("POST", nil, fields, '{"jti":"' .. name .. asked .. rest)
end

function response(status)
    answered = answered + 1
    if status ~= 200 then
        errors = errors + 1
    end
    if answered == count then
        io.write(string.format("flood %d %.3f %d\n", answered, now() - begin, errors))
        io.flush()
        os.exit(0)
    end
end
