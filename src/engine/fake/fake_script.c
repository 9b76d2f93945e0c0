/* Reads scripts: lines of "key = value", parted by line ends or semicolons. A key is a row of the
 * table `keys`, which says what its value is and which member takes it. */
#include "fake_script.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/small_file.h"
#include "base/text.h"
#include "hearth/engine.h"

#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Fits a uint32_t, and is more than any test waits for. */
#define COUNT_MAX 1000000000

/* A line taken apart, and where it stands for errors. Key and value point into the script's text.
 */
struct line {
    const char *path;
    int number;
    char *key, *value;
};

static int fault(const struct line *line, struct hearth_error *error, const char *what)
{
    return hearth_error_set(error, HEARTH_EMODEL, "%s, line %d: %s: %s", line->path, line->number,
                            line->key, what);
}

static int take_text(const struct line *line, char **ret_text, struct hearth_error *error)
{
    if (!line->value[0])
        return fault(line, error, "must be a text");
    /* A key may stand there twice; the last one counts. */
    hearth_free(*ret_text);
    *ret_text = hearth_strdup(line->value);
    return 0;
}

static int take_count(const struct line *line, uint32_t *ret_count, struct hearth_error *error)
{
    int64_t value;
    if (hearth_parse_int(line->value, 0, COUNT_MAX, &value))
        return fault(line, error, "must be a number from 0 to 1000000000");
    *ret_count = (uint32_t)value;
    return 0;
}

static int take_truth(const struct line *line, bool *ret_truth, struct hearth_error *error)
{
    bool yes = strcmp(line->value, "yes") == 0;
    if (!yes && strcmp(line->value, "no") != 0)
        return fault(line, error, "must be yes or no");
    *ret_truth = yes;
    return 0;
}

/* Up to a terabyte: tests of refused memory ask for more than any machine has. */
static int take_size(const struct line *line, uint64_t *ret_bytes, struct hearth_error *error)
{
    if (hearth_parse_size(line->value, ret_bytes) || *ret_bytes > (1ull << 40))
        return fault(line, error, "must be a size such as 10MB");
    return 0;
}

/* Names with commas or blanks between them. */
static int take_tasks(const struct line *line, uint32_t *ret_tasks, struct hearth_error *error)
{
    static const struct {
        const char *name;
        uint32_t bit;
    } known[] = {{"generate", HEARTH_TASK_GENERATE},
                 {"embed", HEARTH_TASK_EMBED},
                 {"score", HEARTH_TASK_SCORE},
                 {"tokenize", HEARTH_TASK_TOKENIZE}};
    uint32_t tasks = 0;
    char *rest = line->value;
    for (char *word; (word = strsep(&rest, " ,"));) {
        uint32_t bit = 0;
        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
            if (strcmp(word, known[i].name) == 0)
                bit = known[i].bit;
        if (!bit && word[0])
            return fault(line, error, "must be of generate, embed, score and tokenize");
        tasks |= bit;
    }
    *ret_tasks = tasks;
    return tasks ? 0 : fault(line, error, "must name a task");
}

static int take_crash(const struct line *line, enum fake_crash *ret_crash,
                      struct hearth_error *error)
{
    static const char *const names[] = {"abort", "segv", "exit"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(line->value, names[i]) == 0) {
            *ret_crash = (enum fake_crash)i;
            return 0;
        }
    }
    return fault(line, error, "must be abort, segv or exit");
}

enum { WIDTH_MAX = 65536 }; /* numbers of one answer */
/* What a value may be; take_key has a case for each. */
enum kind { TEXT, COUNT, TRUTH, SIZE, TASKS, CRASH };

static const struct key {
    const char *name;
    enum kind kind;
    size_t offset;
} keys[] = {
#define KEY(name, kind, member)                                                                    \
    {                                                                                              \
        name, kind, offsetof(struct fake_script, member)                                           \
    }
    KEY("reply", TEXT, reply),
    KEY("thought", TEXT, thought),
    KEY("call", TEXT, call),
    KEY("tasks", TASKS, tasks),
    KEY("context", COUNT, trained_context),
    KEY("vector_length", COUNT, vector_length),
    KEY("labels", COUNT, labels),
    KEY("load_ms", COUNT, load_ms),
    KEY("prepare_ms", COUNT, prepare_ms),
    KEY("token_us", COUNT, token_us),
    KEY("prefill_us", COUNT, prefill_us),
    KEY("load_bytes", SIZE, load_bytes),
    KEY("plan_bytes", SIZE, plan_bytes),
    KEY("cache", TRUTH, cache),
    KEY("load_fails", TRUTH, load_fails),
    KEY("stall_at", COUNT, stall_at),
    KEY("crash", CRASH, crash),
    KEY("crash_at_load", TRUTH, crash_at_load),
    KEY("crash_at_describe", TRUTH, crash_at_describe),
    KEY("crash_at_token", COUNT, crash_at_token),
    KEY("crash_at_request", COUNT, crash_at_request),
    KEY("crash_word", TEXT, crash_word),
    KEY("error_word", TEXT, error_word),
    KEY("error_at_token", COUNT, error_at_token),
    KEY("hang_word", TEXT, hang_word),
    KEY("crash_early_word", TEXT, crash_early_word),
    KEY("grow_word", TEXT, grow_word),
#undef KEY
};

