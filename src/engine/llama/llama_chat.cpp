/* Making and rendering: everything of llama-common that runs a template runs in `bounded`. */
#include "engine/llama/llama_bounds.hpp"
#include "engine/llama/llama_chat_parts.hpp"

#include <common.h>
#include <log.h>

#include <algorithm>
#include <cstdio>
#include <exception>

struct hearth_chat {
    common_chat_templates_ptr templates;
    hearth_chat_abilities abilities = {};
};

namespace
{

/* Processor time and memory of a template. Of short messages the library renders 5,000 in 0.7 s,
 * 10,000 in 1.8 s and 20,000 in 5 s (1.3 MiB), so a long conversation gets more. */
constexpr uint64_t base_ms = 4000, ms_per_mib = 20000;
/* At an install a template is made and renders one message, which takes some milliseconds. */
constexpr uint64_t trial_ms = 2000;
constexpr size_t base_bytes = 128u << 20, bytes_per_byte = 64;
/* A prompt is the conversation and what the template says around it. */
constexpr size_t prompt_base = 1u << 20, prompt_per_byte = 8;

/* The library's own words are for the log: one line, cut. */
void log_words(const char *words)
{
    std::string line = std::string(words).substr(0, 1000);
    std::replace(line.begin(), line.end(), '\n', ' ');
    std::fprintf(stderr, "llama: chat template: %s\n", line.c_str());
}

int bound_error(struct hearth_error *error, const hearth_bound_reached &reached)
{
    char words[64];
    hearth_bound_words(reached, words, sizeof(words));
    return hearth_error_set(error, HEARTH_EMODEL, "the model's chat template %s and was stopped",
                            words);
}

/* Behind the last `mark`, up to the end of the line. */
std::string behind(const std::string &words, const char *mark)
{
    size_t at = words.rfind(mark);
    if (at == std::string::npos)
        return "";
    at += std::char_traits<char>::length(mark);
    return words.substr(at, words.find('\n', at) - at);
}

/* How a message begins that hands on a template's complaint; hearth_chat_check knows one by it. */
constexpr const char *complaint_words = "the model's chat template refuses this conversation: ";

/* A template complains with raise_exception('…'): the model's own words, which help. Of all else
 * that goes wrong while it runs, the place is told. */
int fault_error(struct hearth_error *error, const char *library_words)
{
    const std::string words = library_words;
    const std::string complaint = behind(words, "Jinja Exception: ");
    log_words(library_words);
    if (!complaint.empty())
        return hearth_error_set(error, HEARTH_EINVAL, "%s%.300s", complaint_words,
                                complaint.c_str());
    std::string place = behind(words, " at line ");
    place = place.substr(0, place.find(" in source"));
    if (place.empty())
        return hearth_error_set(error, HEARTH_EINVAL,
                                "the model's chat template cannot render this conversation");
    return hearth_error_set(error, HEARTH_EINVAL,
                            "the model's chat template cannot render this conversation: it fails "
                            "at line %.40s",
                            place.c_str());
}

uint64_t allowed_ms(size_t input_bytes)
{
    return base_ms + ms_per_mib * (input_bytes >> 10) / 1024;
}

template <typename F>
int bounded(struct hearth_error *error, uint64_t processor_ms, size_t input_bytes, F &&body)
{
    try {
        hearth_bounds bounds(processor_ms, base_bytes + bytes_per_byte * input_bytes);
        return body();
    } catch (const hearth_bound_reached &reached) {
        return bound_error(error, reached);
    } catch (const hearth_chat_fault &fault) {
        return hearth_error_set(error, fault.code, "%s", fault.text.c_str());
    } catch (const std::bad_alloc &) {
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory for the chat template");
    } catch (const std::exception &fault) {
        return fault_error(error, fault.what());
    } catch (...) {
        return hearth_error_set(error, HEARTH_EINTERNAL, "the chat template fails");
    }
}

/* The library parses templates when it makes them, so each text is checked before. */
void make(hearth_chat &chat, const struct llama_model *model, const char *text)
{
    common_log_set_verbosity_thold(-1);
    if (text != nullptr) {
        hearth_chat_check_text(text);
    } else {
        for (const char *name : {static_cast<const char *>(nullptr), "tool_use"}) {
            const char *own = llama_model_chat_template(model, name);
            if (own != nullptr)
                hearth_chat_check_text(own);
        }
    }
    chat.templates = common_chat_templates_init(model, text != nullptr ? text : "");
    auto abilities = common_chat_templates_get_caps(chat.templates.get());
    chat.abilities = {.parallel_tools = abilities["supports_parallel_tool_calls"],
                      .object_arguments = abilities["supports_object_arguments"]};
}

/* The size of the prompt is bounded by that of the conversation: a template that multiplies its
 * input is a fault of the template. */
int render(const hearth_chat &chat, const std::string &json, size_t messages_max,
           struct hearth_buf *prompt, struct hearth_buf *stops, struct hearth_error *error)
{
    common_json body = common_json::parse_no_throw(json);
    if (body.is_discarded())
        return hearth_error_set(error, HEARTH_EPARSE, "the conversation is not JSON");
    auto inputs = hearth_conversation_read(body, chat.abilities);
    if (inputs.messages.size() > messages_max)
        return hearth_error_set(error, HEARTH_ECONTEXT,
                                "This model's maximum context length is %zu tokens. However, the "
                                "conversation has %zu messages, each of at least one token. Please "
                                "reduce the length of the messages. The prompt is too long.",
                                messages_max, inputs.messages.size());
    auto rendered = common_chat_templates_apply(chat.templates.get(), inputs);
    if (rendered.prompt.size() > prompt_base + prompt_per_byte * json.size())
        throw hearth_bound_reached{hearth_bound::memory, 0};
    hearth_buf_append(prompt, rendered.prompt.data(), rendered.prompt.size());
    for (const auto &stop : rendered.additional_stops)
        hearth_buf_append(stops, stop.c_str(), stop.size() + 1);
    if (prompt->failed != 0 || stops->failed != 0)
        return hearth_error_set(error, HEARTH_ETOOLARGE, "the rendered conversation is too long");
    return 0;
}

} // namespace

