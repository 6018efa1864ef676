-- Logins of a known user with passwords that are wrong, each of them new.
-- wrk -s storm.lua URL; its last line: requests, answers 401, failed connections.
local n = 0

local function base64(text)
    local alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return (text:gsub("...", function(three)
        local a, b, c = three:byte(1, 3)
        local word = a * 65536 + b * 256 + c
        local out = ""
        for shift = 18, 0, -6 do
            local i = math.floor(word / 2 ^ shift) % 64 + 1
            out = out .. alphabet:sub(i, i)
        end
        return out
    end))
end

function request()
    n = n + 1
    -- As long as a multiple of three, so that nothing has to be padded.
    return wrk.format("GET", nil, { Authorization = "Basic " .. base64(string.format("bob:wrong-%011d", n)) })
end

refused = 0

function response(status)
    if status == 401 then
        refused = refused + 1
    end
end

local threads = {}

function setup(thread)
    threads[#threads + 1] = thread
end

function done(summary)
    local all, e = 0, summary.errors
    for _, thread in ipairs(threads) do
        all = all + thread:get("refused")
    end
    io.write(string.format("storm %d %d %d\n", summary.requests, all, e.connect + e.read + e.write))
end
