#include "engine/llama/llama_prompts.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

enum { NAME_MAX = sizeof(((struct hearth_model_facts *)0)->default_prompt) };

static int check(const json_t *prompts, const char *chosen, struct hearth_error *error)
{
    const char *name;
    json_t *text;
    if (prompts != NULL && !json_is_object(prompts))
        return hearth_error_set(error, HEARTH_EINVAL,
                                "setting 'prompts' must be an object of texts by name");
    json_object_foreach((json_t *)prompts, name, text)
    {
        if (!json_is_string(text) || strlen(name) >= NAME_MAX)
            return hearth_error_set(error, HEARTH_EINVAL,
                                    "setting 'prompts': '%.80s' has no text, or too long a name",
                                    name);
    }
    if (chosen != NULL && json_object_get(prompts, chosen) == NULL)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "setting 'default_prompt': '%.80s' is not among the prompts",
                                chosen);
    return 0;
}

int hearth_llama_prompts_read(const json_t *object, struct hearth_llama_settings *settings,
                              struct hearth_error *error)
{
    const char *chosen = hearth_json_text(object, "default_prompt", NULL);
    json_t *prompts = json_incref(json_object_get(object, "prompts"));
    if (json_is_string(prompts)) {
        const char *text = hearth_json_text(object, "prompts", "");
        json_decref(prompts);
        prompts = hearth_json_parse(text, strlen(text), NULL);
        if (prompts == NULL)
            return hearth_error_set(error, HEARTH_EINVAL, "setting 'prompts' is no JSON");
    }
    int rc = check(prompts, chosen, error);
    if (rc != 0) {
        json_decref(prompts);
        return rc;
    }
    settings->prompts = prompts;
    settings->default_prompt = chosen != NULL ? hearth_strdup(chosen) : NULL;
    return 0;
}

int hearth_llama_prompts_tell(const struct hearth_llama_settings *settings,
                              struct hearth_model_facts *facts, struct hearth_error *error)
{
    struct hearth_buf text;
    if (settings->prompts == NULL || (facts->tasks & HEARTH_TASK_EMBED) == 0)
        return 0;
    hearth_buf_init(&text, sizeof(facts->prompts_json) - 1);
    int failed = hearth_json_dump(&text, settings->prompts);
    if (failed == 0) {
        snprintf(facts->prompts_json, sizeof(facts->prompts_json), "%s", hearth_buf_cstr(&text));
        snprintf(facts->default_prompt, sizeof(facts->default_prompt), "%s",
                 settings->default_prompt != NULL ? settings->default_prompt : "");
    }
    hearth_buf_finish(&text);
    return failed == 0
               ? 0
               : hearth_error_set(error, HEARTH_EINVAL, "setting 'prompts' has over %zu bytes",
                                  sizeof(facts->prompts_json) - 1);
}

/* The names that the model has help more than the one that it has not. */
static int refuse(const struct hearth_llama_settings *settings, const char *name,
                  struct hearth_error *error)
{
    char names[512] = "it has none";
    size_t length = 0;
    const char *known;
    json_t *text;
    json_object_foreach(settings->prompts, known, text)
    {
        if (length < sizeof(names))
            length += (size_t)snprintf(names + length, sizeof(names) - length, "%s%.80s",
                                       length != 0 ? ", " : "it has ", known);
    }
    return hearth_error_set(error, HEARTH_EINVAL, "the model has no prompt named \"%.80s\"; %s",
                            name, names);
}

int hearth_llama_prompt_of(const struct hearth_llama_settings *settings,
                           const struct hearth_input *input, const char **ret_prompt,
                           struct hearth_error *error)
{
    const char *name = input->prompt_name;
    *ret_prompt = "";
    if (name == NULL && input->task == HEARTH_TASK_EMBED && input->kind == HEARTH_INPUT_TEXT)
        name = settings->default_prompt;
    if (name == NULL || *name == '\0')
        return 0;
    *ret_prompt = hearth_json_text(settings->prompts, name, NULL);
    return *ret_prompt != NULL ? 0 : refuse(settings, name, error);
}
