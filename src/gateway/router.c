#include "gateway/router.h"

#include "base/error.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* One pattern against one path; segments are never empty. Returns 1, 0, or an error. */
static int matches(const char *pattern, const char *path, struct hearth_arena *arena,
                   const char *params[HEARTH_ROUTE_PARAMS_MAX])
{
    size_t count = 0;
    while (*pattern && *path) {
        if (*pattern != '{') {
            if (*pattern++ != *path++)
                return 0;
            continue;
        }
        const char *end = strchr(pattern, '}');
        bool rest = end[-1] == '*';
        size_t length = rest ? strlen(path) : strcspn(path, "/");
        if (length == 0)
            return 0;
        if (arena) {
            params[count] = hearth_arena_strndup(arena, path, length);
            if (!params[count++])
                return HEARTH_ETOOLARGE;
        }
        path += length;
        pattern = end + 1;
    }
    return *pattern == *path;
}

static void allow(char list[HEARTH_ALLOW_MAX], const char *method)
{
    size_t used = strlen(list);
    snprintf(list + used, HEARTH_ALLOW_MAX - used, "%s%s", used ? ", " : "", method);
    if (strcmp(method, "GET") == 0)
        allow(list, "HEAD");
}

int hearth_router_find(const struct hearth_route_table *routes, const char *method,
                       const char *path, struct hearth_arena *arena,
                       struct hearth_route_match *ret_match, char ret_allow[HEARTH_ALLOW_MAX])
{
    const char *wanted = strcmp(method, "HEAD") == 0 ? "GET" : method;
    ret_allow[0] = '\0';
    for (size_t i = 0; i < routes->count; i++) {
        const struct hearth_route *row = &routes->rows[i];
        if (!matches(row->path, path, NULL, NULL))
            continue;
        if (strcmp(row->method, wanted) != 0) {
            allow(ret_allow, row->method);
            continue;
        }
        ret_match->route = row;
        int rc = matches(row->path, path, arena, ret_match->params);
        return rc < 0 ? rc : 0;
    }
    return ret_allow[0] ? HEARTH_EMETHOD : HEARTH_ENOTFOUND;
}
