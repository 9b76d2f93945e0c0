/* Names of places in an API's own words. Engines know one form of a conversation, OpenAI's chat,
 * and begin what they say of a fault with its place there ("response_format.json_schema.schema:
 * …"); a client of another API has sent it under another name. Pure. */
#ifndef HEARTH_TASK_FAULT_PLACE_H
#define HEARTH_TASK_FAULT_PLACE_H

#include <stddef.h>

/* Lists end with a row of NULL; the first that fits counts. A `*` stands for a number, which the
 * own name has at its `*`: "tools[*].function.name". */
struct hearth_place_name {
    const char *chat, *own;
};

/* What was said, or a place alone, with the own name at its beginning. `names` may be NULL. */
void hearth_fault_place_rename(const struct hearth_place_name *names, const char *said,
                               char *ret_said, size_t size);

#endif
