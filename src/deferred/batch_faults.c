/* What is wrong with a batch, as the `errors` of what its client sees. */
#include "deferred/batch.h"

void hearth_batch_tell_fault(const struct hearth_batch *batch, const char *code,
                             const char *message)
{
    json_t *row =
        json_pack("{s:n, s:s, s:s, s:n}", "line", "code", code, "message", message, "param");
    json_object_set_new(batch->shown, "errors",
                        json_pack("{s:s, s:[o]}", "object", "list", "data", row));
}

void hearth_batch_tell_faults(const struct hearth_batch *batch)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < batch->lines.fault_count; i++) {
        const struct hearth_batch_fault *fault = &batch->lines.faults[i];
        json_array_append_new(rows, json_pack("{s:o, s:s, s:s, s:s?}", "line",
                                              fault->line ? json_integer(fault->line) : json_null(),
                                              "code", fault->code, "message", fault->message,
                                              "param", fault->param));
    }
    json_object_set_new(batch->shown, "errors",
                        json_pack("{s:s, s:o}", "object", "list", "data", rows));
}
