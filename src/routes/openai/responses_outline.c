/* Which items an answer of the Responses API has, and where each lies in what was collected. */
#include "base/memory.h"
#include "routes/openai/openai_write.h"
#include "routes/openai/responses_write.h"

#include <string.h>

enum {
    ITEMS_MAX = 1024, /* more than an answer has calls; further ones go on in the last */
    LOGPROBS_MAX = 16 << 20,
};

static struct hearth_response *of(const struct hearth_choice *choice)
{
    return choice->kept;
}

static bool add_item(struct hearth_choice *choice, enum hearth_text_channel channel)
{
    struct hearth_response *response = of(choice);
    if (response->item_count == ITEMS_MAX)
        return false;
    if (response->item_count == response->item_capacity) {
        response->item_capacity = response->item_capacity * 2 + 4;
        response->outline =
            hearth_realloc(response->outline, response->item_capacity * sizeof(*response->outline));
    }
    bool thought = channel == HEARTH_CHANNEL_REASONING;
    /* A token that brought no text yet, half a character, belongs to what it begins. */
    size_t logprobs = response->item_count ? response->logprobs.length : 0;
    response->outline[response->item_count++] = (struct hearth_response_item){
        .channel = channel,
        .start = thought ? choice->reasoning.length : choice->text.length,
        .logprobs = logprobs,
        .call = choice->call_count ? choice->call_count - 1 : 0};
    return true;
}

/* Whether the event begins an item, which is added. */
static bool begin(struct hearth_choice *choice, const struct hearth_event *event)
{
    const struct hearth_response *response = of(choice);
    const struct hearth_response_item *last =
        response->item_count ? &response->outline[response->item_count - 1] : NULL;
    if (event->channel == HEARTH_CHANNEL_ARGUMENTS || !event->bytes.length)
        return false;
    if (event->channel == HEARTH_CHANNEL_CALL)
        return choice->call_count && add_item(choice, HEARTH_CHANNEL_CALL);
    if (last && last->channel == event->channel)
        return false;
    return add_item(choice, event->channel);
}

/* Those of messages alone; tokens of the marks around thoughts and calls belong to nothing that is
 * shown. */
static void note_logprobs(struct hearth_choice *choice, const struct hearth_event *event)
{
    struct hearth_response *response = of(choice);
    const struct hearth_response_item *last =
        response->item_count ? &response->outline[response->item_count - 1] : NULL;
    if (!choice->generation->logprobs || !event->has_tokens ||
        event->channel != HEARTH_CHANNEL_CONTENT || (last && last->channel != event->channel))
        return;
    if (!response->logprobs.max)
        hearth_buf_init(&response->logprobs, LOGPROBS_MAX);
    for (uint32_t i = 0; i < event->token_count; i++) {
        hearth_buf_char(&response->logprobs, ',');
        hearth_openai_write_scored(&response->logprobs, &event->tokens[i]);
    }
    if (response->logprobs.failed)
        choice->failed = response->logprobs.failed;
}

bool hearth_response_note(struct hearth_choice *choice, const struct hearth_event *event)
{
    bool begun = begin(choice, event);
    note_logprobs(choice, event);
    return begun;
}

bool hearth_response_note_nothing(struct hearth_choice *choice)
{
    return !of(choice)->item_count && add_item(choice, HEARTH_CHANNEL_CONTENT);
}

/* The next item of the same channel, whose text lies behind that of this one; or NULL. */
static const struct hearth_response_item *next_of(const struct hearth_response *response,
                                                  uint32_t index)
{
    for (uint32_t i = index + 1; i < response->item_count; i++)
        if (response->outline[i].channel == response->outline[index].channel)
            return &response->outline[i];
    return NULL;
}

static struct hearth_bytes slice(const struct hearth_buf *all, size_t start, size_t end)
{
    return (struct hearth_bytes){all->bytes ? all->bytes + start : NULL, end - start};
}

struct hearth_bytes hearth_response_item_text(const struct hearth_choice *choice, uint32_t index)
{
    const struct hearth_response *response = of(choice);
    const struct hearth_response_item *item = &response->outline[index];
    const struct hearth_response_item *next = next_of(response, index);
    if (item->channel == HEARTH_CHANNEL_CALL) {
        const struct hearth_buf *arguments = &choice->calls[item->call].arguments;
        return (struct hearth_bytes){arguments->bytes, arguments->length};
    }
    const struct hearth_buf *all =
        item->channel == HEARTH_CHANNEL_REASONING ? &choice->reasoning : &choice->text;
    return slice(all, item->start, next ? next->start : all->length);
}

/* Each entry has a comma before it, which the first of an item does without. */
static struct hearth_bytes entries(const struct hearth_buf *all, size_t start, size_t end)
{
    return end > start ? slice(all, start + 1, end) : (struct hearth_bytes){"", 0};
}

struct hearth_bytes hearth_response_item_logprobs(const struct hearth_choice *choice,
                                                  uint32_t index)
{
    const struct hearth_response *response = of(choice);
    const struct hearth_response_item *next = next_of(response, index);
    return entries(&response->logprobs, response->outline[index].logprobs,
                   next ? next->logprobs : response->logprobs.length);
}

struct hearth_bytes hearth_response_fresh_logprobs(const struct hearth_choice *choice)
{
    struct hearth_response *response = of(choice);
    size_t start = response->outline[response->item_count - 1].logprobs;
    if (response->logprobs_told > start)
        start = response->logprobs_told;
    response->logprobs_told = response->logprobs.length;
    return entries(&response->logprobs, start, response->logprobs.length);
}

void hearth_response_write_item_id(const struct hearth_choice *choice, uint32_t index,
                                   struct hearth_buf *buf)
{
    static const char *const prefixes[] = {[HEARTH_CHANNEL_CONTENT] = "msg",
                                           [HEARTH_CHANNEL_REASONING] = "rs",
                                           [HEARTH_CHANNEL_CALL] = "fc"};
    const char *digits = choice->generation->id + strlen(hearth_openai_responses.id_prefix);
    hearth_buf_printf(buf, "\"%s_%s_%u\"", prefixes[of(choice)->outline[index].channel], digits,
                      index);
}
