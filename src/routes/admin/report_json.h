/* A served model as /admin/ps and /health show it. */
#ifndef HEARTH_ROUTES_ADMIN_REPORT_JSON_H
#define HEARTH_ROUTES_ADMIN_REPORT_JSON_H

#include "base/json.h"
#include "serving/scheduler.h"

json_t *hearth_report_json(const struct hearth_model_report *report);

#endif
