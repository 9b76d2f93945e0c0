/* run: a chat on a terminal, or one answer for a prompt that is typed behind the name or piped. */
#include "base/error.h"
#include "base/small_file.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/conversation.h"
#include "cli/interrupt.h"
#include "cli/line_editor.h"
#include "cli/print_json.h"
#include "cli/terminal.h"
#include "cli/word_wrap.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The longest prompt that is read, in bytes: far more than any model's context. */
enum { PROMPT_MAX = 8 << 20 };

/* Where an answer goes on its way. */
struct screen {
    bool is_noted; /* a note stands on standard error and has to be wiped */
    bool is_json;
    bool has_text;
    bool is_thinking;             /* what was written last is a thought, dimmed */
    bool is_within_line;          /* what was written last did not end with a line end */
    struct hearth_word_wrap wrap; /* for a terminal */
    struct hearth_buf text;       /* for JSON */
};

static void screen_init(struct screen *screen, bool is_json)
{
    *screen = (struct screen){.is_json = is_json};
    hearth_word_wrap_init(&screen->wrap);
    hearth_buf_init(&screen->text, PROMPT_MAX);
}

static void screen_finish(struct screen *screen)
{
    hearth_word_wrap_finish(&screen->wrap);
    hearth_buf_finish(&screen->text);
}

/* A carriage return and "erase to the end of the line" (ECMA-48 EL). */
static void wipe_note(struct screen *screen)
{
    if (screen->is_noted)
        fputs("\r\033[K", stderr);
    screen->is_noted = false;
}

/* A thought has lines of its own. */
static void end_thought(struct screen *screen)
{
    if (!screen->is_thinking)
        return;
    screen->is_thinking = false;
    hearth_word_wrap_end(&screen->wrap, hearth_terminal_columns(), stdout);
    fputs(hearth_style(HEARTH_PLAIN), stdout);
    fputs(screen->wrap.at > 0 ? "\n\n" : "\n", stdout);
    hearth_word_wrap_finish(&screen->wrap);
    hearth_word_wrap_init(&screen->wrap);
}

/* What the model thinks before it answers is for somebody who watches: a file and a program get the
 * answer alone. */
static void on_thought(void *argument, const char *text)
{
    struct screen *screen = argument;
    wipe_note(screen);
    if (screen->is_json || !hearth_terminal_out())
        return;
    if (!screen->is_thinking)
        fputs(hearth_style(HEARTH_DIM), stdout);
    screen->is_thinking = true;
    hearth_word_wrap_take(&screen->wrap, hearth_terminal_columns(), text, stdout);
    fflush(stdout);
}

static void on_text(void *argument, const char *text)
{
    struct screen *screen = argument;
    wipe_note(screen);
    end_thought(screen);
    screen->has_text = true;
    if (screen->is_json) {
        hearth_buf_text(&screen->text, text);
        return;
    }
    /* On a terminal a model must not be able to send escape sequences: the wrap lets none through.
     */
    if (hearth_terminal_out()) {
        hearth_word_wrap_take(&screen->wrap, hearth_terminal_columns(), text, stdout);
    } else {
        fputs(text, stdout);
        /* A piece is never empty: take_chunk passes on only text. */
        screen->is_within_line = text[strlen(text) - 1] != '\n';
    }
    fflush(stdout);
}

/* The answer is over, whole or not: the word that was held back is written. */
static void end_text(struct screen *screen)
{
    wipe_note(screen);
    if (!hearth_terminal_out() || screen->is_json)
        return;
    end_thought(screen);
    hearth_word_wrap_end(&screen->wrap, hearth_terminal_columns(), stdout);
    screen->is_within_line = screen->wrap.at > 0;
}

static void on_note(void *argument, const char *note)
{
    struct screen *screen = argument;
    /* Notes are for somebody who waits. Where standard error is a file, or a program reads JSON,
     * they would only be in the way. */
    if (!hearth_terminal_err() || screen->is_json)
        return;
    /* It must stay within its line, else it could not be wiped. */
    fprintf(stderr, "\r%s", hearth_style_err(HEARTH_DIM));
    hearth_print_beginning(stderr, note, hearth_terminal_columns() - 1);
    fprintf(stderr, "%s\033[K", hearth_style_err(HEARTH_PLAIN));
    screen->is_noted = true;
}

/* The API checks ranges and names the parameter, so only the form is checked here. A whole number
 * is sent as one. */
