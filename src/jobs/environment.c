#include "jobs/environment.h"

#include "backend/supervisor.h"
#include "base/digest.h"
#include "base/small_file.h"

#include <fcntl.h>
#include <gnu/libc-version.h>
#include <string.h>
#include <unistd.h>

enum { PIECE_BYTES = 64 << 10, CPUINFO_MAX = 4 << 20, TEXT_MAX = 64 << 10 };

static void digest_program(char ret_hex[HEARTH_SHA256_HEX])
{
    char path[4096];
    char piece[PIECE_BYTES];
    ssize_t got;
    *ret_hex = '\0';
    if (hearth_child_program(HEARTH_PROCESS_TRAINER, path, sizeof(path)))
        return;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return;
    struct hearth_sha256 *digest = hearth_sha256_create();
    while ((got = read(descriptor, piece, sizeof(piece))) > 0)
        hearth_sha256_update(digest, piece, (size_t)got);
    hearth_sha256_hex(digest, ret_hex);
    hearth_sha256_destroy(digest);
    close(descriptor);
}

/* "model name : AMD EPYC …" of /proc/cpuinfo, the value. */
static json_t *cpu_line(const char *cpuinfo, const char *key)
{
    const char *line = cpuinfo ? strstr(cpuinfo, key) : NULL;
    const char *value = line ? strchr(line, ':') : NULL;
    if (!value)
        return json_string("");
    value += strspn(value, ": \t");
    return json_stringn(value, strcspn(value, "\n"));
}

/* Those on which a kernel may be chosen. */
static json_t *instructions(const char *cpuinfo)
{
    static const char *const known[] = {"avx2",        "fma",      "f16c",
                                        "avx_vnni",    "avx512f",  "avx512_vnni",
                                        "avx512_bf16", "amx_int8", "asimd"};
    json_t *list = json_array();
    for (size_t i = 0; cpuinfo && i < sizeof(known) / sizeof(known[0]); i++) {
        const char *at = strstr(cpuinfo, known[i]);
        size_t length = strlen(known[i]);
        while (at && at[length] != ' ' && at[length] != '\n')
            at = strstr(at + 1, known[i]);
        if (at)
            json_array_append_new(list, json_string(known[i]));
    }
    return list;
}

static void seal(json_t *environment)
{
    struct hearth_buf text;
    char hex[HEARTH_SHA256_HEX] = "";
    hearth_buf_init(&text, TEXT_MAX);
    if (hearth_json_dump(&text, environment) == 0)
        hearth_sha256_of(text.bytes, text.length, hex);
    hearth_buf_finish(&text);
    json_object_set_new(environment, "sha256", json_string(hex));
}

json_t *hearth_environment_describe(void)
{
    struct hearth_buf file;
    char trainer[HEARTH_SHA256_HEX];
    hearth_buf_init(&file, CPUINFO_MAX);
    hearth_small_file_read("/proc/cpuinfo", &file, NULL);
    const char *cpuinfo = hearth_buf_cstr(&file);
    digest_program(trainer);
    json_t *environment =
        json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:I}", "hearth", HEARTH_VERSION, "commit",
                  HEARTH_COMMIT, "trainer_sha256", trainer, "libc", gnu_get_libc_version(), "cpu",
                  cpu_line(cpuinfo, "model name"), "instructions", instructions(cpuinfo), "cores",
                  (json_int_t)sysconf(_SC_NPROCESSORS_ONLN));
    hearth_buf_finish(&file);
    seal(environment);
    return environment;
}
