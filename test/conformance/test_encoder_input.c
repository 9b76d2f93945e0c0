/* What the encoder makes of an input: prompts, and what stays when it is cut. The model is a small
 * one of test/golden/encoder, whose words are the letters: "[PAD] [UNK] [CLS] [SEP] a b …". */
#include "support/encoder_folder.h"
#include "support/encoder_plugin.h"

enum { CLS = 2, SEP = 3, A = 4, CONTEXT = 10, WIDTH = 48 };

#define PROMPTS "{\"prompts\":{\"ask\":\"q r \",\"long\":\"a b c d e f g h \",\"bare\":\"\"}"

/* The model with a config_sentence_transformers.json. */
static struct encoder_folder make_folder(const char *prompts)
{
    struct encoder_folder folder = encoder_folder_make("bert");
    encoder_folder_write(&folder, "config_sentence_transformers.json", prompts);
    return folder;
}

static struct hearth_engine *load(const struct encoder_folder *folder, uint32_t context)
{
    const struct hearth_model_files files = {.path = folder->path};
    const struct hearth_load_params params = {.threads = 1, .slots = 2, .context = context};
    struct hearth_model_facts facts;
    struct hearth_engine *engine = NULL;
    struct hearth_error error = {0};
    if (ops->load(&files, &params, NULL, &engine, &facts, &error))
        fail_msg("%s", error.message);
    return engine;
}

static struct hearth_input text_input(const char *text, const char *prompt_name,
                                      enum hearth_truncate truncate)
{
    return (struct hearth_input){.task = HEARTH_TASK_EMBED,
                                 .kind = HEARTH_INPUT_TEXT,
                                 .bytes = text,
                                 .length = strlen(text),
                                 .prompt_name = prompt_name,
                                 .truncate = truncate};
}

/* "[qrab]": brackets are CLS and SEP, letters are themselves. */
static void assert_prepared(struct hearth_engine *engine, const struct hearth_input *input,
                            const char *wanted, uint32_t truncated)
{
    struct hearth_prepared *prepared;
    struct hearth_error error = {0};
    char got[64] = "";
    if (ops->prepare(engine, input, &prepared, &error))
        fail_msg("%s", error.message);
    assert_true(prepared->token_count < sizeof(got));
    for (uint32_t i = 0; i < prepared->token_count; i++) {
        int32_t id = prepared->tokens[i];
        got[i] = id == CLS ? '[' : id == SEP ? ']' : id >= A ? (char)('a' + id - A) : '?';
    }
    assert_string_equal(got, wanted);
    assert_int_equal(prepared->truncated_count, truncated);
    ops->discard(engine, prepared);
}

static void assert_refused(struct hearth_engine *engine, const struct hearth_input *input, int code,
                           const char *words)
{
    struct hearth_prepared *prepared;
    struct hearth_error error = {0};
    assert_int_equal(ops->prepare(engine, input, &prepared, &error), code);
    if (!strstr(error.message, words))
        fail_msg("\"%s\" does not say \"%s\"", error.message, words);
}

static void the_default_prompt_goes_before_a_text_that_names_none(void **state)
{
    (void)state;
    struct encoder_folder folder = make_folder(PROMPTS ",\"default_prompt_name\":\"ask\"}");
    struct hearth_engine *engine = load(&folder, 0);
    const int32_t ids[] = {CLS, A, SEP};
    struct hearth_input input = text_input("a b", NULL, HEARTH_TRUNCATE_NEVER);
    assert_prepared(engine, &input, "[qrab]", 0);
    input.prompt_name = "bare";
    assert_prepared(engine, &input, "[ab]", 0);
    input.prompt_name = "";
    assert_prepared(engine, &input, "[ab]", 0);
    input.prompt_name = "other";
    assert_refused(engine, &input, HEARTH_EINVAL, "it has ask, long, bare");
    input.prompt_name = NULL;
    input.task = HEARTH_TASK_TOKENIZE;
    assert_prepared(engine, &input, "[ab]", 0);
    input = (struct hearth_input){
        .task = HEARTH_TASK_EMBED, .kind = HEARTH_INPUT_TOKENS, .tokens = ids, .token_count = 3};
    assert_prepared(engine, &input, "[a]", 0);
    ops->unload(engine);
    encoder_folder_remove(&folder);
}

