/* Room for new records of a kind that is full: the oldest that are over give way, so that a store
 * which clients cannot tidy up themselves never locks them out.
 *
 * On the store's lane. */
#ifndef HEARTH_STORE_RECORD_ROOM_H
#define HEARTH_STORE_RECORD_ROOM_H

#include "store/record.h"

/* As hearth_store_record_create. `over` are the labels of records that may go, up to a NULL; NULL
 * itself: any may. Where none of them is left, it stays HEARTH_EQUEUEFULL. */
int hearth_record_room_create(struct hearth_store *store, const struct hearth_record *record,
                              const struct hearth_record_bounds *bounds, const char *const *over,
                              struct hearth_error *error);

#endif