extern "C" int hearth_chat_create(const struct llama_model *model, const char *template_text,
                                  struct hearth_chat **ret_chat, struct hearth_error *error)
{
    auto *chat = new hearth_chat;
    int rc = bounded(error, allowed_ms(0), 0, [&] {
        make(*chat, model, template_text);
        return 0;
    });
    if (rc == 0) {
        *ret_chat = chat;
        return 0;
    }
    delete chat;
    /* Nobody has asked anything yet: the fault is the model's, whatever it is called. */
    if (rc == HEARTH_EINVAL && error != nullptr)
        error->code = HEARTH_EMODEL;
    return rc == HEARTH_EINVAL ? static_cast<int>(HEARTH_EMODEL) : rc;
}

extern "C" void hearth_chat_destroy(struct hearth_chat *chat)
{
    delete chat;
}

extern "C" int hearth_chat_render(const struct hearth_chat *chat, const char *json, size_t length,
                                  size_t messages_max, struct hearth_buf *prompt,
                                  struct hearth_buf *stops, struct hearth_error *error)
{
    return bounded(error, allowed_ms(length), length, [&] {
        return render(*chat, std::string(json, length), messages_max, prompt, stops, error);
    });
}

/* A conversation that any template for chats can render; a template that refuses it in its own
 * words runs, and is taken. An empty text is none, as llama-common has it: ChatML is used then. */
extern "C" int hearth_chat_check(const char *text, size_t length, struct hearth_error *error)
{
    if (length == 0)
        return 0;
    static const std::string small = R"({"messages":[{"role":"user","content":"Hello"}]})";
    struct hearth_error fault = {};
    std::string copy(text, length);
    if (copy.find('\0') != std::string::npos)
        return hearth_error_set(error, HEARTH_EMODEL, "the chat template holds a NUL");
    struct hearth_buf prompt, stops;
    hearth_buf_init(&prompt, 64u << 20);
    hearth_buf_init(&stops, 64u << 10);
    int rc = bounded(&fault, trial_ms, small.size(), [&] {
        hearth_chat chat;
        make(chat, nullptr, copy.c_str());
        return render(chat, small, 1, &prompt, &stops, &fault);
    });
    hearth_buf_finish(&prompt);
    hearth_buf_finish(&stops);
    if (rc == HEARTH_EINVAL && std::string(fault.message).rfind(complaint_words, 0) == 0)
        return 0;
    return rc == 0 ? 0 : hearth_error_set(error, HEARTH_EMODEL, "%s", fault.message);
}

extern "C" const char *hearth_chat_at_work(const char **ret_why)
{
    static char why[64];
    if (!hearth_bounds::running(why, sizeof(why)))
        return nullptr;
    *ret_why = why[0] != '\0' ? why : nullptr;
    return "the model's chat template";
}
