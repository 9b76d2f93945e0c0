#include "config/expand.h"

#include "base/buf.h"
#include "base/error.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>

/* The '=' is compared too, so that HOME does not find HOMEBREW. */
const char *hearth_env_find(const char *const *env, const char *name, size_t name_length)
{
    for (; env && *env; env++)
        if (strncmp(*env, name, name_length) == 0 && (*env)[name_length] == '=')
            return *env + name_length + 1;
    return NULL;
}

/* POSIX's form of a variable's name: letters, digits and _, not a digit first. */
static size_t name_length(const char *text, size_t length)
{
    size_t i = 0;
    while (i < length &&
           (text[i] == '_' || (text[i] >= 'A' && text[i] <= 'Z') ||
            (text[i] >= 'a' && text[i] <= 'z') || (i > 0 && text[i] >= '0' && text[i] <= '9')))
        i++;
    return i;
}

/* `form` is what stands between the braces. */
static int append_variable(struct hearth_buf *out, const char *form, size_t length,
                           const char *const *env, struct hearth_error *error)
{
    size_t name = name_length(form, length);
    /* "${NAME:-default}" as in POSIX's shell; none of its other forms is known here. */
    bool has_default = length >= name + 2 && form[name] == ':' && form[name + 1] == '-';
    if (name == 0 || (name < length && !has_default))
        return hearth_error_set(error, HEARTH_EINVAL,
                                "`${%.*s}` is not a variable; write ${NAME} or ${NAME:-default}, "
                                "and $$ for a dollar sign",
                                (int)(length < 80 ? length : 80), form);
    const char *value = hearth_env_find(env, form, name);
    /* As in the shell, ":-" also stands in for a variable that is empty. */
    if (has_default && (!value || !*value))
        return hearth_buf_append(out, form + name + 2, length - name - 2);
    if (!value)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "the variable %.*s is not set; set it, or write "
                                "${%.*s:-default}",
                                (int)name, form, (int)name, form);
    return hearth_buf_text(out, value);
}

/* What a variable holds is not expanded again, so that no value can name another. */
static int expand_into(struct hearth_buf *out, const char *text, size_t length,
                       const char *const *env, struct hearth_error *error)
{
    for (size_t i = 0; i < length;) {
        const char *dollar = memchr(text + i, '$', length - i);
        size_t plain = dollar ? (size_t)(dollar - text) - i : length - i;
        /* That the text is too long is noted in the buffer and told once, at the end. */
        hearth_buf_append(out, text + i, plain);
        i += plain;
        if (!dollar)
            break;
        char next = i + 1 < length ? text[i + 1] : '\0';
        if (next != '{') {
            /* A dollar sign that begins no form stands for itself. */
            hearth_buf_char(out, '$');
            i += next == '$' ? 2 : 1;
            continue;
        }
        const char *close = memchr(text + i, '}', length - i);
        if (!close)
            return hearth_error_set(error, HEARTH_EINVAL, "`${` has no closing brace");
        /* The length between "${" and "}". */
        size_t form = (size_t)(close - text) - i - 2;
        int rc = append_variable(out, text + i + 2, form, env, error);
        /* A full buffer is told by the caller, which knows the limit. */
        if (rc && !out->failed)
            return rc;
        i += form + 3;
    }
    return 0;
}

int hearth_expand_variables(const char *text, size_t length, const char *const *env, size_t max,
                            struct hearth_arena *arena, const char **ret_text,
                            struct hearth_error *error)
{
    struct hearth_buf out;
    hearth_buf_init(&out, max);
    int rc = expand_into(&out, text, length, env, error);
    const char *copy = NULL;
    if (!rc && !out.failed)
        copy = hearth_arena_strndup(arena, out.length ? out.bytes : "", out.length);
    if (!rc && !copy)
        rc = hearth_error_set(error, HEARTH_ETOOLARGE, "the value is longer than %zu bytes", max);
    if (!rc)
        *ret_text = copy;
    hearth_buf_finish(&out);
    return rc;
}

/* Only the user's own `~`: those of others would need the system's list of users. */
int hearth_expand_path(const char *path, const char *base, const char *const *env,
                       struct hearth_arena *arena, const char **ret_path,
                       struct hearth_error *error)
{
    const char *result = path;
    if (path[0] == '~' && (path[1] == '/' || path[1] == '\0')) {
        const char *home = hearth_env_find(env, "HOME", 4);
        if (!home || *home != '/')
            return hearth_error_set(error, HEARTH_EINVAL,
                                    "`~` needs the variable HOME; set it, or write the whole path");
        result = hearth_arena_format(arena, "%s%s", home, path + 1);
    } else if (path[0] && path[0] != '/') {
        /* "." is the base itself, so that no path ends in "/.". */
        bool here = strcmp(path, ".") == 0;
        result = here ? hearth_arena_strdup(arena, base)
                      : hearth_arena_format(arena, "%s/%s", base, path);
    } else {
        result = hearth_arena_strdup(arena, path);
    }
    if (!result || strlen(result) >= PATH_MAX)
        return hearth_error_set(error, HEARTH_ETOOLARGE, "the path is longer than %d bytes",
                                PATH_MAX - 1);
    *ret_path = result;
    return 0;
}