static int number_option(struct hearth_invocation *invocation, const char *name, const char *key,
                         json_t *options, struct hearth_error *error)
{
    const char *text = hearth_invocation_option(invocation, name);
    int64_t integer;
    double real;
    if (!text)
        return 0;
    if (hearth_parse_int(text, INT64_MIN, INT64_MAX, &integer) == 0)
        json_object_set_new(options, key, json_integer((json_int_t)integer));
    else if (hearth_parse_double(text, &real) == 0)
        json_object_set_new(options, key, json_real(real));
    else
        return hearth_error_set(error, HEARTH_EINVAL, "--%s must be a number, but it is %s", name,
                                text);
    return 0;
}

static int take_options(struct hearth_invocation *invocation,
                        struct hearth_conversation *conversation, struct hearth_error *error)
{
    const char *system = hearth_invocation_option(invocation, "system");
    /* The API's own 1 with every token allowed lets a small model wander off: a conversation at a
     * terminal is held nearer to what is likely. */
    json_object_set_new(conversation->options, "temperature", json_real(0.3));
    json_object_set_new(conversation->options, "min_p", json_real(0.05));
    if (system)
        hearth_conversation_say(conversation, "system", system);
    int rc = number_option(invocation, "max-tokens", "max_tokens", conversation->options, error);
    if (!rc)
        rc = number_option(invocation, "temperature", "temperature", conversation->options, error);
    return rc ? rc : number_option(invocation, "seed", "seed", conversation->options, error);
}

static int ask(struct hearth_conversation *conversation, struct screen *screen,
               struct hearth_reply *reply, const char *prompt, struct hearth_error *error)
{
    *reply = (struct hearth_reply){
        .on_text = on_text, .on_thought = on_thought, .on_note = on_note, .argument = screen};
    hearth_conversation_say(conversation, "user", prompt);
    /* A Ctrl-C that was pressed while nothing was answered is not meant for this answer. */
    hearth_interrupt_forget();
    int rc = hearth_conversation_ask(conversation, reply, error);
    end_text(screen);
    return rc;
}

/* One prompt, one answer. */
static int answer_once(struct hearth_conversation *conversation, const char *prompt, bool is_json,
                       struct hearth_error *error)
{
    struct screen screen;
    struct hearth_reply reply;
    screen_init(&screen, is_json);
    int rc = ask(conversation, &screen, &reply, prompt, error);
    if (!rc && is_json) {
        const char *text = hearth_buf_cstr(&screen.text);
        rc = hearth_print_json(json_pack("{s:s, s:s, s:s, s:I, s:I}", "model", conversation->model,
                                         "text", text ? text : "", "finish_reason", reply.finish,
                                         "prompt_tokens", reply.prompt_tokens, "completion_tokens",
                                         reply.completion_tokens),
                               error);
    } else if (screen.is_within_line || (!rc && !is_json && !screen.has_text)) {
        putchar('\n'); /* also behind an empty answer, and before the error that cut one short */
    }
    screen_finish(&screen);
    /* As a command, an answer that was stopped has failed, and a script must see it; in a chat it
     * is what somebody wanted. */
    if (!rc && reply.is_canceled)
        return hearth_error_set(error, HEARTH_ECANCELED, "stopped");
    return rc;
}

/* "/bye" and its like; false when it is no command of the chat. Whatever else begins with a slash
 * shows the help, so that a slip is never sent to the model. */
static bool take_command(struct hearth_conversation *conversation, const char *line, bool *ret_end)
{
    if (line[0] != '/')
        return false;
    *ret_end = strcmp(line, "/bye") == 0 || strcmp(line, "/exit") == 0;
    if (strcmp(line, "/clear") == 0) {
        hearth_conversation_clear(conversation);
        printf("forgotten\n");
    } else if (!*ret_end) {
        printf("/clear  forgets the conversation\n/bye    ends it (so does Ctrl-D)\n"
               "Ctrl-C  stops an answer\n");
    }
    return true;
}

