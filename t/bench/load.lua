-- The load: the requests of a file, one after another, again and again.
-- wrk -s load.lua URL -- FILE; the file has a value of Authorization a line, and perhaps, after a tab, one of DPoP.

local requests, n = {}, 0

function init(args)
    for credential in io.lines(args[1]) do
        local authorization, proof = credential:match("^([^\t]*)\t?(.*)$")
        local fields = { Host = wrk.host, Authorization = authorization, DPoP = proof ~= "" and proof or nil }
        requests[#requests + 1] = wrk.format("GET", nil, fields)
    end
end

function request()
    n = n % #requests + 1
    return requests[n]
end

-- One line for t/bench/servers: requests, microseconds, answers that were not good, failed connections.
function done(summary)
    local e = summary.errors
    io.write(string.format("load %d %d %d %d\n", summary.requests, summary.duration, e.status,
                           e.connect + e.read + e.write + e.timeout))
end
