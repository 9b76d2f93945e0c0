/* What files may be uploaded for, in OpenAI's words. Pure. */
#ifndef HEARTH_ROUTES_REQUESTS_FILE_PURPOSE_H
#define HEARTH_ROUTES_REQUESTS_FILE_PURPOSE_H

#include <stdbool.h>

#define HEARTH_FILE_PURPOSES "batch, fine-tune, assistants, user_data, evals or vision"
bool hearth_file_purpose_known(const char *purpose);

#endif
