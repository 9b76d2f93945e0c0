#include "config/definition.h"

#include "base/text.h"

#include <string.h>

/* Names that other tools use for the same thing, above all the hub's pipeline tags. Each pair is a
 * name that is understood, and the one that is kept. */
static const char *const task_aliases[][2] = {
    {"chat", "chat"},
    {"conversational", "chat"},
    {"text-generation", "chat"},
    {"completion", "completion"},
    {"text2text-generation", "completion"},
    {"embedding", "embedding"},
    {"embeddings", "embedding"},
    {"feature-extraction", "embedding"},
    {"sentence-similarity", "embedding"},
    {"rerank", "rerank"},
    {"text-ranking", "rerank"},
    {"classification", "classification"},
    {"text-classification", "classification"},
    {"image-classification", "classification"},
    {"image", "image"},
    {"text-to-image", "image"},
    {"image-generation", "image"},
    {"audio", "audio"},
    {"automatic-speech-recognition", "audio"},
    {"text-to-speech", "audio"},
};
enum { TASK_ALIASES = sizeof(task_aliases) / sizeof(task_aliases[0]) };

/* What is suggested and listed in help: only the names that are kept. */
const char *const hearth_task_names[] = {
    "chat", "completion", "embedding", "rerank", "classification", "image", "audio", NULL,
};

/* Names are compared with their case, as the hub compares its tags. */
const char *hearth_task_canonical(const char *task)
{
    for (size_t i = 0; i < TASK_ALIASES; i++)
        if (strcmp(task_aliases[i][0], task) == 0)
            return task_aliases[i][1];
    return NULL;
}

/* Whether such a device is there is asked when a model loads: definitions travel between machines.
 */
bool hearth_device_valid(const char *device)
{
    static const char cuda[] = "cuda:";
    int64_t number;
    if (strncmp(device, cuda, sizeof(cuda) - 1) == 0)
        return hearth_parse_int(device + sizeof(cuda) - 1, 0, 255, &number) == 0;
    return strcmp(device, "auto") == 0 || strcmp(device, "cpu") == 0 || strcmp(device, "cuda") == 0;
}