static void a_default_prompt_is_told_and_must_exist(void **state)
{
    (void)state;
    struct encoder_folder folder = make_folder(PROMPTS ",\"default_prompt_name\":\"ask\"}");
    const struct hearth_model_files files = {.path = folder.path};
    struct hearth_model_facts facts;
    struct hearth_error error = {0};
    assert_int_equal(ops->describe(&files, &facts, &error), 0);
    assert_string_equal(facts.default_prompt, "ask");
    encoder_folder_remove(&folder);

    folder = make_folder(PROMPTS ",\"default_prompt_name\":null}");
    assert_int_equal(ops->describe(&files, &facts, &error), 0);
    assert_string_equal(facts.default_prompt, "");
    encoder_folder_remove(&folder);

    folder = make_folder(PROMPTS ",\"default_prompt_name\":\"gone\"}");
    assert_int_equal(ops->describe(&files, &facts, &error), HEARTH_EMODEL);
    assert_non_null(strstr(error.message, "\"gone\" is not among the prompts"));
    encoder_folder_remove(&folder);
}

static void a_cut_leaves_the_prompt_and_special_tokens(void **state)
{
    (void)state;
    struct encoder_folder folder = make_folder(PROMPTS "}");
    struct hearth_engine *engine = load(&folder, CONTEXT);
    const char *text = "a b c d e f g h i j";
    struct hearth_input input = text_input(text, "ask", HEARTH_TRUNCATE_END);
    assert_prepared(engine, &input, "[qrabcdef]", 4);
    input.truncate = HEARTH_TRUNCATE_START;
    assert_prepared(engine, &input, "[qrefghij]", 4);
    input.prompt_name = NULL;
    assert_prepared(engine, &input, "[cdefghij]", 2);
    input.truncate = HEARTH_TRUNCATE_END;
    assert_prepared(engine, &input, "[abcdefgh]", 2);
    input = text_input("a b c d e f", "ask", HEARTH_TRUNCATE_START);
    assert_prepared(engine, &input, "[qrabcdef]", 0);
    ops->unload(engine);
    encoder_folder_remove(&folder);
}

static void a_prompt_without_room_for_a_text_is_refused_with_both_numbers(void **state)
{
    (void)state;
    struct encoder_folder folder = make_folder(PROMPTS "}");
    struct hearth_engine *engine = load(&folder, CONTEXT);
    const char *words = "maximum context length is 10 tokens. However, the prompt has 10, special "
                        "ones included, which leaves no room for the text.";
    struct hearth_input input = text_input("x", "long", HEARTH_TRUNCATE_END);
    assert_refused(engine, &input, HEARTH_ECONTEXT, words);
    input.truncate = HEARTH_TRUNCATE_START;
    assert_refused(engine, &input, HEARTH_ECONTEXT, words);
    input.truncate = HEARTH_TRUNCATE_NEVER;
    assert_refused(engine, &input, HEARTH_ECONTEXT, "requested 11 tokens (11 in the input)");
    ops->unload(engine);

    engine = load(&folder, 2);
    input = text_input("a b c", NULL, HEARTH_TRUNCATE_END);
    assert_refused(engine, &input, HEARTH_ECONTEXT,
                   "length is 2 tokens. However, 2 special tokens leave no room");
    ops->unload(engine);
    encoder_folder_remove(&folder);
}