static int take_key(const struct line *line, struct fake_script *script, struct hearth_error *error)
{
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        /* The kind of the row vouches for the member's type. */
        void *member = (char *)script + keys[i].offset;
        if (strcmp(line->key, keys[i].name) != 0)
            continue;
        switch (keys[i].kind) {
        case TEXT:
            return take_text(line, member, error);
        case COUNT:
            return take_count(line, member, error);
        case TRUTH:
            return take_truth(line, member, error);
        case SIZE:
            return take_size(line, member, error);
        case TASKS:
            return take_tasks(line, member, error);
        case CRASH:
            return take_crash(line, member, error);
        }
    }
    return fault(line, error, "is not known");
}

static char *trim(char *text)
{
    while (*text == ' ' || *text == '\t')
        text++;
    size_t length = strlen(text);
    while (length && strchr(" \t\r", text[length - 1]))
        length--;
    text[length] = '\0';
    return text;
}

/* Blank lines, comments and the word "echo" (which says what a script does without a reply) set
 * nothing. */
static int take_line(struct line *line, char *text, struct fake_script *script,
                     struct hearth_error *error)
{
    text = trim(text);
    if (!text[0] || text[0] == '#' || strcmp(text, "echo") == 0)
        return 0;
    char *equals = strchr(text, '=');
    if (!equals) {
        line->key = text;
        return fault(line, error, "must be `key = value`");
    }
    *equals = '\0';
    line->key = trim(text);
    line->value = trim(equals + 1);
    return take_key(line, script, error);
}

/* The whole file as text, or an error. */
static int read_text(const char *path, char **ret_text, struct hearth_error *error)
{
    struct hearth_buf script;
    hearth_buf_init(&script, FAKE_SCRIPT_MAX);
    int rc = hearth_small_file_read(path, &script, error);
    const char *bytes = script.bytes ? script.bytes : "";
    /* A file of another kind, such as a GGUF, is told as that and not as a faulty line. */
    if (rc == HEARTH_ETOOLARGE ||
        (!rc && (memchr(bytes, '\0', script.length) || !hearth_utf8_valid(bytes, script.length))))
        rc = hearth_error_set(error, HEARTH_EMODEL, "%s is not a script of the fake engine", path);
    if (!rc)
        *ret_text = hearth_strndup(bytes, script.length);
    hearth_buf_finish(&script);
    return rc;
}

int fake_script_read(const char *path, struct fake_script *ret_script, struct hearth_error *error)
{
    struct fake_script script = {.tasks = HEARTH_TASK_GENERATE | HEARTH_TASK_EMBED |
                                          HEARTH_TASK_TOKENIZE,
                                 .trained_context = 4096,
                                 .vector_length = 8,
                                 .labels = 1,
                                 .stall_at = FAKE_NEVER,
                                 .crash_at_token = FAKE_NEVER,
                                 .crash_at_request = FAKE_NEVER,
                                 .error_at_token = FAKE_NEVER};
    struct line line = {.path = path};
    char *text = NULL;
    int rc = read_text(path, &text, error);
    char *rest = text;
    /* Empty parts are lines too, which take_line lets pass, so the count stays right. */
    for (char *part; !rc && (part = strsep(&rest, "\n;"));) {
        /* Counted as an editor does only when the script has no ';'. */
        line.number++;
        rc = take_line(&line, part, &script, error);
    }
    hearth_free(text);
    /* Checked at the end, since later lines may correct earlier ones. */
    if (!rc && (script.vector_length == 0 || script.vector_length > WIDTH_MAX))
        rc =
            hearth_error_set(error, HEARTH_EMODEL, "%s: vector_length is 1 to %d", path, WIDTH_MAX);
    if (!rc && (script.labels == 0 || script.labels > WIDTH_MAX))
        rc = hearth_error_set(error, HEARTH_EMODEL, "%s: labels is 1 to %d", path, WIDTH_MAX);
    if (rc)
        fake_script_finish(&script);
    else
        *ret_script = script;
    return rc;
}

void fake_script_finish(struct fake_script *script)
{
    hearth_free(script->reply);
    hearth_free(script->thought);
    hearth_free(script->call);
    hearth_free(script->crash_word);
    hearth_free(script->error_word);
    hearth_free(script->hang_word);
    hearth_free(script->crash_early_word);
    hearth_free(script->grow_word);
    /* A script that is finished twice does no harm. */
    script->thought = script->call = NULL;
    script->reply = script->crash_word = script->error_word = NULL;
    script->hang_word = script->crash_early_word = script->grow_word = NULL;
}

void fake_crash_now(const struct fake_script *script)
{
    /* For whoever reads the worker's log: this one is meant. */
    fputs("fake: the script says crash\n", stderr);
    switch (script->crash) {
    /* The three ways in which real workers end: an assertion, a bad address, an exit without a
     * word. */
    case FAKE_CRASH_ABORT:
        abort();
    case FAKE_CRASH_SEGV:
        raise(SIGSEGV);
        break;
    case FAKE_CRASH_EXIT:
        _exit(3);
    }
}
