/* The results of a job as a file of /v1/files: its metrics by step, as CSV. Made when somebody
 * first asks for a job that has succeeded. Loop thread only. */
#ifndef HEARTH_ROUTES_TRAIN_FINE_TUNING_RESULTS_H
#define HEARTH_ROUTES_TRAIN_FINE_TUNING_RESULTS_H

#include "store/record.h"

struct hearth_gateway;

/* Tells the file's id, exactly once and not from within; NULL: this home knows no metrics of the
 * job, or there is no room for the file (the log says so), and the next who asks tries again. The
 * record is copied. */
void hearth_fine_tuning_results_make(struct hearth_gateway *gateway,
                                     const struct hearth_record *record,
                                     void (*on_made)(void *argument, const char *file_id),
                                     void *argument);

#endif