static void answer_in_chat(struct hearth_conversation *conversation, const char *line)
{
    struct screen screen;
    struct hearth_reply reply;
    struct hearth_error error = {.code = 0};
    screen_init(&screen, false);
    /* Each answer has a screen of its own: nothing of one that broke off stays for the next. */
    if (ask(conversation, &screen, &reply, line, &error)) {
        printf("%s%s", screen.is_within_line ? "\n" : "", hearth_style(HEARTH_RED));
        hearth_print_clean(stdout, error.message);
        printf("%s", hearth_style(HEARTH_PLAIN));
    } else if (reply.is_canceled) {
        printf("%s [stopped]%s", hearth_style(HEARTH_DIM), hearth_style(HEARTH_PLAIN));
    }
    printf("\n\n");
    screen_finish(&screen);
}

/* Faults are shown and the conversation goes on: a server may be started again meanwhile. */
static int chat(struct hearth_conversation *conversation)
{
    struct hearth_line_editor *editor = hearth_line_editor_create();
    printf("%s%s — /bye ends the conversation, /? shows help%s\n", hearth_style(HEARTH_DIM),
           conversation->model, hearth_style(HEARTH_PLAIN));
    for (bool end = false; !end;) {
        const char *line = "";
        enum hearth_line_result result = hearth_line_editor_read(editor, ">>> ", &line);
        if (result == HEARTH_LINE_END)
            break;
        /* A line that was dropped with Ctrl-C or is blank asks nothing. */
        if (result == HEARTH_LINE_DROPPED || line[strspn(line, " \t")] == '\0')
            continue;
        if (!take_command(conversation, line, &end))
            answer_in_chat(conversation, line);
    }
    hearth_line_editor_destroy(editor);
    return 0;
}

/* Standard input without the line ends at its end, which come from the pipe and are no part of the
 * question. */
static int append_input(struct hearth_buf *prompt, struct hearth_error *error)
{
    int rc = hearth_descriptor_read(STDIN_FILENO, "standard input", prompt, error);
    while (prompt->length && strchr("\n\r", prompt->bytes[prompt->length - 1]))
        prompt->length--;
    return rc;
}

/* The words behind the name, where "-" stands for standard input; without words, what comes
 * through a pipe. */
static int gather_prompt(const struct hearth_invocation *invocation, struct hearth_buf *prompt,
                         struct hearth_error *error)
{
    int rc = 0;
    bool is_pipe = !isatty(STDIN_FILENO);
    for (size_t i = 1; !rc && i < invocation->argument_count; i++) {
        const char *word = invocation->arguments[i];
        if (i > 1)
            hearth_buf_char(prompt, ' ');
        if (strcmp(word, "-") == 0)
            rc = append_input(prompt, error);
        else if (hearth_buf_text(prompt, word))
            rc = hearth_error_set(error, HEARTH_ETOOLARGE, "the prompt is too long");
    }
    /* With a prompt or a pipe there is no chat, so an empty prompt is an error and not the start of
     * one. */
    if (invocation->argument_count > 1 || is_pipe) {
        if (invocation->argument_count == 1)
            rc = append_input(prompt, error);
        if (!rc && prompt->length == 0)
            rc = hearth_error_set(error, HEARTH_EINVAL, "the prompt is empty");
    }
    if (!rc && !hearth_utf8_valid(prompt->bytes, prompt->length))
        rc = hearth_error_set(error, HEARTH_EPARSE, "the prompt is not UTF-8 text");
    return rc;
}

/* Ctrl-C is watched from here on, so that it stops an answer and not the program. */
static int converse(struct hearth_invocation *invocation, struct hearth_conversation *conversation,
                    struct hearth_error *error)
{
    struct hearth_buf prompt;
    hearth_buf_init(&prompt, PROMPT_MAX);
    int rc = take_options(invocation, conversation, error);
    if (!rc)
        rc = gather_prompt(invocation, &prompt, error);
    /* Not before the prompt is read: while standard input is waited for, Ctrl-C ends the program.
     */
    hearth_interrupt_watch();
    if (!rc && prompt.length == 0)
        rc = chat(conversation);
    else if (!rc)
        rc = answer_once(conversation, hearth_buf_cstr(&prompt), invocation->json, error);
    hearth_buf_finish(&prompt);
    return rc;
}

int hearth_cli_run(struct hearth_invocation *invocation, struct hearth_error *error)
{
    struct hearth_client *client;
    int rc = hearth_client_need(invocation, &client, error);
    if (rc)
        return rc;
    struct hearth_conversation conversation;
    hearth_conversation_init(&conversation, client, invocation->arguments[0]);
    rc = converse(invocation, &conversation, error);
    hearth_conversation_finish(&conversation);
    hearth_client_destroy(client);
    return rc;
}
