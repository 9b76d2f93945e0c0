#include "config/definition_fill.h"

#include "base/error.h"
#include "base/text.h"
#include "config/text_file.h"
#include "config/yaml.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A folder with more is no folder of definitions: somebody has pointed at a wrong place. */
enum { DEFINITIONS_MAX = 4096 };

/* Not hidden files, which editors leave behind. */
static bool is_definition_name(const char *name)
{
    const char *dot = strrchr(name, '.');
    return name[0] != '.' && dot && (strcmp(dot, ".yml") == 0 || strcmp(dot, ".yaml") == 0);
}

/* The paths of the folder's definitions, in order of name. */
static int list_paths(const char *directory, struct hearth_arena *arena, const char ***ret_paths,
                      size_t *ret_count, struct hearth_error *error)
{
    DIR *folder = opendir(directory);
    if (!folder && errno == ENOENT)
        return 0;
    if (!folder)
        return hearth_error_set_errno(error, errno, "%s cannot be read", directory);
    const char **paths = hearth_arena_alloc(arena, DEFINITIONS_MAX * sizeof(*paths));
    size_t count = 0;
    int rc = paths ? 0
                   : hearth_error_set(error, HEARTH_ENOMEM, "there is not enough memory to read %s",
                                      directory);
    for (struct dirent *entry; !rc && (entry = readdir(folder)) != NULL;) {
        if (!is_definition_name(entry->d_name))
            continue;
        if (count == DEFINITIONS_MAX)
            rc = hearth_error_set(error, HEARTH_ETOOLARGE, "%s has more than %d definitions",
                                  directory, DEFINITIONS_MAX);
        else if (!(paths[count++] = hearth_arena_format(arena, "%s/%s", directory, entry->d_name)))
            rc = hearth_error_set(error, HEARTH_ENOMEM, "there is not enough memory to read %s",
                                  directory);
    }
    closedir(folder);
    if (rc)
        return rc;
    /* A folder lists its files in no order; faults must come in the same one each time. */
    qsort(paths, count, sizeof(*paths), hearth_text_order);
    *ret_paths = paths;
    *ret_count = count;
    return 0;
}

/* The second of the two is the fault; the files are in the order of their names. */
static void check_twins(const struct hearth_definition *definitions, size_t index,
                        struct hearth_fault_list *faults)
{
    const char *name = definitions[index].name;
    for (size_t i = 0; name && i < index; i++)
        if (definitions[i].name && strcmp(definitions[i].name, name) == 0)
            hearth_fault_add(faults, definitions[index].line, 1,
                             "the name %s is used twice: %s has it too", name, definitions[i].file);
}

/* No folder is no definitions. A file that cannot be read ends it at once; faults within files are
 * gathered over all of them. */
int hearth_definitions_read(const char *directory, struct hearth_arena *arena,
                            struct hearth_definition **ret_definitions, size_t *ret_count,
                            struct hearth_faults *ret_faults, struct hearth_error *error)
{
    const char **paths = NULL;
    size_t count = 0;
    struct hearth_fault_list faults;
    hearth_fault_list_init(&faults, arena, NULL);
    /* Whatever fails before the end leaves an empty list and not one that was never set. */
    if (ret_faults)
        *ret_faults = faults.faults;
    int rc = list_paths(directory, arena, &paths, &count, error);
    struct hearth_definition *definitions = hearth_arena_alloc(arena, count * sizeof(*definitions));
    if (!rc && !definitions)
        rc = hearth_error_set(error, HEARTH_ENOMEM, "there is not enough memory to read %s",
                              directory);
    for (size_t i = 0; !rc && i < count; i++) {
        const char *text;
        size_t length;
        rc = hearth_text_file_read(paths[i], HEARTH_YAML_BYTES_MAX, arena, &text, &length, error);
        if (rc)
            return rc;
        /* The faults that are added from here on belong to this file. */
        faults.file = paths[i];
        hearth_definition_fill(&definitions[i], text, length, arena, &faults);
        check_twins(definitions, i, &faults);
    }
    if (!rc)
        rc = hearth_fault_list_end(&faults, ret_faults, error);
    if (rc)
        return rc;
    *ret_definitions = definitions;
    *ret_count = count;
    return 0;
}
