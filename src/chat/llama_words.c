/* The messages of libllama that a model file can provoke, and how each is told. */
#include "chat/llama_words.h"

#include <stdio.h>
#include <string.h>

#define PART_MAX 200

/* A message of libllama: the text before each thing that it names, and ours with them put in. */
static const struct phrase {
    const char *before[3]; /* NULL: it names no more */
    const char *end;       /* what follows each thing */
    const char *ours;
} phrases[] = {
    {{"tensor '", "' not found"},
     "'",
     "the model has no tensor '%s', which its architecture needs"},
    {{"missing tensor '"}, "'", "the model has no tensor '%s', which its architecture needs"},
    {{"tensor '", "has wrong shape; expected ", "got "},
     "'",
     "the tensor '%s' does not fit the header's numbers, which ask for the shape %s; it has %s"},
    {{"unknown tokenizer: '"}, "'", "the tokenizer '%s' is not known to the llama engine"},
    {{"cannot find tokenizer merges"}, "", "the GGUF header has no 'tokenizer.ggml.merges'"},
    {{"cannot find tokenizer vocab"}, "", "the GGUF header has no 'tokenizer.ggml.tokens'"},
    {{"invalid gguf type for "}, " ", "the GGUF header's '%s' has the wrong type"},
    {{"unknown pre-tokenizer type: '"}, "'", "the tokenizer '%s' is not known to the llama engine"},
    {{"array key not found in model: "}, " ", "the GGUF header has no '%s'"},
    {{"key not found in model: "}, " ", "the GGUF header has no '%s'"},
    {{"key ", "has wrong type ", "expected type "},
     " ",
     "the GGUF header's '%s' has the type %s instead of %s"},
    {{"key ", "has wrong array length; expected ", "got "},
     " ",
     "the GGUF header's list '%s' should have %s elements and has %s"},
    {{"wrong number of tensors; expected ", "got "},
     ",",
     "the model holds %s tensors, of which its architecture uses %s"},
};

/* The thing at `at`: up to the phrase's end, or that of the message. A shape is "8, 4, 1". */
static size_t length_of(const char *at, const struct phrase *phrase, int index)
{
    bool shape = index > 0 && strcmp(phrase->end, "'") == 0;
    if (shape)
        return strspn(at, "0123456789, ");
    size_t length = strcspn(at, index == 0 ? phrase->end : " ,;\n");
    while (length > 0 && at[length - 1] == ';')
        length--;
    return length;
}

/* A thing as it is shown: "   576,      0,      1" becomes "576, 0, 1". */
static void copy_part(char part[PART_MAX], const char *at, size_t length)
{
    size_t n = 0;
    for (size_t i = 0; i < length && n + 2 < PART_MAX; i++) {
        if (at[i] == ' ')
            continue;
        part[n++] = at[i];
        if (at[i] == ',')
            part[n++] = ' ';
    }
    while (n > 0 && (part[n - 1] == ' ' || part[n - 1] == ','))
        n--;
    part[n] = '\0';
}

/* The parts of a message are found one behind the other, so that a name which itself looks like a
 * message cannot mislead the rest. */
static bool translate(const struct phrase *phrase, const char *logged, char *ret_text, size_t size)
{
    char parts[3][PART_MAX] = {""};
    const char *at = logged;
    for (int i = 0; i < 3 && phrase->before[i] != NULL; i++) {
        at = strstr(at, phrase->before[i]);
        if (at == NULL)
            return false;
        at += strlen(phrase->before[i]);
        size_t length = length_of(at, phrase, i);
        copy_part(parts[i], at, length);
    }
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(ret_text, size, phrase->ours, parts[0], parts[1], parts[2]);
#pragma GCC diagnostic pop
    return true;
}

bool hearth_llama_words(const char *logged, char *ret_text, size_t size)
{
    for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++)
        if (translate(&phrases[i], logged, ret_text, size))
            return true;
    return false;
}
