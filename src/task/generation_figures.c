/* What writers ask of a generation: counts, times and names. */
#include "base/clock.h"
#include "task/generation.h"
#include "task/timings.h"

static uint64_t now_us(void)
{
    return hearth_clock_monotonic_ns() / 1000;
}

uint32_t hearth_character_count(const char *text, size_t length)
{
    uint32_t count = 0;
    for (size_t i = 0; i < length; i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

const char *hearth_generation_version(const struct hearth_generation *generation)
{
    return generation->answering.call->model;
}

uint64_t hearth_generation_took_us(const struct hearth_generation *generation)
{
    return now_us() - generation->answering.call->started_us;
}

/* What the engine counts is known at the end. */
void hearth_generation_write_timings(const struct hearth_choice *choice, struct hearth_buf *buf)
{
    const struct hearth_inference_done so_far = {
        .prompt_tokens = choice->done.prompt_tokens,
        .completion_tokens = choice->tokens,
        .prefill_us = choice->first_us - choice->prepared_us,
        .decode_us = choice->first_us ? now_us() - choice->first_us : 0,
    };
    if (!choice->generation->timings)
        return;
    hearth_buf_text(buf, ",\"timings\":");
    hearth_timings_write(choice->done.finish ? &choice->done : &so_far, buf);
}

void hearth_generation_write_progress(const struct hearth_choice *choice,
                                      const struct hearth_event *event, struct hearth_buf *buf)
{
    hearth_buf_text(buf, ",\"prompt_progress\":");
    hearth_progress_write(event, now_us() - choice->prepared_us, buf);
}

/* As OpenAI counts: each prompt once, however many choices were made of it. */
struct hearth_usage hearth_generation_usage(const struct hearth_generation *generation)
{
    struct hearth_usage usage = {0};
    for (uint32_t i = 0; i < generation->choice_count; i++) {
        const struct hearth_inference_done *done = &generation->choices[i].done;
        usage.completion_tokens += done->completion_tokens;
        usage.reasoning_tokens += generation->choices[i].reasoning_tokens;
        /* The choices of one input share its prompt. */
        if (i % generation->n)
            continue;
        usage.prompt_tokens += done->prompt_tokens;
        usage.cached_tokens += done->cached_tokens;
    }
    return usage;
}

const char *hearth_finish_name(enum hearth_finish finish)
{
    switch (finish) {
    case HEARTH_FINISH_LENGTH:
        return "length";
    case HEARTH_FINISH_TOOLS:
        return "tool_calls";
    default:
        return "stop";
    }
}
