#include "routes/requests/file_purpose.h"

#include <stddef.h>
#include <string.h>

bool hearth_file_purpose_known(const char *purpose)
{
    static const char *const purposes[] = {"batch",     "fine-tune", "assistants",
                                           "user_data", "evals",     "vision"};
    for (size_t i = 0; i < sizeof(purposes) / sizeof(purposes[0]); i++)
        if (strcmp(purposes[i], purpose) == 0)
            return true;
    return false;
}
