-- One request after the other from a file: method, path, bearer, body, separated by tabs.
local requests, at = {}, 0
function init(args)
  for line in io.lines(args[1]) do
    local method, path, bearer, body = line:match("([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)")
    local headers = { ["Content-Type"] = "application/json" }
    if bearer ~= "" then headers["Authorization"] = "Bearer " .. bearer end
    requests[#requests + 1] = wrk.format(method, path, headers, body ~= "" and body or nil)
  end
end
function request()
  at = at % #requests + 1
  return requests[at]
end
function done(summary, latency, _)
  local bad = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout
  io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration, bad,
    latency:percentile(50), latency:percentile(99)))
end
