#include "task/timings.h"

#include "base/json.h"

/* `count` tokens, of which `timed` took the time: that of each, and how many in a second; 0 where
 * nothing was timed. */
static void write_part(const char *name, uint32_t count, uint32_t timed, uint64_t us,
                       struct hearth_buf *buf)
{
    double ms = (double)us / 1000;
    hearth_buf_printf(buf, ",\"%s_n\":%u,\"%s_ms\":", name, count, name);
    hearth_json_write_double(buf, ms);
    hearth_buf_printf(buf, ",\"%s_per_token_ms\":", name);
    hearth_json_write_double(buf, timed ? ms / timed : 0);
    hearth_buf_printf(buf, ",\"%s_per_second\":", name);
    hearth_json_write_double(buf, us ? 1e6 * timed / (double)us : 0);
}

void hearth_timings_write(const struct hearth_inference_done *done, struct hearth_buf *buf)
{
    uint32_t cached = done->cached_tokens < done->prompt_tokens ? done->cached_tokens : 0;
    hearth_buf_printf(buf, "{\"cache_n\":%u", cached);
    uint32_t read = done->prompt_tokens - cached, written = done->completion_tokens;
    write_part("prompt", read, read, done->prefill_us, buf);
    /* The first token comes with the end of the prompt: it took no time of its own. */
    write_part("predicted", written, written ? written - 1 : 0, done->decode_us, buf);
    if (done->drafted_tokens)
        hearth_buf_printf(buf, ",\"draft_n\":%u,\"draft_n_accepted\":%u", done->drafted_tokens,
                          done->accepted_tokens);
    hearth_buf_char(buf, '}');
}

void hearth_progress_write(const struct hearth_event *event, uint64_t us, struct hearth_buf *buf)
{
    hearth_buf_printf(buf, "{\"total\":%u,\"cache\":%u,\"processed\":%u,\"time_ms\":",
                      event->prompt_tokens, event->cached_tokens, event->token_count);
    hearth_json_write_double(buf, (double)us / 1000);
    hearth_buf_char(buf, '}');
}