static void ids_that_are_cut_keep_their_special_tokens(void **state)
{
    (void)state;
    enum { COUNT = 14 };
    struct encoder_folder folder = make_folder(PROMPTS ",\"default_prompt_name\":\"ask\"}");
    struct hearth_engine *engine = load(&folder, CONTEXT);
    int32_t ids[COUNT];
    for (int i = 0; i < COUNT; i++)
        ids[i] = A + i;
    ids[0] = CLS;
    ids[COUNT - 1] = SEP;
    struct hearth_input input = {.task = HEARTH_TASK_EMBED,
                                 .kind = HEARTH_INPUT_TOKENS,
                                 .tokens = ids,
                                 .token_count = COUNT,
                                 .truncate = HEARTH_TRUNCATE_END};
    assert_prepared(engine, &input, "[bcdefghi]", 4);
    input.truncate = HEARTH_TRUNCATE_START;
    assert_prepared(engine, &input, "[fghijklm]", 4);
    ops->unload(engine);
    encoder_folder_remove(&folder);
}

/* Ids of OpenAI's vocabulary, which LangChain sends, are small numbers like any others. */
static void ids_of_another_model_are_refused(void **state)
{
    (void)state;
    struct encoder_folder folder = make_folder(PROMPTS "}");
    struct hearth_engine *engine = load(&folder, CONTEXT);
    static const int32_t rows[][4] = {
        {A, A + 1, A + 2, A + 3}, {CLS, A, A + 1, A + 2}, {A, A + 1, A + 2, SEP}, {SEP, A, A, CLS}};
    struct hearth_input input = {.task = HEARTH_TASK_EMBED, .kind = HEARTH_INPUT_TOKENS};
    input.token_count = 4;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        input.tokens = rows[i];
        assert_refused(engine, &input, HEARTH_EINVAL, "check_embedding_ctx_length=False");
    }
    input.token_count = 1; /* it cannot open and close */
    input.tokens = (const int32_t[]){CLS};
    assert_refused(engine, &input, HEARTH_EINVAL, "do not begin and end");
    input.tokens = (const int32_t[]){100000};
    assert_refused(engine, &input, HEARTH_EINVAL, "check_embedding_ctx_length=False");
    input.token_count = 2;
    input.tokens = (const int32_t[]){CLS, SEP};
    assert_prepared(engine, &input, "[]", 0);
    ops->unload(engine);
    encoder_folder_remove(&folder);
}

struct last_vector {
    struct hearth_event_sink sink;
    float values[WIDTH];
};

static void take_vector(struct hearth_event_sink *sink, const struct hearth_event *event)
{
    struct last_vector *vector = (struct last_vector *)sink;
    if (event->kind != HEARTH_EVENT_VECTOR)
        return;
    assert_int_equal(event->value_count, WIDTH);
    memcpy(vector->values, event->values, sizeof(vector->values));
}

/* The model with this pooling and a tokenizer that closes texts with nothing, so that in "ask: x"
 * the last token is all that is not prompt. */
static struct last_vector vector_with(const char *pooling)
{
    struct encoder_folder folder = make_folder(PROMPTS "}");
    encoder_folder_mkdir(&folder, "pool");
    encoder_folder_write(&folder, "modules.json",
                         "[{\"type\":\"sentence_transformers.models.Pooling\",\"path\":\"pool\"}]");
    encoder_folder_write(&folder, "pool/config.json", pooling);
    encoder_folder_write(
        &folder, "tokenizer.json",
        "{\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"},\"post_processor\":{\"type\":"
        "\"TemplateProcessing\",\"single\":[{\"SpecialToken\":{\"id\":\"[CLS]\"}},"
        "{\"Sequence\":{\"id\":\"A\"}}],\"pair\":[],\"special_tokens\":{\"[CLS]\":{\"ids\":"
        "[2]}}},\"model\":{\"type\":\"WordPiece\",\"unk_token\":\"[UNK]\",\"vocab\":"
        "{\"[UNK]\":1,\"[CLS]\":2,\"q\":20,\"r\":21,\"x\":27}}}");
    struct hearth_engine *engine = load(&folder, 0);
    struct hearth_prepared *prepared;
    struct hearth_error error = {0};
    struct last_vector vector = {.sink.emit = take_vector};
    const struct hearth_input input = text_input("x", "ask", HEARTH_TRUNCATE_NEVER);
    assert_int_equal(ops->prepare(engine, &input, &prepared, &error), 0);
    const struct hearth_step_item item = {.begin = prepared, .token_count = prepared->token_count};
    assert_int_equal(prepared->token_count, 4);
    assert_int_equal(ops->step(engine, &item, 1, &vector.sink, &error), 0);
    ops->discard(engine, prepared);
    ops->unload(engine);
    encoder_folder_remove(&folder);
    return vector;
}

