-- One request after the other from a file: method, path, bearer, body, basic, the body's type and other headers,
-- separated by tabs.
-- With "once" none is sent twice: when all are sent the thread stops, and the rate is taken over the time until then.
local ffi = require("ffi")
ffi.cdef [[
  struct moment { long seconds; long nanoseconds; };
  int clock_gettime(int clock, struct moment *now);
]]
local MONOTONIC = 1
local requests, at, once, began = {}, 0, false, nil
local thread
elapsed = 0  -- microseconds; global, because `done` runs in another Lua state and reads it through the thread

local function now()
  local moment = ffi.new("struct moment")
  ffi.C.clock_gettime(MONOTONIC, moment)
  return tonumber(moment.seconds) * 1e6 + tonumber(moment.nanoseconds) / 1e3
end
function setup(made)
  thread = made
end
function init(args)
  for line in io.lines(args[1]) do
    local part = "([^\t]*)"
    local pattern = table.concat({ part, part, part, part, part, part, part }, "\t")
    local method, path, bearer, body, basic, media_type, more = line:match(pattern)
    local headers = { ["Content-Type"] = media_type }
    if bearer ~= "" then headers["Authorization"] = "Bearer " .. bearer end
    if basic ~= "" then headers["Authorization"] = "Basic " .. basic end
    for name, value in more:gmatch("([^:; ]+): ([^;]+)") do headers[name] = value end
    requests[#requests + 1] = wrk.format(method, path, headers, body ~= "" and body or nil)
  end
  once = args[2] == "once"
end
function request()
  if not began then began = now() end
  if once and at == #requests then
    elapsed = now() - began
    wrk.thread:stop()
  end
  at = at % #requests + 1
  return requests[at]
end
function done(summary, latency, _)
  local bad = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout
  local duration = thread:get("elapsed")
  if duration == 0 then duration = summary.duration end
  io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, duration, bad,
    latency:percentile(50), latency:percentile(99)))
end
