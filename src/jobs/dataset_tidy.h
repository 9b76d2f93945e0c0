/* Uploads that the last server was ended under: whole, and nobody's yet. */
#ifndef HEARTH_JOBS_DATASET_TIDY_H
#define HEARTH_JOBS_DATASET_TIDY_H

struct hearth_store;

#define HEARTH_DATASET_UPLOAD_PREFIX "data-" /* of the files' names */

/* Deletes those that no data set names, on the store's lane; the folder is copied. Before the first
 * upload of this server. Loop thread only. */
void hearth_dataset_tidy(struct hearth_store *store, const char *folder);

#endif
