-- The load on a token endpoint.
-- wrk -s tokens.lua URL -- ENDPOINT FILE; the file has one refresh token a line.
--
-- A refresh takes one of the tokens that nobody uses, and its answer brings another one.

local login = '{"username":"alice","password":"wonderland"}'
local tokens, n = {}, 0

local function post(body, authorization)
    return wrk.format("POST", nil, {
        Host = wrk.host, ["Content-Type"] = "application/json", Authorization = authorization
    }, body)
end

local requests = {
    login = function() return post(login) end,
    refresh = function() return post('{"refresh_token":"' .. (table.remove(tokens) or "") .. '"}') end,
    introspect = function()
        n = n % #tokens + 1
        return post('{"token":"' .. tokens[n] .. '"}', "Basic YWxpY2U6d29uZGVybGFuZA==")
    end
}

function init(args)
    local endpoint = args[1]
    for token in io.lines(args[2]) do
        tokens[#tokens + 1] = token
    end
    request = requests[endpoint]
    if endpoint == "refresh" then
        response = function(status, headers, body)
            tokens[#tokens + 1] = body:match('"refresh_token":"([^"]+)"')
        end
    end
end

-- As in stream.lua.
function done(summary, latency)
    local e = summary.errors
    io.write(string.format("stream %d %d %d %d %d %d\n", summary.requests, summary.duration, e.status,
                           e.connect + e.read + e.write + e.timeout, latency:percentile(50),
                           latency:percentile(99)))
end