static void a_pooling_without_the_prompt_leaves_its_tokens_out(void **state)
{
    (void)state;
    struct last_vector last = vector_with("{\"pooling_mode_lasttoken\":true}");
    struct last_vector all = vector_with("{\"pooling_mode_mean_tokens\":true}");
    struct last_vector rest =
        vector_with("{\"pooling_mode_mean_tokens\":true,\"include_prompt\":false}");
    struct last_vector most =
        vector_with("{\"pooling_mode_max_tokens\":true,\"include_prompt\":false}");
    assert_memory_equal(rest.values, last.values, sizeof(last.values));
    assert_memory_equal(most.values, last.values, sizeof(last.values));
    assert_memory_not_equal(all.values, last.values, sizeof(last.values));
}

static uint32_t context_with(const char *tokenizer_config)
{
    struct encoder_folder folder = encoder_folder_make("bert");
    encoder_folder_write(&folder, "tokenizer_config.json", tokenizer_config);
    const struct hearth_model_files files = {.path = folder.path};
    struct hearth_model_facts facts;
    struct hearth_error error = {0};
    if (ops->describe(&files, &facts, &error))
        fail_msg("%s", error.message);
    ops->unload(load(&folder, 0));
    encoder_folder_remove(&folder);
    return facts.trained_context;
}

static void a_limit_too_big_for_64_bits_is_no_limit(void **state)
{
    (void)state;
    enum { POSITIONS = 80 };
    assert_int_equal(context_with("{\"model_max_length\":1000000000000000019884624838656}"),
                     POSITIONS);
    assert_int_equal(context_with("{\"model_max_length\":1e30,\"x\":-99999999999999999999}"),
                     POSITIONS);
    assert_int_equal(context_with("{\"model_max_length\":1e999}"), POSITIONS);
    assert_int_equal(context_with("{\"x\":[18446744073709551615],\"model_max_length\":70}"), 70);
}

static void a_padding_id_that_tells_no_position_may_be_any(void **state)
{
    (void)state;
    static const char *const names[] = {"modernbert", "bert", "mpnet"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct encoder_folder folder = encoder_folder_make(names[i]);
        encoder_folder_patch(&folder, "config.json", "{\"pad_token_id\":90}"); /* of 80 positions */
        ops->unload(load(&folder, 0));
        encoder_folder_remove(&folder);
    }
}

static void texts_have_a_length_that_is_looked_at(void **state)
{
    (void)state;
    enum { MOST = 2 << 20, TOKENIZED_MOST = 4 << 20 };
    struct encoder_folder folder = encoder_folder_make("bert");
    struct hearth_engine *engine = load(&folder, CONTEXT);
    char *text = hearth_alloc(TOKENIZED_MOST + 1);
    memset(text, ' ', TOKENIZED_MOST + 1);
    text[MOST / 2] = 'a';
    struct hearth_input input = text_input("", NULL, HEARTH_TRUNCATE_END);
    input.bytes = text;
    input.length = MOST;
    assert_prepared(engine, &input, "[a]", 0);
    input.length++;
    assert_refused(engine, &input, HEARTH_ECONTEXT,
                   "maximum context length is 10 tokens. However, the input has 2097153 bytes; a "
                   "text of more than 2097152 bytes is not read");
    input.task = HEARTH_TASK_TOKENIZE;
    input.length = TOKENIZED_MOST;
    assert_prepared(engine, &input, "[a]", 0);
    input.length++;
    assert_refused(engine, &input, HEARTH_ETOOLARGE, "4194305 bytes");
    hearth_free(text);
    ops->unload(engine);
    encoder_folder_remove(&folder);
}

