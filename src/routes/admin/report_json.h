/* A served model as JSON, in the form in which /admin/ps shows it. Loop thread only. */
#ifndef HEARTH_ROUTES_ADMIN_REPORT_JSON_H
#define HEARTH_ROUTES_ADMIN_REPORT_JSON_H

#include "base/json.h"
#include "serving/scheduler.h"

/* A new reference. Times that have not been are null, texts that there are not are "". */
json_t *hearth_report_json(const struct hearth_model_report *report);

#endif
