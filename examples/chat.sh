#!/bin/sh
# The same with curl: a streamed answer as it comes over the wire.
#
#     sh examples/chat.sh "What language is spoken in Brazil?"
url=${HEARTH_URL:-http://127.0.0.1:8080}
question=${1:-What language is spoken in Brazil?}
curl --no-buffer --fail-with-body -sS "$url/v1/chat/completions" -H 'Content-Type: application/json' -d @- <<JSON
{"model": "${HEARTH_MODEL:-smollm2}", "stream": true, "temperature": 0, "max_tokens": 60,
 "messages": [{"role": "user", "content": "$question"}]}
JSON