static void what_nobody_waits_for_is_not_prepared(void **state)
{
    (void)state;
    struct encoder_folder folder = make_folder(PROMPTS "}");
    struct hearth_engine *engine = load(&folder, CONTEXT);
    _Atomic int canceled = 0;
    struct hearth_input input = text_input("a b c", NULL, HEARTH_TRUNCATE_NEVER);
    input.canceled = &canceled;
    assert_prepared(engine, &input, "[abc]", 0);
    canceled = 1;
    assert_refused(engine, &input, HEARTH_ECANCELED, "canceled");
    ops->unload(engine);
    encoder_folder_remove(&folder);
}

/* A hundred prompts of a thousand letters each: what is shown of them is shorter. */
static void many_long_prompts_are_shown_in_part_and_used_whole(void **state)
{
    (void)state;
    enum { PROMPT_COUNT = 100, PROMPT_LETTERS = 1000 };
    struct hearth_buf text;
    hearth_buf_init(&text, 1 << 20);
    hearth_buf_text(&text, "{\"prompts\":{");
    for (int i = 0; i < PROMPT_COUNT; i++) {
        hearth_buf_printf(&text, "%s\"p%d\":\"b \xc3\xa4", i ? "," : "", i);
        for (int k = 0; k < PROMPT_LETTERS; k++)
            hearth_buf_text(&text, k + 1 < PROMPT_LETTERS ? "\xc3\xa4" : " c ");
        hearth_buf_char(&text, '"');
    }
    hearth_buf_text(&text, "}}");
    struct encoder_folder folder = make_folder(hearth_buf_cstr(&text));
    hearth_buf_finish(&text);
    struct hearth_engine *engine = load(&folder, CONTEXT);
    const struct hearth_input input = text_input("a", "p99", HEARTH_TRUNCATE_NEVER);
    assert_prepared(engine, &input, "[b?ca]", 0);
    const struct hearth_model_files files = {.path = folder.path};
    struct hearth_model_facts facts;
    struct hearth_error error = {0};
    assert_int_equal(ops->describe(&files, &facts, &error), 0);
    json_t *shown = hearth_json_parse(facts.prompts_json, strlen(facts.prompts_json), &error);
    assert_int_equal(json_object_size(shown), PROMPT_COUNT);
    const char *last = hearth_json_text(shown, "p99", "");
    assert_memory_equal(last, "b \xc3\xa4", 4);
    assert_string_equal(last + strlen(last) - 3, "\xe2\x80\xa6");
    json_decref(shown);
    ops->unload(engine);
    encoder_folder_remove(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_default_prompt_goes_before_a_text_that_names_none),
        cmocka_unit_test(a_default_prompt_is_told_and_must_exist),
        cmocka_unit_test(a_cut_leaves_the_prompt_and_special_tokens),
        cmocka_unit_test(a_prompt_without_room_for_a_text_is_refused_with_both_numbers),
        cmocka_unit_test(ids_that_are_cut_keep_their_special_tokens),
        cmocka_unit_test(ids_of_another_model_are_refused),
        cmocka_unit_test(a_pooling_without_the_prompt_leaves_its_tokens_out),
        cmocka_unit_test(a_limit_too_big_for_64_bits_is_no_limit),
        cmocka_unit_test(a_padding_id_that_tells_no_position_may_be_any),
        cmocka_unit_test(texts_have_a_length_that_is_looked_at),
        cmocka_unit_test(what_nobody_waits_for_is_not_prepared),
        cmocka_unit_test(many_long_prompts_are_shown_in_part_and_used_whole),
    };
    return cmocka_run_group_tests(tests, open_plugin, NULL);
}
