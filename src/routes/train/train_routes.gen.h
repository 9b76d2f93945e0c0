/* Made by scripts/generate from api/routes.json; do not edit. */
#ifndef HEARTH_ROUTES_TRAIN_TRAIN_ROUTES_GEN_H
#define HEARTH_ROUTES_TRAIN_TRAIN_ROUTES_GEN_H

struct hearth_call;

void hearth_route_datasets_create(struct hearth_call *call);
void hearth_route_datasets_list(struct hearth_call *call);
void hearth_route_datasets_show(struct hearth_call *call);
void hearth_route_datasets_preview(struct hearth_call *call);
void hearth_route_datasets_tokens(struct hearth_call *call);
void hearth_route_datasets_delete(struct hearth_call *call);
void hearth_route_jobs_create(struct hearth_call *call);
void hearth_route_jobs_list(struct hearth_call *call);
void hearth_route_jobs_show(struct hearth_call *call);
void hearth_route_jobs_logs(struct hearth_call *call);
void hearth_route_jobs_events(struct hearth_call *call);
void hearth_route_jobs_cancel(struct hearth_call *call);
void hearth_route_jobs_pause(struct hearth_call *call);
void hearth_route_jobs_resume(struct hearth_call *call);
void hearth_route_fine_tuning_create(struct hearth_call *call);
void hearth_route_fine_tuning_list(struct hearth_call *call);
void hearth_route_fine_tuning_show(struct hearth_call *call);
void hearth_route_fine_tuning_events(struct hearth_call *call);
void hearth_route_fine_tuning_checkpoints(struct hearth_call *call);
void hearth_route_fine_tuning_cancel(struct hearth_call *call);
void hearth_route_fine_tuning_pause(struct hearth_call *call);
void hearth_route_fine_tuning_resume(struct hearth_call *call);

#endif
