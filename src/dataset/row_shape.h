/* What a row is by its members, and the form that the rest of the program knows. Pure. */
#ifndef HEARTH_DATASET_ROW_SHAPE_H
#define HEARTH_DATASET_ROW_SHAPE_H

#include "dataset/dataset.h"

/* `ret_value` is the caller's (json_decref). HEARTH_EINVAL says why the row cannot be used. */
int hearth_row_shape(const json_t *row, const char **ret_shape, enum hearth_dataset_form *ret_form,
                     json_t **ret_value, struct hearth_error *error);

#endif
