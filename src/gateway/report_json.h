/* A served model as /admin/ps and /health show it. */
#ifndef HEARTH_GATEWAY_REPORT_JSON_H
#define HEARTH_GATEWAY_REPORT_JSON_H

#include "base/json.h"
#include "gateway/scheduler.h"

json_t *hearth_report_json(const struct hearth_model_report *report);

#endif
