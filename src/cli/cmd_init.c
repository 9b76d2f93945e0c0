/* init: a project's first files. Never writes over a file that is there. */
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/print_json.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char config_text[] =
    "# Settings of this project; `hearth config show` lists all of them with their values.\n"
    "# They are weaker than the environment (HEARTH_PORT=9000) and than flags (--port 9000).\n"
    "port: 8080\n"
    "# api_key: ${HEARTH_API_KEY}\n"
    "# context: 4096\n"
    "# slots: 4\n";

/* O_EXCL: a file that exists is never written over, not even when it comes into being between a
 * look and the write. */
static int write_new(const char *path, const char *text, struct hearth_error *error)
{
    int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor < 0 && errno == EEXIST)
        return hearth_error_set(error, HEARTH_ECONFLICT,
                                "%s exists already; remove it, or choose another folder", path);
    if (descriptor < 0)
        return hearth_error_set_errno(error, errno, "%s cannot be made", path);
    size_t length = strlen(text);
    int rc = 0;
    if (write(descriptor, text, length) != (ssize_t)length)
        rc = hearth_error_set_errno(error, errno, "%s cannot be written", path);
    if (close(descriptor) && !rc)
        rc = hearth_error_set_errno(error, errno, "%s cannot be written", path);
    return rc;
}

/* A folder that is there already is fine: only its files must not be. */
static int make_folder(const char *path, struct hearth_error *error)
{
    if (mkdir(path, 0777) && errno != EEXIST)
        return hearth_error_set_errno(error, errno, "the folder %s cannot be made", path);
    return 0;
}

/* A text as a YAML scalar in double quotes. Its escapes are those of JSON, for whatever a source
 * may hold (YAML 1.2 contains JSON). */
static char *quoted(const char *text)
{
    struct hearth_buf buf;
    hearth_buf_init(&buf, 64 * 1024);
    hearth_json_write_string(&buf, text, strlen(text));
    return hearth_buf_take(&buf);
}

static int write_definition(const char *folder, const char *name, const char *source,
                            struct hearth_error *error)
{
    char *path = hearth_format("%s/models/%s.yml", folder, name);
    char *source_text = quoted(source);
    if (!source_text) {
        hearth_free(path);
        return hearth_error_set(error, HEARTH_ETOOLARGE, "the source is too long");
    }
    char *text = hearth_format("# A model of this project; `hearth install` fetches it.\n"
                               "name: %s\n"
                               "# file:PATH (a GGUF, or a Hugging Face folder), "
                               "hf:ORG/REPO[@REV][:FILE], https:…\n"
                               "source: %s\n"
                               "task: chat\n"
                               "device: auto\n"
                               "settings:\n"
                               "  slots: 4\n",
                               name, source_text);
    int rc = write_new(path, text, error);
    hearth_free(text);
    hearth_free(source_text);
    hearth_free(path);
    return rc;
}

static int write_files(const char *folder, const char *name, const char *source,
                       struct hearth_error *error)
{
    char *models = hearth_format("%s/models", folder),
         *config = hearth_format("%s/hearth.yml", folder);
    int rc = make_folder(folder, error);
    if (!rc)
        rc = make_folder(models, error);
    if (!rc)
        rc = write_new(config, config_text, error);
    if (!rc)
        rc = write_definition(folder, name, source, error);
    hearth_free(models);
    hearth_free(config);
    return rc;
}

int hearth_cli_init(struct hearth_invocation *invocation, struct hearth_error *error)
{
    /* `init` needs no settings, so faults of a hearth.yml around it are not its business. */
    *error = (struct hearth_error){.code = 0};
    const char *folder = invocation->argument_count ? invocation->arguments[0] : ".";
    const char *name = hearth_invocation_option(invocation, "name");
    const char *source = hearth_invocation_option(invocation, "source");
    name = name ? name : "example";
    source = source ? source : "file:example.gguf";
    if (!hearth_model_name_valid(name))
        return hearth_error_set(error, HEARTH_EINVAL,
                                "a model's name must be " HEARTH_NAME_RULE ", but this is '%s'",
                                name);
    int rc = write_files(folder, name, source, error);
    if (rc)
        return rc;
    if (invocation->json)
        return hearth_print_json(json_pack("{s:s, s:[s, o]}", "folder", folder, "files",
                                           "hearth.yml", json_sprintf("models/%s.yml", name)),
                                 error);
    printf(
        "made %s/hearth.yml and %s/models/%s.yml\n"
        "next: put the model's source into models/%s.yml, then: hearth install && hearth serve\n",
        folder, folder, name, name);
    return 0;
}
