#include "cli/print_json.h"

#include <stdio.h>

/* Written in one piece: what does not fit is told as an error and is not cut in the middle. */
int hearth_print_json(json_t *value, struct hearth_error *error)
{
    struct hearth_buf text;
    hearth_buf_init(&text, 256u << 20);
    int rc = value ? hearth_json_dump(&text, value) : HEARTH_ENOMEM;
    if (rc)
        hearth_error_set(error, rc, "the answer cannot be written as JSON");
    else
        printf("%.*s\n", (int)text.length, text.bytes);
    hearth_buf_finish(&text);
    json_decref(value);
    return rc;
}
