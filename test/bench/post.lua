-- wrk: posts embedding requests with new texts each time. Arguments: model, texts a request, words,
-- encoding format, seed.
local words = {}
local model, count, length, format

function init(args)
  model, count, length, format = args[1], tonumber(args[2]), tonumber(args[3]), args[4]
  for word in io.lines(args[6]) do words[#words + 1] = word end
  math.randomseed(tonumber(args[5]))
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
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
