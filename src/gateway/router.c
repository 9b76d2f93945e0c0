/* Matching a path against patterns, segment by segment, without copying. */
#include "gateway/router.h"

#include "base/error.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char *skip_slashes(const char *path)
{
    while (*path == '/')
        path++;
    return path;
}

static bool ends_segment(char c)
{
    return c == '\0' || c == '/';
}

/* How much of the path {name} or {name*} takes. */
static size_t param_length(const char *path, bool is_rest)
{
    size_t length = is_rest ? strlen(path) : strcspn(path, "/");
    while (length && path[length - 1] == '/')
        length--;
    return length;
}

/* A segment of fixed letters. Both sides must end together: "/modelsx" is not "/models". */
static bool match_fixed(const char **pattern, const char **path)
{
    while (!ends_segment(**pattern) && **pattern == **path) {
        (*pattern)++;
        (*path)++;
    }
    return ends_segment(**pattern) && ends_segment(**path);
}

/* {name} or {name*} (`end[-1]` is its star); `ret_param` NULL: only whether it takes something. */
static int match_param(const char **pattern, const char **path, struct hearth_arena *arena,
                       const char **ret_param)
{
    const char *end = strchr(*pattern, '}');
    size_t length = param_length(*path, end[-1] == '*');
    if (length && ret_param) {
        *ret_param = hearth_arena_strndup(arena, *path, length);
        if (!*ret_param)
            return HEARTH_ETOOLARGE;
    }
    *pattern = end + 1;
    *path += length;
    return length > 0;
}

/* `params` NULL: only whether it fits. Counts in `*ret_segments` how many segments did, whole ones.
 * Returns 1, 0, or an error. */
static int match(const char *pattern, const char *path, struct hearth_arena *arena,
                 const char **params, size_t *ret_segments)
{
    *ret_segments = 0;
    /* Each round is a slash and the segment behind it. */
    while (*pattern == '/' && *path == '/') {
        path = skip_slashes(path);
        const char *start = path;
        bool is_param = *++pattern == '{';
        int rc =
            is_param ? match_param(&pattern, &path, arena, params) : match_fixed(&pattern, &path);
        if (rc <= 0)
            return rc;
        params += params && is_param;
        *ret_segments += path > start;
    }
    return *pattern == '\0' && *skip_slashes(path) == '\0';
}

/* The row's path, or an alias, that fits; NULL: none. Parameters are copied later, once the row is
 * known. */
static const char *fitting(const struct hearth_route *route, const char *path)
{
    size_t segments;
    if (match(route->path, path, NULL, NULL, &segments))
        return route->path;
    for (const char *const *alias = route->aliases; alias && *alias; alias++)
        if (match(*alias, path, NULL, NULL, &segments))
            return *alias;
    return NULL;
}

/* Wherever GET is allowed, HEAD is (RFC 9110 9.3.2). */
static void allow(char list[HEARTH_ALLOW_MAX], const char *method)
{
    size_t used = strlen(list);
    snprintf(list + used, HEARTH_ALLOW_MAX - used, "%s%s", used ? ", " : "", method);
    if (strcmp(method, "GET") == 0)
        allow(list, "HEAD");
}

/* All rows are looked at, also after one with another method, since "405" must list every method
 * that fits. */
int hearth_router_find(const struct hearth_route_table *routes, const char *method,
                       const char *path, struct hearth_arena *arena,
                       struct hearth_route_match *ret_match, char ret_allow[HEARTH_ALLOW_MAX])
{
    const char *wanted = strcmp(method, "HEAD") == 0 ? "GET" : method;
    ret_allow[0] = '\0';
    for (size_t i = 0; i < routes->count; i++) {
        const struct hearth_route *route = &routes->rows[i];
        const char *pattern = fitting(route, path);
        size_t segments;
        if (!pattern)
            continue;
        if (strcmp(route->method, wanted) != 0) {
            allow(ret_allow, route->method);
            continue;
        }
        ret_match->route = route;
        int rc = match(pattern, path, arena, ret_match->params, &segments);
        return rc < 0 ? rc : 0;
    }
    return ret_allow[0] ? HEARTH_EMETHOD : HEARTH_ENOTFOUND;
}

static size_t shared_segments(const struct hearth_route *route, const char *path)
{
    size_t most, segments;
    match(route->path, path, NULL, NULL, &most);
    for (const char *const *alias = route->aliases; alias && *alias; alias++) {
        match(*alias, path, NULL, NULL, &segments);
        most = segments > most ? segments : most;
    }
    return most;
}

enum hearth_error_shape hearth_router_errors(const struct hearth_route_table *routes,
                                             const char *path)
{
    enum hearth_error_shape shape = HEARTH_ERRORS_HEARTH;
    size_t most = 0;
    for (size_t i = 0; i < routes->count; i++) {
        size_t segments = shared_segments(&routes->rows[i], path);
        if (segments > most) {
            most = segments;
            shape = routes->rows[i].errors;
        }
    }
    return shape;
}
