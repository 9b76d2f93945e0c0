#include "routes/ollama/ollama_write.h"

#include "base/clock.h"
#include "task/token_json.h"

enum { ENTRIES_MAX = 16 << 20 };

void hearth_ollama_write_head(const char *model, struct hearth_buf *buf)
{
    char now[25];
    hearth_clock_iso8601(hearth_clock_wall_ms(), now);
    hearth_buf_text(buf, "{\"model\":");
    hearth_json_write_text(buf, model);
    hearth_buf_printf(buf, ",\"created_at\":\"%s\"", now);
}

/* Ollama knows "stop" and "length"; an answer that calls tools has stopped too. */
void hearth_ollama_write_end(const struct hearth_choice *choice, struct hearth_buf *buf)
{
    const struct hearth_inference_done *done = &choice->done;
    uint64_t total_us = hearth_generation_took_us(choice->generation);
    hearth_buf_printf(buf,
                      ",\"done\":true,\"done_reason\":\"%s\",\"total_duration\":%llu,"
                      "\"load_duration\":%llu,\"prompt_eval_count\":%u,"
                      "\"prompt_eval_duration\":%llu,\"eval_count\":%u,\"eval_duration\":%llu}",
                      done->finish == HEARTH_FINISH_LENGTH ? "length" : "stop",
                      (unsigned long long)total_us * 1000, (unsigned long long)done->load_us * 1000,
                      done->prompt_tokens, (unsigned long long)done->prefill_us * 1000,
                      done->completion_tokens, (unsigned long long)done->decode_us * 1000);
}

void hearth_ollama_keep(struct hearth_choice *choice, const struct hearth_event *event)
{
    struct hearth_ollama_kept *kept = choice->kept;
    if (!choice->generation->logprobs)
        return;
    if (!kept->begun)
        hearth_buf_init(&kept->entries, ENTRIES_MAX);
    kept->begun = true;
    hearth_tokens_json_write(event, false, kept->entries.length == 0, &kept->entries);
}

void hearth_ollama_forget(struct hearth_choice *choice)
{
    hearth_buf_finish(&((struct hearth_ollama_kept *)choice->kept)->entries);
}

void hearth_ollama_write_logprobs(const struct hearth_choice *choice,
                                  const struct hearth_event *event, struct hearth_buf *buf)
{
    const struct hearth_ollama_kept *kept = choice->kept;
    if (!choice->generation->logprobs || (event && !event->has_tokens))
        return;
    hearth_buf_text(buf, ",\"logprobs\":[");
    if (event)
        hearth_tokens_json_write(event, false, true, buf);
    else
        hearth_buf_append(buf, kept->entries.bytes, kept->entries.length);
    hearth_buf_char(buf, ']');
}
