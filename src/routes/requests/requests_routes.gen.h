/* Made by scripts/generate from api/routes.json; do not edit. */
#ifndef HEARTH_ROUTES_REQUESTS_REQUESTS_ROUTES_GEN_H
#define HEARTH_ROUTES_REQUESTS_REQUESTS_ROUTES_GEN_H

struct hearth_call;

void hearth_route_requests_list(struct hearth_call *call);
void hearth_route_requests_show(struct hearth_call *call);
void hearth_route_requests_result(struct hearth_call *call);
void hearth_route_requests_cancel(struct hearth_call *call);
void hearth_route_files_upload(struct hearth_call *call);
void hearth_route_files_list(struct hearth_call *call);
void hearth_route_files_show(struct hearth_call *call);
void hearth_route_files_content(struct hearth_call *call);
void hearth_route_files_delete(struct hearth_call *call);
void hearth_route_batches_create(struct hearth_call *call);
void hearth_route_batches_list(struct hearth_call *call);
void hearth_route_batches_show(struct hearth_call *call);
void hearth_route_batches_cancel(struct hearth_call *call);

#endif
