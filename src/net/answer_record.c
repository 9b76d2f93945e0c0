#include "net/answer_record.h"

#include <stdio.h>
#include <string.h>

void hearth_answer_record_init(struct hearth_answer_record *record, size_t body_max)
{
    *record = (struct hearth_answer_record){.status = 0};
    hearth_buf_init(&record->body, body_max);
}

void hearth_answer_record_finish(struct hearth_answer_record *record)
{
    json_decref(record->headers);
    record->headers = NULL;
    hearth_buf_finish(&record->body);
}

/* What belongs to the one exchange is not kept: who may read it, how it is encoded there, and what
 * tells it apart from others. */
static bool is_kept(const char *name)
{
    static const char *const passing[] = {
        "content-length", "content-encoding", "x-request-id", "date", "vary", "connection"};
    if (strncmp(name, "access-control-", 15) == 0)
        return false;
    for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++)
        if (strcmp(name, passing[i]) == 0)
            return false;
    return true;
}

void hearth_answer_record_begin(void *argument, int status, const char *type,
                                const struct hearth_header *headers, size_t count)
{
    struct hearth_answer_record *record = argument;
    record->status = status;
    snprintf(record->type, sizeof(record->type), "%s", type ? type : "");
    record->headers = json_object();
    for (size_t i = 0; i < count; i++)
        if (is_kept(headers[i].name))
            json_object_set_new(record->headers, headers[i].name, json_string(headers[i].value));
}

/* Too much marks the buffer as failed; the owner looks at the end. */
void hearth_answer_record_bytes(void *argument, const void *bytes, size_t length)
{
    struct hearth_answer_record *record = argument;
    hearth_buf_append(&record->body, bytes, length);
}
