-- A stream of one request. One line at its end: requests, microseconds, answers that were not good,
-- failed connections, p50 and p99 of the latency in microseconds.
-- wrk -s stream.lua URL
function done(summary, latency)
    local e = summary.errors
    io.write(string.format("stream %d %d %d %d %d %d\n", summary.requests, summary.duration, e.status,
                           e.connect + e.read + e.write + e.timeout, latency:percentile(50),
                           latency:percentile(99)))
end
