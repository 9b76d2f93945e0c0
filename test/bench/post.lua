-- wrk: posts embedding requests with new texts each time. Arguments: model, texts a request, words,
-- encoding format, seed, file of words, "polite" (a client that is refused comes back after the
-- second that Retry-After names at least). Prints how many answers of each status there were.
local words = {}
local model, count, length, format
local refused = 0
local threads = {}
statuses = {}

function setup(thread)
  threads[#threads + 1] = thread
end

function init(args)
  model, count, length, format = args[1], tonumber(args[2]), tonumber(args[3]), args[4]
  for word in io.lines(args[6]) do words[#words + 1] = word end
  math.randomseed(tonumber(args[5]))
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
  if args[7] == "polite" then
    -- wrk asks before the next request of the connection that has just been answered.
    delay = function()
      if refused == 0 then return 0 end
      refused = refused - 1
      return 1000
    end
    response = function(status)
      statuses[status] = (statuses[status] or 0) + 1
      if status == 503 or status == 429 then refused = refused + 1 end
    end
  end
end

local function text()
  local chosen = {}
  for i = 1, length do chosen[i] = words[math.random(#words)] end
  return '"' .. table.concat(chosen, " ") .. '"'
end

function request()
  local texts = {}
  for i = 1, count do texts[i] = text() end
  return wrk.format(nil, nil, nil, '{"model":"' .. model .. '","encoding_format":"' .. format ..
    '","input":[' .. table.concat(texts, ",") .. ']}')
end

function done(summary)
  for _, thread in ipairs(threads) do
    for status, number in pairs(thread:get("statuses")) do
      print("status " .. status .. ": " .. number)
    end
  end
  local e = summary.errors
  print("errors: connect " .. e.connect .. ", read " .. e.read .. ", write " .. e.write ..
    ", timeout " .. e.timeout)
end
