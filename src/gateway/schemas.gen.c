/* Made by scripts/generate from api/schemas/; do not edit. */
#include "gateway/schemas.gen.h"

#include "gateway/checks.h"

/* clang-format off */
static const struct hearth_schema node_1 = {
    .expected = "a string of at most 64 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 64,
};
static const struct hearth_schema_property top_message_block_properties[] = {
    {"type", &node_1, true},
};
const struct hearth_schema hearth_schema_message_block = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_message_block_properties,
    .property_count = 1,
};
static const struct hearth_schema node_2 = {
    .expected = "\"text\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"text", NULL},
};
static const struct hearth_schema node_3 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema_property top_system_block_properties[] = {
    {"type", &node_2, true},
    {"text", &node_3, true},
};
const struct hearth_schema hearth_schema_system_block = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_system_block_properties,
    .property_count = 2,
};
static const struct hearth_schema node_4 = {
    .expected = "\"user\" or \"assistant\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"user", "assistant", NULL},
};
static const struct hearth_schema node_6 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_7 = {
    .expected = "an array of objects of at most 4,096 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_max = 4096,
    .items = &hearth_schema_message_block,
};
static const struct hearth_schema node_5 = {
    .expected = "a string or an array of objects of at most 4,096 items",
    .any_of = (const struct hearth_schema *const[]){&node_6, &node_7, NULL},
};
static const struct hearth_schema_property top_anthropic_message_properties[] = {
    {"role", &node_4, true},
    {"content", &node_5, true},
};
const struct hearth_schema hearth_schema_anthropic_message = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_anthropic_message_properties,
    .property_count = 2,
};
const struct hearth_schema hearth_schema_anthropic_messages = {
    .expected = "an array of objects of 1 to 65,536 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 65536,
    .items = &hearth_schema_anthropic_message,
};
static const struct hearth_schema node_8 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_9 = {
    .expected = "an array of objects of at most 4,096 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_max = 4096,
    .items = &hearth_schema_system_block,
};
static const struct hearth_schema node_10 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
const struct hearth_schema hearth_schema_anthropic_system = {
    .expected = "a string or an array of objects of at most 4,096 items",
    .any_of = (const struct hearth_schema *const[]){&node_8, &node_9, &node_10, NULL},
};
static const struct hearth_schema node_11 = {
    .expected = "a string of 1 to 256 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 256,
};
static const struct hearth_schema node_12 = {
    .expected = "a string of at most 64 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 64,
};
static const struct hearth_schema node_13 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_14 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_15 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_anthropic_tool_properties[] = {
    {"name", &node_11, true},
    {"type", &node_12, false},
    {"description", &node_13, false},
    {"input_schema", &node_14, false},
    {"strict", &node_15, false},
};
const struct hearth_schema hearth_schema_anthropic_tool = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_anthropic_tool_properties,
    .property_count = 5,
};
const struct hearth_schema hearth_schema_anthropic_tools = {
    .expected = "an array of objects of at most 1,024 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 1024,
    .items = &hearth_schema_anthropic_tool,
};
static const struct hearth_schema node_16 = {
    .expected = "\"auto\", \"any\", \"tool\" or \"none\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"auto", "any", "tool", "none", NULL},
};
static const struct hearth_schema node_17 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_18 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_anthropic_tool_choice_properties[] = {
    {"type", &node_16, true},
    {"name", &node_17, false},
    {"disable_parallel_tool_use", &node_18, false},
};
const struct hearth_schema hearth_schema_anthropic_tool_choice = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .properties = top_anthropic_tool_choice_properties,
    .property_count = 3,
};
static const struct hearth_schema node_19 = {
    .expected = "\"enabled\", \"adaptive\" or \"disabled\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"enabled", "adaptive", "disabled", NULL},
};
static const struct hearth_schema node_20 = {
    .expected = "an integer from 1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema_property top_anthropic_thinking_properties[] = {
    {"type", &node_19, true},
    {"budget_tokens", &node_20, false},
};
const struct hearth_schema hearth_schema_anthropic_thinking = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .properties = top_anthropic_thinking_properties,
    .property_count = 2,
};
static const struct hearth_schema node_21 = {
    .expected = "\"json_schema\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"json_schema", NULL},
};
static const struct hearth_schema node_22 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_anthropic_format_properties[] = {
    {"type", &node_21, true},
    {"schema", &node_22, false},
};
const struct hearth_schema hearth_schema_anthropic_format = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .properties = top_anthropic_format_properties,
    .property_count = 2,
};
static const struct hearth_schema node_23 = {
    .expected = "a string of at most 32 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 32,
};
static const struct hearth_schema_property top_anthropic_output_properties[] = {
    {"format", &hearth_schema_anthropic_format, false},
    {"effort", &node_23, false},
};
const struct hearth_schema hearth_schema_anthropic_output = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .properties = top_anthropic_output_properties,
    .property_count = 2,
};
static const struct hearth_schema node_24 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_25 = {
    .expected = "an integer from 1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER,
    .minimum = &(const double){1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_27 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_26 = {
    .expected = "an array of strings that are not empty of at most 16 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 16,
    .items = &node_27,
};
static const struct hearth_schema node_28 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_29 = {
    .expected = "a number from 0 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_30 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_31 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_32 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_33 = {
    .expected = "\"auto\" or \"standard_only\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"auto", "standard_only", NULL},
};
static const struct hearth_schema node_34 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_35 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_36 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_37 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_38 = {
    .expected = "nothing",
    .refused = "this server runs no code",
};
static const struct hearth_schema node_39 = {
    .expected = "an array",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_messages_request_properties[] = {
    {"model", &node_24, false},
    {"messages", &hearth_schema_anthropic_messages, true},
    {"max_tokens", &node_25, true},
    {"system", &hearth_schema_anthropic_system, false},
    {"stop_sequences", &node_26, false},
    {"stream", &node_28, false},
    {"temperature", &node_29, false},
    {"top_p", &node_30, false},
    {"top_k", &node_31, false},
    {"tools", &hearth_schema_anthropic_tools, false},
    {"tool_choice", &hearth_schema_anthropic_tool_choice, false},
    {"thinking", &hearth_schema_anthropic_thinking, false},
    {"output_config", &hearth_schema_anthropic_output, false},
    {"output_format", &hearth_schema_anthropic_format, false},
    {"metadata", &node_32, false},
    {"service_tier", &node_33, false},
    {"cache_control", &node_34, false},
    {"context_management", &node_35, false},
    {"inference_geo", &node_36, false},
    {"speed", &node_37, false},
    {"container", &node_38, false},
    {"mcp_servers", &node_39, false},
};
const struct hearth_schema hearth_schema_messages_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_messages_request_properties,
    .property_count = 22,
    .closed = true,
};
static const struct hearth_schema node_40 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_41 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_42 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_43 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_44 = {
    .expected = "an array",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_count_tokens_request_properties[] = {
    {"model", &node_40, false},
    {"messages", &hearth_schema_anthropic_messages, true},
    {"system", &hearth_schema_anthropic_system, false},
    {"tools", &hearth_schema_anthropic_tools, false},
    {"tool_choice", &hearth_schema_anthropic_tool_choice, false},
    {"thinking", &hearth_schema_anthropic_thinking, false},
    {"output_config", &hearth_schema_anthropic_output, false},
    {"output_format", &hearth_schema_anthropic_format, false},
    {"cache_control", &node_41, false},
    {"context_management", &node_42, false},
    {"speed", &node_43, false},
    {"mcp_servers", &node_44, false},
};
const struct hearth_schema hearth_schema_count_tokens_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_count_tokens_request_properties,
    .property_count = 12,
    .closed = true,
};
static const struct hearth_schema node_45 = {
    .expected = "an integer from 1 to 2,147,483,647, or -1 or null for no limit",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
    .check = hearth_check_max_tokens,
};
static const struct hearth_schema node_46 = {
    .expected = "a number from 0 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_47 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_48 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_49 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_50 = {
    .expected = "a number over 0 and at most 10",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){10.0},
};
static const struct hearth_schema node_51 = {
    .expected = "a number over 0 and at most 10",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){10.0},
};
static const struct hearth_schema node_52 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_53 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_54 = {
    .expected = "a number from -1 to 1000",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){1000.0},
};
static const struct hearth_schema node_55 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_56 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_57 = {
    .expected = "a number from 0 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_58 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_59 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_60 = {
    .expected = "a number from 1 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_61 = {
    .expected = "an integer from 0 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_62 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_64 = {
    .expected = "a string of 1 to 40 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 40,
};
static const struct hearth_schema node_63 = {
    .expected = "a list of up to 16 texts of 1 to 40 bytes",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 16,
    .items = &node_64,
};
static const struct hearth_schema node_65 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_66 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_67 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_68 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_69 = {
    .expected = "\"none\", \"start\" or \"end\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"none", "start", "end", NULL},
};
static const struct hearth_schema_property top_parameters_properties[] = {
    {"max_tokens", &node_45, false},
    {"temperature", &node_46, false},
    {"top_p", &node_47, false},
    {"top_k", &node_48, false},
    {"min_p", &node_49, false},
    {"repeat_penalty", &node_50, false},
    {"repetition_penalty", &node_51, false},
    {"repeat_last_n", &node_52, false},
    {"typical_p", &node_53, false},
    {"top_n_sigma", &node_54, false},
    {"xtc_probability", &node_55, false},
    {"xtc_threshold", &node_56, false},
    {"dynatemp_range", &node_57, false},
    {"dynatemp_exponent", &node_58, false},
    {"dry_multiplier", &node_59, false},
    {"dry_base", &node_60, false},
    {"dry_allowed_length", &node_61, false},
    {"dry_penalty_last_n", &node_62, false},
    {"dry_sequence_breakers", &node_63, false},
    {"presence_penalty", &node_65, false},
    {"frequency_penalty", &node_66, false},
    {"seed", &node_67, false},
    {"stop", &hearth_schema_stop, false},
    {"logit_bias", &hearth_schema_logit_bias, false},
    {"lora", &hearth_schema_lora, false},
    {"ignore_eos", &node_68, false},
    {"truncate", &node_69, false},
};
const struct hearth_schema hearth_schema_parameters = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .properties = top_parameters_properties,
    .property_count = 27,
    .closed = true,
};
static const struct hearth_schema node_71 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_73 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_72 = {
    .expected = "an array of strings of 1 to 2,048 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2048,
    .items = &node_73,
};
static const struct hearth_schema node_74 = {
    .expected = "an array of objects of 1 to 65,536 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 65536,
    .items = &hearth_schema_message,
};
static const struct hearth_schema node_76 = {
    .expected = "an array of objects of 1 to 65,536 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 65536,
    .items = &hearth_schema_message,
};
static const struct hearth_schema_property node_75_properties[] = {
    {"messages", &node_76, true},
};
static const struct hearth_schema node_75 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = node_75_properties,
    .property_count = 1,
    .closed = true,
};
static const struct hearth_schema node_70 = {
    .expected = "a string or an array of strings of 1 to 2,048 items or an array of objects of 1 to 65,536 items or an object",
    .any_of = (const struct hearth_schema *const[]){&node_71, &node_72, &node_74, &node_75, NULL},
};
static const struct hearth_schema_property top_infer_request_properties[] = {
    {"input", &node_70, true},
    {"parameters", &hearth_schema_parameters, false},
};
const struct hearth_schema hearth_schema_infer_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_infer_request_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_78 = {
    .expected = "an integer of at least 1",
    .types = HEARTH_SCHEMA_INTEGER,
    .minimum = &(const double){1.0},
};
static const struct hearth_schema node_79 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 256,
};
static const struct hearth_schema node_80 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_77 = {
    .expected = "an integer of at least 1 or a string of at most 256 characters",
    .any_of = (const struct hearth_schema *const[]){&node_78, &node_79, &node_80, NULL},
};
static const struct hearth_schema node_81 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_82 = {
    .expected = "an integer from 1 to 2,147,483,647, or -1 or null for no limit",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
    .check = hearth_check_max_tokens,
};
static const struct hearth_schema node_83 = {
    .expected = "a number from 0 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_84 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_85 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_86 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_87 = {
    .expected = "a number over 0 and at most 10",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){10.0},
};
static const struct hearth_schema node_88 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_inference_request_properties[] = {
    {"model_id", &node_77, false},
    {"prompt", &node_81, true},
    {"max_tokens", &node_82, false},
    {"temperature", &node_83, false},
    {"top_p", &node_84, false},
    {"top_k", &node_85, false},
    {"min_p", &node_86, false},
    {"repeat_penalty", &node_87, false},
    {"seed", &node_88, false},
    {"stop", &hearth_schema_stop, false},
};
const struct hearth_schema hearth_schema_inference_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_inference_request_properties,
    .property_count = 10,
    .closed = true,
};
static const struct hearth_schema node_89 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_90 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .takes_nul = true,
};
static const struct hearth_schema node_91 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .takes_nul = true,
};
static const struct hearth_schema node_92 = {
    .expected = "an array of objects of 1 to 65,536 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_min = 1,
    .length_max = 65536,
    .items = &hearth_schema_message,
};
static const struct hearth_schema node_93 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_94 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_95 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_tokenize_request_properties[] = {
    {"model", &node_89, false},
    {"content", &node_90, false},
    {"text", &node_91, false},
    {"messages", &node_92, false},
    {"add_special", &node_93, false},
    {"parse_special", &node_94, false},
    {"with_pieces", &node_95, false},
};
const struct hearth_schema hearth_schema_tokenize_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_tokenize_request_properties,
    .property_count = 7,
    .closed = true,
};
static const struct hearth_schema node_96 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_98 = {
    .expected = "an integer from 0 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_97 = {
    .expected = "an array of integers from 0 to 2,147,483,647 of at most 1,048,576 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_max = 1048576,
    .items = &node_98,
};
static const struct hearth_schema_property top_detokenize_request_properties[] = {
    {"model", &node_96, false},
    {"tokens", &node_97, true},
};
const struct hearth_schema hearth_schema_detokenize_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_detokenize_request_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_99 = {
    .expected = "a string of at most 1,024 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 1024,
};
const struct hearth_schema hearth_schema_tags = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .additional = &node_99,
};
const struct hearth_schema hearth_schema_settings = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .check = hearth_check_settings,
};
static const struct hearth_schema node_100 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
    .check = hearth_check_model_name,
};
static const struct hearth_schema node_101 = {
    .expected = "a string of 1 to 4,096 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 4096,
    .check = hearth_check_source,
};
static const struct hearth_schema node_103 = {
    .expected = "a string of at most 128 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 128,
};
static const struct hearth_schema node_104 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_102 = {
    .expected = "a string of at most 128 characters",
    .any_of = (const struct hearth_schema *const[]){&node_103, &node_104, NULL},
};
static const struct hearth_schema node_105 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .check = hearth_check_task,
};
static const struct hearth_schema node_106 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .check = hearth_check_task,
};
static const struct hearth_schema node_107 = {
    .expected = "a string of at most 16,384 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 16384,
};
static const struct hearth_schema node_109 = {
    .expected = "a string of at most 1,024 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 1024,
};
static const struct hearth_schema node_108 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .additional = &node_109,
};
static const struct hearth_schema node_110 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_111 = {
    .expected = "a string of 1 to 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_min = 1,
    .length_max = 256,
};
static const struct hearth_schema node_112 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .check = hearth_check_device,
};
static const struct hearth_schema node_113 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .check = hearth_check_settings,
};
static const struct hearth_schema node_114 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .check = hearth_check_settings,
};
static const struct hearth_schema_property top_model_create_properties[] = {
    {"name", &node_100, false},
    {"source", &node_101, true},
    {"version", &node_102, false},
    {"task", &node_105, false},
    {"task_type", &node_106, false},
    {"description", &node_107, false},
    {"tags", &node_108, false},
    {"base_model", &node_110, false},
    {"base", &node_111, false},
    {"device", &node_112, false},
    {"settings", &node_113, false},
    {"config", &node_114, false},
};
const struct hearth_schema hearth_schema_model_create = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_model_create_properties,
    .property_count = 12,
    .closed = true,
};
static const struct hearth_schema node_115 = {
    .expected = "a string of 1 to 4,096 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 4096,
    .check = hearth_check_source,
};
static const struct hearth_schema node_116 = {
    .expected = "a string of at most 128 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 128,
};
static const struct hearth_schema node_117 = {
    .expected = "a string of 1 to 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_min = 1,
    .length_max = 256,
};
static const struct hearth_schema_property top_version_create_properties[] = {
    {"source", &node_115, true},
    {"label", &node_116, false},
    {"base", &node_117, false},
};
const struct hearth_schema hearth_schema_version_create = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_version_create_properties,
    .property_count = 3,
    .closed = true,
};
static const struct hearth_schema node_118 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
    .check = hearth_check_task,
};
static const struct hearth_schema node_119 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
    .check = hearth_check_task,
};
static const struct hearth_schema node_120 = {
    .expected = "a string of at most 16,384 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 16384,
};
static const struct hearth_schema node_121 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 256,
};
static const struct hearth_schema node_122 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
    .check = hearth_check_device,
};
static const struct hearth_schema node_123 = {
    .expected = "an integer of at least 0",
    .types = HEARTH_SCHEMA_INTEGER,
    .minimum = &(const double){0.0},
};
static const struct hearth_schema_property top_model_update_properties[] = {
    {"task", &node_118, false},
    {"task_type", &node_119, false},
    {"description", &node_120, false},
    {"tags", &hearth_schema_tags, false},
    {"base_model", &node_121, false},
    {"device", &node_122, false},
    {"settings", &hearth_schema_settings, false},
    {"config", &hearth_schema_settings, false},
    {"revision", &node_123, false},
};
const struct hearth_schema hearth_schema_model_update = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_model_update_properties,
    .property_count = 9,
    .closed = true,
};
static const struct hearth_schema node_124 = {
    .expected = "an integer of at least 1",
    .types = HEARTH_SCHEMA_INTEGER,
    .minimum = &(const double){1.0},
};
static const struct hearth_schema node_125 = {
    .expected = "an integer of at least 0",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
};
static const struct hearth_schema_property top_alias_set_properties[] = {
    {"version", &node_124, true},
    {"revision", &node_125, false},
};
const struct hearth_schema hearth_schema_alias_set = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_alias_set_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_126 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_129 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_130 = {
    .expected = "an integer from 0 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_133 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_134 = {
    .expected = "an integer from 0 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_132 = {
    .expected = "a string or an integer from 0 to 2,147,483,647",
    .any_of = (const struct hearth_schema *const[]){&node_133, &node_134, NULL},
};
static const struct hearth_schema node_131 = {
    .expected = "an array of strings or an integer from 0 to 2,147,483,647 of 1 to 1,048,576 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 1048576,
    .items = &node_132,
};
static const struct hearth_schema node_128 = {
    .expected = "a string or an object or an integer from 0 to 2,147,483,647 or an array of strings or an integer from 0 to 2,147,483,647 of 1 to 1,048,576 items",
    .any_of = (const struct hearth_schema *const[]){&node_129, &hearth_schema_native_prompt_object, &node_130, &node_131, NULL},
};
static const struct hearth_schema node_127 = {
    .expected = "an array of strings or an object or an integer from 0 to 2,147,483,647 or an array of strings or an integer from 0 to 2,147,483,647 of 1 to 1,048,576 items of 1 to 1,048,576 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 1048576,
    .items = &node_128,
};
const struct hearth_schema hearth_schema_native_prompt = {
    .expected = "a text, a list of token ids or of texts and ids, or a list of 1 to 64 of these",
    .any_of = (const struct hearth_schema *const[]){&node_126, &hearth_schema_native_prompt_object, &node_127, NULL},
};
static const struct hearth_schema node_135 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_136 = {
    .expected = "nothing",
    .refused = "only text can be read here",
};
static const struct hearth_schema_property top_native_prompt_object_properties[] = {
    {"prompt_string", &node_135, true},
    {"multimodal_data", &node_136, false},
};
const struct hearth_schema hearth_schema_native_prompt_object = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_native_prompt_object_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_137 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_138 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_139 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_140 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_141 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_142 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_143 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_144 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_145 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_146 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_147 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_148 = {
    .expected = "a number from -1 to 1000",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){1000.0},
};
static const struct hearth_schema node_149 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_150 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_151 = {
    .expected = "a number over 0 and at most 10",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){10.0},
};
static const struct hearth_schema node_152 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_153 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_154 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_155 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_156 = {
    .expected = "a number from 1 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_157 = {
    .expected = "an integer from 0 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_158 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_160 = {
    .expected = "a string of 1 to 40 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 40,
};
static const struct hearth_schema node_159 = {
    .expected = "a list of up to 16 texts of 1 to 40 bytes",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 16,
    .items = &node_160,
};
static const struct hearth_schema node_161 = {
    .expected = "0: mirostat is not available here; top_p, min_p, typical_p, top_n_sigma, xtc and dry are",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){0.0},
};
static const struct hearth_schema node_162 = {
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_163 = {
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_166 = {
    .expected = "a string of at most 32 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 32,
};
static const struct hearth_schema node_165 = {
    .expected = "an array of strings of at most 32 characters of at most 16 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_max = 16,
    .items = &node_166,
};
static const struct hearth_schema node_167 = {
    .expected = "a string of at most 16 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 16,
};
static const struct hearth_schema node_168 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_164 = {
    .expected = "an array of strings of at most 32 characters of at most 16 items or a string of at most 16 characters",
    .any_of = (const struct hearth_schema *const[]){&node_165, &node_167, &node_168, NULL},
};
static const struct hearth_schema node_169 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_170 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_173 = {
    .expected = "a number from -100 to 100",
    .types = HEARTH_SCHEMA_NUMBER,
    .minimum = &(const double){-100.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_172 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .additional = &node_173,
};
static const struct hearth_schema node_175 = {
    .expected = "an array of 2 to 2 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 2,
    .length_max = 2,
};
static const struct hearth_schema node_174 = {
    .expected = "an array of arrays of 2 to 2 items of at most 1,024 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_max = 1024,
    .items = &node_175,
};
static const struct hearth_schema node_176 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_171 = {
    .expected = "an object or an array of arrays of 2 to 2 items of at most 1,024 items",
    .any_of = (const struct hearth_schema *const[]){&node_172, &node_174, &node_176, NULL},
};
static const struct hearth_schema node_177 = {
    .expected = "an integer from 0 to 20",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){20.0},
};
static const struct hearth_schema node_178 = {
    .expected = "a string of at most 1,048,576 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 1048576,
};
static const struct hearth_schema node_179 = {
    .expected = "any value",
};
static const struct hearth_schema node_180 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_181 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_182 = {
    .expected = "nothing",
    .refused = "probabilities behind the sampling rules are not known here; n_probs gives those before",
};
static const struct hearth_schema node_183 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_184 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_185 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_186 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_187 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_188 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_189 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_190 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_191 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_192 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_194 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 256,
};
static const struct hearth_schema node_193 = {
    .expected = "an array of strings of at most 256 characters of at most 64 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 64,
    .items = &node_194,
};
static const struct hearth_schema_property top_native_completion_request_properties[] = {
    {"prompt", &hearth_schema_native_prompt, true},
    {"model", &node_137, false},
    {"stream", &node_138, false},
    {"n_predict", &node_139, false},
    {"max_tokens", &node_140, false},
    {"temperature", &node_141, false},
    {"dynatemp_range", &node_142, false},
    {"dynatemp_exponent", &node_143, false},
    {"top_k", &node_144, false},
    {"top_p", &node_145, false},
    {"min_p", &node_146, false},
    {"typical_p", &node_147, false},
    {"top_n_sigma", &node_148, false},
    {"xtc_probability", &node_149, false},
    {"xtc_threshold", &node_150, false},
    {"repeat_penalty", &node_151, false},
    {"repeat_last_n", &node_152, false},
    {"presence_penalty", &node_153, false},
    {"frequency_penalty", &node_154, false},
    {"dry_multiplier", &node_155, false},
    {"dry_base", &node_156, false},
    {"dry_allowed_length", &node_157, false},
    {"dry_penalty_last_n", &node_158, false},
    {"dry_sequence_breakers", &node_159, false},
    {"mirostat", &node_161, false},
    {"mirostat_tau", &node_162, false},
    {"mirostat_eta", &node_163, false},
    {"samplers", &node_164, false},
    {"seed", &node_169, false},
    {"stop", &hearth_schema_stop, false},
    {"ignore_eos", &node_170, false},
    {"logit_bias", &node_171, false},
    {"n_probs", &node_177, false},
    {"grammar", &node_178, false},
    {"json_schema", &node_179, false},
    {"response_format", &hearth_schema_response_format, false},
    {"lora", &hearth_schema_lora, false},
    {"return_tokens", &node_180, false},
    {"timings_per_token", &node_181, false},
    {"post_sampling_probs", &node_182, false},
    {"cache_prompt", &node_183, false},
    {"id_slot", &node_184, false},
    {"n_keep", &node_185, false},
    {"n_discard", &node_186, false},
    {"n_indent", &node_187, false},
    {"min_keep", &node_188, false},
    {"t_max_predict_ms", &node_189, false},
    {"t_max_prompt_ms", &node_190, false},
    {"n_cache_reuse", &node_191, false},
    {"return_progress", &node_192, false},
    {"response_fields", &node_193, false},
};
const struct hearth_schema hearth_schema_native_completion_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_native_completion_request_properties,
    .property_count = 51,
    .closed = true,
};
static const struct hearth_schema node_195 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_196 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_197 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_200 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_201 = {
    .expected = "a string of at most 4,096 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 4096,
};
static const struct hearth_schema_property node_199_properties[] = {
    {"text", &node_200, true},
    {"filename", &node_201, false},
};
static const struct hearth_schema node_199 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = node_199_properties,
    .property_count = 2,
};
static const struct hearth_schema node_198 = {
    .expected = "an array of objects of at most 256 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 256,
    .items = &node_199,
};
static const struct hearth_schema node_202 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_203 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_204 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_205 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_206 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_207 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_208 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_209 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_210 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_211 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_212 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_213 = {
    .expected = "a number from -1 to 1000",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){1000.0},
};
static const struct hearth_schema node_214 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_215 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_216 = {
    .expected = "a number over 0 and at most 10",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){10.0},
};
static const struct hearth_schema node_217 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_218 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_219 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_220 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_221 = {
    .expected = "a number from 1 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_222 = {
    .expected = "an integer from 0 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_223 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_225 = {
    .expected = "a string of 1 to 40 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 40,
};
static const struct hearth_schema node_224 = {
    .expected = "a list of up to 16 texts of 1 to 40 bytes",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 16,
    .items = &node_225,
};
static const struct hearth_schema node_226 = {
    .expected = "0: mirostat is not available here; top_p, min_p, typical_p, top_n_sigma, xtc and dry are",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){0.0},
};
static const struct hearth_schema node_227 = {
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_228 = {
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_231 = {
    .expected = "a string of at most 32 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 32,
};
static const struct hearth_schema node_230 = {
    .expected = "an array of strings of at most 32 characters of at most 16 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_max = 16,
    .items = &node_231,
};
static const struct hearth_schema node_232 = {
    .expected = "a string of at most 16 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 16,
};
static const struct hearth_schema node_233 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_229 = {
    .expected = "an array of strings of at most 32 characters of at most 16 items or a string of at most 16 characters",
    .any_of = (const struct hearth_schema *const[]){&node_230, &node_232, &node_233, NULL},
};
static const struct hearth_schema node_234 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_235 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_238 = {
    .expected = "a number from -100 to 100",
    .types = HEARTH_SCHEMA_NUMBER,
    .minimum = &(const double){-100.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_237 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .additional = &node_238,
};
static const struct hearth_schema node_240 = {
    .expected = "an array of 2 to 2 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 2,
    .length_max = 2,
};
static const struct hearth_schema node_239 = {
    .expected = "an array of arrays of 2 to 2 items of at most 1,024 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_max = 1024,
    .items = &node_240,
};
static const struct hearth_schema node_241 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_236 = {
    .expected = "an object or an array of arrays of 2 to 2 items of at most 1,024 items",
    .any_of = (const struct hearth_schema *const[]){&node_237, &node_239, &node_241, NULL},
};
static const struct hearth_schema node_242 = {
    .expected = "an integer from 0 to 20",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){20.0},
};
static const struct hearth_schema node_243 = {
    .expected = "a string of at most 1,048,576 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 1048576,
};
static const struct hearth_schema node_244 = {
    .expected = "any value",
};
static const struct hearth_schema node_245 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_246 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_247 = {
    .expected = "nothing",
    .refused = "probabilities behind the sampling rules are not known here; n_probs gives those before",
};
static const struct hearth_schema node_248 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_249 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_250 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_251 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_252 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_253 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_254 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_255 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_256 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_257 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_259 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 256,
};
static const struct hearth_schema node_258 = {
    .expected = "an array of strings of at most 256 characters of at most 64 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 64,
    .items = &node_259,
};
static const struct hearth_schema_property top_native_infill_request_properties[] = {
    {"input_prefix", &node_195, true},
    {"input_suffix", &node_196, true},
    {"prompt", &node_197, false},
    {"input_extra", &node_198, false},
    {"model", &node_202, false},
    {"stream", &node_203, false},
    {"n_predict", &node_204, false},
    {"max_tokens", &node_205, false},
    {"temperature", &node_206, false},
    {"dynatemp_range", &node_207, false},
    {"dynatemp_exponent", &node_208, false},
    {"top_k", &node_209, false},
    {"top_p", &node_210, false},
    {"min_p", &node_211, false},
    {"typical_p", &node_212, false},
    {"top_n_sigma", &node_213, false},
    {"xtc_probability", &node_214, false},
    {"xtc_threshold", &node_215, false},
    {"repeat_penalty", &node_216, false},
    {"repeat_last_n", &node_217, false},
    {"presence_penalty", &node_218, false},
    {"frequency_penalty", &node_219, false},
    {"dry_multiplier", &node_220, false},
    {"dry_base", &node_221, false},
    {"dry_allowed_length", &node_222, false},
    {"dry_penalty_last_n", &node_223, false},
    {"dry_sequence_breakers", &node_224, false},
    {"mirostat", &node_226, false},
    {"mirostat_tau", &node_227, false},
    {"mirostat_eta", &node_228, false},
    {"samplers", &node_229, false},
    {"seed", &node_234, false},
    {"stop", &hearth_schema_stop, false},
    {"ignore_eos", &node_235, false},
    {"logit_bias", &node_236, false},
    {"n_probs", &node_242, false},
    {"grammar", &node_243, false},
    {"json_schema", &node_244, false},
    {"response_format", &hearth_schema_response_format, false},
    {"lora", &hearth_schema_lora, false},
    {"return_tokens", &node_245, false},
    {"timings_per_token", &node_246, false},
    {"post_sampling_probs", &node_247, false},
    {"cache_prompt", &node_248, false},
    {"id_slot", &node_249, false},
    {"n_keep", &node_250, false},
    {"n_discard", &node_251, false},
    {"n_indent", &node_252, false},
    {"min_keep", &node_253, false},
    {"t_max_predict_ms", &node_254, false},
    {"t_max_prompt_ms", &node_255, false},
    {"n_cache_reuse", &node_256, false},
    {"return_progress", &node_257, false},
    {"response_fields", &node_258, false},
};
const struct hearth_schema hearth_schema_native_infill_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_native_infill_request_properties,
    .property_count = 54,
    .closed = true,
};
static const struct hearth_schema node_260 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_261 = {
    .expected = "an array of objects of 1 to 65,536 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 65536,
    .items = &hearth_schema_message,
};
static const struct hearth_schema node_262 = {
    .expected = "an array of objects of at most 1,024 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 1024,
    .items = &hearth_schema_tool,
};
static const struct hearth_schema node_264 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_265 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
};
static const struct hearth_schema node_266 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_263 = {
    .expected = "a string or an object",
    .any_of = (const struct hearth_schema *const[]){&node_264, &node_265, &node_266, NULL},
};
static const struct hearth_schema node_267 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_268 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_269 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_270 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_native_template_request_properties[] = {
    {"model", &node_260, false},
    {"messages", &node_261, true},
    {"tools", &node_262, false},
    {"tool_choice", &node_263, false},
    {"parallel_tool_calls", &node_267, false},
    {"add_generation_prompt", &node_268, false},
    {"chat_template_kwargs", &node_269, false},
    {"reasoning_effort", &node_270, false},
};
const struct hearth_schema hearth_schema_native_template_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_native_template_request_properties,
    .property_count = 8,
    .closed = true,
};
static const struct hearth_schema node_271 = {
    .expected = "an integer from -2 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_272 = {
    .expected = "a number from 0 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_273 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_274 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_275 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_276 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_277 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_278 = {
    .expected = "a number over 0 and at most 10",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){10.0},
};
static const struct hearth_schema node_279 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_280 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_281 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_282 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_283 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_284 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_285 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_286 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_287 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_288 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_289 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_290 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_291 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_292 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_293 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_294 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_295 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_296 = {
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_297 = {
    .expected = "0: mirostat is not available here; top_p, min_p and the others are",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){0.0},
};
static const struct hearth_schema node_298 = {
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_299 = {
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_ollama_options_properties[] = {
    {"num_predict", &node_271, false},
    {"temperature", &node_272, false},
    {"top_k", &node_273, false},
    {"top_p", &node_274, false},
    {"min_p", &node_275, false},
    {"typical_p", &node_276, false},
    {"repeat_last_n", &node_277, false},
    {"repeat_penalty", &node_278, false},
    {"presence_penalty", &node_279, false},
    {"frequency_penalty", &node_280, false},
    {"seed", &node_281, false},
    {"stop", &hearth_schema_stop, false},
    {"num_ctx", &node_282, false},
    {"num_batch", &node_283, false},
    {"num_gpu", &node_284, false},
    {"main_gpu", &node_285, false},
    {"num_thread", &node_286, false},
    {"num_keep", &node_287, false},
    {"numa", &node_288, false},
    {"low_vram", &node_289, false},
    {"vocab_only", &node_290, false},
    {"use_mmap", &node_291, false},
    {"use_mlock", &node_292, false},
    {"f16_kv", &node_293, false},
    {"logits_all", &node_294, false},
    {"penalize_newline", &node_295, false},
    {"tfs_z", &node_296, false},
    {"mirostat", &node_297, false},
    {"mirostat_tau", &node_298, false},
    {"mirostat_eta", &node_299, false},
};
const struct hearth_schema hearth_schema_ollama_options = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .properties = top_ollama_options_properties,
    .property_count = 30,
    .closed = true,
};
static const struct hearth_schema node_300 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_302 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_303 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_305 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
};
static const struct hearth_schema node_306 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_307 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_304 = {
    .expected = "an object or a string",
    .any_of = (const struct hearth_schema *const[]){&node_305, &node_306, &node_307, NULL},
};
static const struct hearth_schema_property node_301_properties[] = {
    {"name", &node_302, true},
    {"index", &node_303, false},
    {"arguments", &node_304, false},
};
static const struct hearth_schema node_301 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = node_301_properties,
    .property_count = 3,
};
static const struct hearth_schema_property top_ollama_tool_call_properties[] = {
    {"id", &node_300, false},
    {"function", &node_301, true},
};
const struct hearth_schema hearth_schema_ollama_tool_call = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_ollama_tool_call_properties,
    .property_count = 2,
};
static const struct hearth_schema node_308 = {
    .expected = "\"system\", \"user\", \"assistant\" or \"tool\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"system", "user", "assistant", "tool", NULL},
};
static const struct hearth_schema node_309 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_310 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_311 = {
    .expected = "nothing",
    .refused = "the models here read text only, no images",
};
static const struct hearth_schema node_312 = {
    .expected = "an array of objects of at most 1,024 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 1024,
    .items = &hearth_schema_ollama_tool_call,
};
static const struct hearth_schema node_313 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_314 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_ollama_message_properties[] = {
    {"role", &node_308, true},
    {"content", &node_309, false},
    {"thinking", &node_310, false},
    {"images", &node_311, false},
    {"tool_calls", &node_312, false},
    {"tool_name", &node_313, false},
    {"tool_call_id", &node_314, false},
};
const struct hearth_schema hearth_schema_ollama_message = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_ollama_message_properties,
    .property_count = 7,
};
static const struct hearth_schema node_315 = {
    .expected = "a string of at most 512 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 512,
};
static const struct hearth_schema node_316 = {
    .expected = "an array of objects of at most 65,536 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 65536,
    .items = &hearth_schema_ollama_message,
};
static const struct hearth_schema node_317 = {
    .expected = "an array of objects of at most 1,024 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 1024,
    .items = &hearth_schema_tool,
};
static const struct hearth_schema node_319 = {
    .expected = "\"none\", \"auto\" or \"required\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"none", "auto", "required", NULL},
};
static const struct hearth_schema node_320 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
};
static const struct hearth_schema node_321 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_318 = {
    .expected = "\"none\", \"auto\" or \"required\" or an object",
    .any_of = (const struct hearth_schema *const[]){&node_319, &node_320, &node_321, NULL},
};
static const struct hearth_schema node_323 = {
    .expected = "\"json\" or \"\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"json", "", NULL},
};
static const struct hearth_schema node_324 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
};
static const struct hearth_schema node_325 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_322 = {
    .expected = "\"json\" or \"\" or an object",
    .any_of = (const struct hearth_schema *const[]){&node_323, &node_324, &node_325, NULL},
};
static const struct hearth_schema node_326 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_328 = {
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER,
};
static const struct hearth_schema node_329 = {
    .expected = "a string of at most 64 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 64,
};
static const struct hearth_schema node_330 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_327 = {
    .expected = "a number or a string of at most 64 characters",
    .any_of = (const struct hearth_schema *const[]){&node_328, &node_329, &node_330, NULL},
};
static const struct hearth_schema node_332 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN,
};
static const struct hearth_schema node_333 = {
    .expected = "\"low\", \"medium\", \"high\" or \"max\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"low", "medium", "high", "max", NULL},
};
static const struct hearth_schema node_334 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_331 = {
    .expected = "true or false or \"low\", \"medium\", \"high\" or \"max\"",
    .any_of = (const struct hearth_schema *const[]){&node_332, &node_333, &node_334, NULL},
};
static const struct hearth_schema node_335 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_336 = {
    .expected = "an integer from 0 to 20",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){20.0},
};
static const struct hearth_schema node_337 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_338 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_ollama_chat_request_properties[] = {
    {"model", &node_315, false},
    {"messages", &node_316, false},
    {"tools", &node_317, false},
    {"tool_choice", &node_318, false},
    {"format", &node_322, false},
    {"options", &hearth_schema_ollama_options, false},
    {"stream", &node_326, false},
    {"keep_alive", &node_327, false},
    {"think", &node_331, false},
    {"logprobs", &node_335, false},
    {"top_logprobs", &node_336, false},
    {"truncate", &node_337, false},
    {"shift", &node_338, false},
};
const struct hearth_schema hearth_schema_ollama_chat_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_ollama_chat_request_properties,
    .property_count = 13,
    .closed = true,
};
static const struct hearth_schema node_339 = {
    .expected = "a string of at most 512 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 512,
};
static const struct hearth_schema node_340 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_341 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_342 = {
    .expected = "nothing",
    .refused = "the models here read text only, no images",
};
static const struct hearth_schema node_343 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_345 = {
    .expected = "\"json\" or \"\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"json", "", NULL},
};
static const struct hearth_schema node_346 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
};
static const struct hearth_schema node_347 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_344 = {
    .expected = "\"json\" or \"\" or an object",
    .any_of = (const struct hearth_schema *const[]){&node_345, &node_346, &node_347, NULL},
};
static const struct hearth_schema node_348 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_349 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_351 = {
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER,
};
static const struct hearth_schema node_352 = {
    .expected = "a string of at most 64 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 64,
};
static const struct hearth_schema node_353 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_350 = {
    .expected = "a number or a string of at most 64 characters",
    .any_of = (const struct hearth_schema *const[]){&node_351, &node_352, &node_353, NULL},
};
static const struct hearth_schema node_355 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN,
};
static const struct hearth_schema node_356 = {
    .expected = "\"low\", \"medium\", \"high\" or \"max\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"low", "medium", "high", "max", NULL},
};
static const struct hearth_schema node_357 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_354 = {
    .expected = "true or false or \"low\", \"medium\", \"high\" or \"max\"",
    .any_of = (const struct hearth_schema *const[]){&node_355, &node_356, &node_357, NULL},
};
static const struct hearth_schema node_358 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_359 = {
    .expected = "an integer from 0 to 20",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){20.0},
};
static const struct hearth_schema node_360 = {
    .expected = "nothing",
    .refused = "the model's own template is used, which its setting chat_template replaces",
};
static const struct hearth_schema node_361 = {
    .expected = "nothing",
    .refused = "token ids of a conversation are neither given nor taken here; send its messages to /api/chat",
};
static const struct hearth_schema node_362 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_363 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_ollama_generate_request_properties[] = {
    {"model", &node_339, false},
    {"prompt", &node_340, false},
    {"suffix", &node_341, false},
    {"images", &node_342, false},
    {"system", &node_343, false},
    {"format", &node_344, false},
    {"options", &hearth_schema_ollama_options, false},
    {"stream", &node_348, false},
    {"raw", &node_349, false},
    {"keep_alive", &node_350, false},
    {"think", &node_354, false},
    {"logprobs", &node_358, false},
    {"top_logprobs", &node_359, false},
    {"template", &node_360, false},
    {"context", &node_361, false},
    {"truncate", &node_362, false},
    {"shift", &node_363, false},
};
const struct hearth_schema hearth_schema_ollama_generate_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_ollama_generate_request_properties,
    .property_count = 17,
    .closed = true,
};
static const struct hearth_schema node_364 = {
    .expected = "a string of at most 512 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 512,
};
static const struct hearth_schema node_366 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_368 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_367 = {
    .expected = "an array of strings of at most 2,048 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_max = 2048,
    .items = &node_368,
};
static const struct hearth_schema node_365 = {
    .expected = "a text or a list of up to 2,048 texts",
    .takes_nul = true,
    .any_of = (const struct hearth_schema *const[]){&node_366, &node_367, NULL},
};
static const struct hearth_schema node_369 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_370 = {
    .expected = "an integer from 0 to 1,048,576",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1048576.0},
};
static const struct hearth_schema node_372 = {
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER,
};
static const struct hearth_schema node_373 = {
    .expected = "a string of at most 64 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 64,
};
static const struct hearth_schema node_374 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_371 = {
    .expected = "a number or a string of at most 64 characters",
    .any_of = (const struct hearth_schema *const[]){&node_372, &node_373, &node_374, NULL},
};
static const struct hearth_schema node_375 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_ollama_embed_request_properties[] = {
    {"model", &node_364, false},
    {"input", &node_365, true},
    {"truncate", &node_369, false},
    {"dimensions", &node_370, false},
    {"keep_alive", &node_371, false},
    {"options", &node_375, false},
};
const struct hearth_schema hearth_schema_ollama_embed_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_ollama_embed_request_properties,
    .property_count = 6,
    .closed = true,
};
static const struct hearth_schema node_376 = {
    .expected = "a string of at most 512 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 512,
};
static const struct hearth_schema node_377 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
    .takes_nul = true,
};
static const struct hearth_schema node_379 = {
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER,
};
static const struct hearth_schema node_380 = {
    .expected = "a string of at most 64 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 64,
};
static const struct hearth_schema node_381 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_378 = {
    .expected = "a number or a string of at most 64 characters",
    .any_of = (const struct hearth_schema *const[]){&node_379, &node_380, &node_381, NULL},
};
static const struct hearth_schema node_382 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_ollama_embeddings_request_properties[] = {
    {"model", &node_376, false},
    {"prompt", &node_377, true},
    {"keep_alive", &node_378, false},
    {"options", &node_382, false},
};
const struct hearth_schema hearth_schema_ollama_embeddings_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_ollama_embeddings_request_properties,
    .property_count = 4,
    .closed = true,
};
static const struct hearth_schema node_383 = {
    .expected = "a string of at most 512 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 512,
};
static const struct hearth_schema node_384 = {
    .expected = "a string of at most 512 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 512,
};
static const struct hearth_schema node_385 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_386 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_387 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_388 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_ollama_show_request_properties[] = {
    {"model", &node_383, false},
    {"name", &node_384, false},
    {"verbose", &node_385, false},
    {"system", &node_386, false},
    {"template", &node_387, false},
    {"options", &node_388, false},
};
const struct hearth_schema hearth_schema_ollama_show_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_ollama_show_request_properties,
    .property_count = 6,
    .closed = true,
};
static const struct hearth_schema node_389 = {
    .expected = "a string of at most 4,096 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 4096,
};
static const struct hearth_schema node_390 = {
    .expected = "a string of at most 4,096 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 4096,
};
static const struct hearth_schema node_391 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_392 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_393 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_394 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_ollama_pull_request_properties[] = {
    {"model", &node_389, false},
    {"name", &node_390, false},
    {"insecure", &node_391, false},
    {"stream", &node_392, false},
    {"username", &node_393, false},
    {"password", &node_394, false},
};
const struct hearth_schema hearth_schema_ollama_pull_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_ollama_pull_request_properties,
    .property_count = 6,
    .closed = true,
};
static const struct hearth_schema node_395 = {
    .expected = "a string of at most 512 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 512,
};
static const struct hearth_schema node_396 = {
    .expected = "a string of at most 512 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 512,
};
static const struct hearth_schema_property top_ollama_copy_request_properties[] = {
    {"source", &node_395, true},
    {"destination", &node_396, true},
};
const struct hearth_schema hearth_schema_ollama_copy_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_ollama_copy_request_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_397 = {
    .expected = "a string of at most 512 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 512,
};
static const struct hearth_schema node_398 = {
    .expected = "a string of at most 512 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 512,
};
static const struct hearth_schema_property top_ollama_delete_request_properties[] = {
    {"model", &node_397, false},
    {"name", &node_398, false},
};
const struct hearth_schema hearth_schema_ollama_delete_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_ollama_delete_request_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_399 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
    .check = hearth_check_text_part,
};
static const struct hearth_schema node_400 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema_property top_text_part_properties[] = {
    {"type", &node_399, true},
    {"text", &node_400, true},
};
const struct hearth_schema hearth_schema_text_part = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_text_part_properties,
    .property_count = 2,
};
static const struct hearth_schema node_401 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_402 = {
    .expected = "an array of objects of at most 4,096 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_max = 4096,
    .items = &hearth_schema_text_part,
};
static const struct hearth_schema node_403 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
const struct hearth_schema hearth_schema_content = {
    .expected = "a string or an array of objects of at most 4,096 items",
    .any_of = (const struct hearth_schema *const[]){&node_401, &node_402, &node_403, NULL},
};
static const struct hearth_schema node_404 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_405 = {
    .expected = "\"function\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"function", NULL},
};
static const struct hearth_schema node_407 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_409 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_410 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
};
static const struct hearth_schema node_411 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_408 = {
    .expected = "a string or an object",
    .any_of = (const struct hearth_schema *const[]){&node_409, &node_410, &node_411, NULL},
};
static const struct hearth_schema_property node_406_properties[] = {
    {"name", &node_407, true},
    {"arguments", &node_408, false},
};
static const struct hearth_schema node_406 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = node_406_properties,
    .property_count = 2,
};
static const struct hearth_schema_property top_tool_call_properties[] = {
    {"id", &node_404, false},
    {"type", &node_405, false},
    {"function", &node_406, true},
};
const struct hearth_schema hearth_schema_tool_call = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_tool_call_properties,
    .property_count = 3,
};
static const struct hearth_schema node_412 = {
    .expected = "\"system\", \"developer\", \"user\", \"assistant\", \"tool\" or \"function\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"system", "developer", "user", "assistant", "tool", "function", NULL},
};
static const struct hearth_schema node_413 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_414 = {
    .expected = "an array of objects of at most 1,024 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 1024,
    .items = &hearth_schema_tool_call,
};
static const struct hearth_schema node_415 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_416 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_417 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_message_properties[] = {
    {"role", &node_412, true},
    {"content", &hearth_schema_content, false},
    {"name", &node_413, false},
    {"tool_calls", &node_414, false},
    {"tool_call_id", &node_415, false},
    {"reasoning_content", &node_416, false},
    {"refusal", &node_417, false},
};
const struct hearth_schema hearth_schema_message = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_message_properties,
    .property_count = 7,
};
static const struct hearth_schema node_418 = {
    .expected = "a string of 1 to 256 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 256,
};
static const struct hearth_schema node_419 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_420 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_421 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_function_properties[] = {
    {"name", &node_418, true},
    {"description", &node_419, false},
    {"parameters", &node_420, false},
    {"strict", &node_421, false},
};
const struct hearth_schema hearth_schema_function = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_function_properties,
    .property_count = 4,
};
static const struct hearth_schema node_422 = {
    .expected = "\"function\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"function", NULL},
};
static const struct hearth_schema_property top_tool_properties[] = {
    {"type", &node_422, false},
    {"function", &hearth_schema_function, true},
};
const struct hearth_schema hearth_schema_tool = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_tool_properties,
    .property_count = 2,
};
static const struct hearth_schema node_423 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_424 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_stream_options_properties[] = {
    {"include_usage", &node_423, false},
    {"include_obfuscation", &node_424, false},
};
const struct hearth_schema hearth_schema_stream_options = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_stream_options_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_425 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_427 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_426 = {
    .expected = "an array of strings that are not empty of at most 16 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_max = 16,
    .items = &node_427,
};
static const struct hearth_schema node_428 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
const struct hearth_schema hearth_schema_stop = {
    .expected = "a string or an array of strings that are not empty of at most 16 items",
    .any_of = (const struct hearth_schema *const[]){&node_425, &node_426, &node_428, NULL},
};
static const struct hearth_schema node_429 = {
    .expected = "an integer from 0 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2147483647.0},
};
const struct hearth_schema hearth_schema_tokens = {
    .expected = "a list of 1 to 1,048,576 token ids",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 1048576,
    .items = &node_429,
};
static const struct hearth_schema node_431 = {
    .expected = "an integer from 0 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_432 = {
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER,
};
static const struct hearth_schema_property node_430_properties[] = {
    {"id", &node_431, true},
    {"scale", &node_432, true},
};
static const struct hearth_schema node_430 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = node_430_properties,
    .property_count = 2,
    .closed = true,
};
const struct hearth_schema hearth_schema_lora = {
    .expected = "an array of objects of at most 32 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 32,
    .items = &node_430,
};
static const struct hearth_schema node_433 = {
    .expected = "a string of 1 to 40 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 40,
};
const struct hearth_schema hearth_schema_dry_breakers = {
    .expected = "a list of up to 16 texts of 1 to 40 bytes",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_max = 16,
    .items = &node_433,
};
static const struct hearth_schema node_434 = {
    .expected = "a number from -100 to 100",
    .types = HEARTH_SCHEMA_NUMBER,
    .minimum = &(const double){-100.0},
    .maximum = &(const double){100.0},
};
const struct hearth_schema hearth_schema_logit_bias = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .additional = &node_434,
};
static const struct hearth_schema node_435 = {
    .expected = "\"text\", \"json_object\" or \"json_schema\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"text", "json_object", "json_schema", NULL},
};
static const struct hearth_schema_property top_response_format_properties[] = {
    {"type", &node_435, true},
};
const struct hearth_schema hearth_schema_response_format = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .properties = top_response_format_properties,
    .property_count = 1,
};
static const struct hearth_schema node_436 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_437 = {
    .expected = "an array of objects of 1 to 65,536 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 65536,
    .items = &hearth_schema_message,
};
static const struct hearth_schema node_438 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_440 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_441 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property node_439_properties[] = {
    {"include_usage", &node_440, false},
    {"include_obfuscation", &node_441, false},
};
static const struct hearth_schema node_439 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .properties = node_439_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_442 = {
    .expected = "an integer from 1 to 2,147,483,647, or -1 or null for no limit",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
    .check = hearth_check_max_tokens,
};
static const struct hearth_schema node_443 = {
    .expected = "an integer from 1 to 2,147,483,647, or -1 or null for no limit",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
    .check = hearth_check_max_tokens,
};
static const struct hearth_schema node_444 = {
    .expected = "a number from 0 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_445 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_446 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_447 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_448 = {
    .expected = "a number over 0 and at most 10",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){10.0},
};
static const struct hearth_schema node_449 = {
    .expected = "a number over 0 and at most 10",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){10.0},
};
static const struct hearth_schema node_450 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_451 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_452 = {
    .expected = "a number from -1 to 1000",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){1000.0},
};
static const struct hearth_schema node_453 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_454 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_455 = {
    .expected = "a number from 0 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_456 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_457 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_458 = {
    .expected = "a number from 1 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_459 = {
    .expected = "an integer from 0 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_460 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_462 = {
    .expected = "a string of 1 to 40 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 40,
};
static const struct hearth_schema node_461 = {
    .expected = "a list of up to 16 texts of 1 to 40 bytes",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 16,
    .items = &node_462,
};
static const struct hearth_schema node_463 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_464 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_465 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_466 = {
    .expected = "an integer from 1 to 128",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){128.0},
};
static const struct hearth_schema node_467 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_468 = {
    .expected = "an integer from 0 to 20",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){20.0},
};
static const struct hearth_schema node_469 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_470 = {
    .expected = "an array of objects of at most 1,024 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 1024,
    .items = &hearth_schema_tool,
};
static const struct hearth_schema node_472 = {
    .expected = "\"none\", \"auto\" or \"required\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"none", "auto", "required", NULL},
};
static const struct hearth_schema node_473 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
};
static const struct hearth_schema node_474 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_471 = {
    .expected = "\"none\", \"auto\" or \"required\" or an object",
    .any_of = (const struct hearth_schema *const[]){&node_472, &node_473, &node_474, NULL},
};
static const struct hearth_schema node_475 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_476 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_477 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_478 = {
    .expected = "an array of objects of at most 512 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 512,
    .items = &hearth_schema_function,
};
static const struct hearth_schema node_480 = {
    .expected = "\"none\" or \"auto\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"none", "auto", NULL},
};
static const struct hearth_schema node_481 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
};
static const struct hearth_schema node_482 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_479 = {
    .expected = "\"none\" or \"auto\" or an object",
    .any_of = (const struct hearth_schema *const[]){&node_480, &node_481, &node_482, NULL},
};
static const struct hearth_schema node_483 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_484 = {
    .expected = "\"none\", \"minimal\", \"low\", \"medium\", \"high\", \"xhigh\" or \"auto\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"none", "minimal", "low", "medium", "high", "xhigh", "auto", NULL},
};
static const struct hearth_schema node_485 = {
    .expected = "\"none\", \"auto\", \"deepseek\" or \"deepseek-legacy\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"none", "auto", "deepseek", "deepseek-legacy", NULL},
};
static const struct hearth_schema node_486 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_487 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_489 = {
    .expected = "\"text\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"text", NULL},
};
static const struct hearth_schema node_488 = {
    .expected = "an array of \"text\" of at most 8 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 8,
    .items = &node_489,
};
static const struct hearth_schema node_490 = {
    .expected = "\"auto\", \"default\", \"flex\", \"scale\" or \"priority\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"auto", "default", "flex", "scale", "priority", NULL},
};
static const struct hearth_schema node_491 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_492 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_493 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_494 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_495 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_496 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_497 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_498 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_499 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_500 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_501 = {
    .expected = "nothing",
    .refused = "there is no beam search here; leave it out to sample, or set temperature to 0",
};
static const struct hearth_schema node_502 = {
    .expected = "nothing",
    .refused = "the tokens of an answer cannot be limited to a list here; logit_bias changes single ones",
};
static const struct hearth_schema node_503 = {
    .expected = "nothing",
    .refused = "words cannot be forbidden here; logit_bias forbids tokens",
};
static const struct hearth_schema node_504 = {
    .expected = "nothing",
    .refused = "code of clients does not run here",
};
static const struct hearth_schema node_505 = {
    .expected = "nothing",
    .refused = "prompts are texts or token ids here",
};
static const struct hearth_schema node_506 = {
    .expected = "nothing",
    .refused = "this server answers with text only",
};
static const struct hearth_schema node_507 = {
    .expected = "nothing",
    .refused = "this server has no web search",
};
static const struct hearth_schema node_508 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_509 = {
    .expected = "any value",
};
static const struct hearth_schema node_510 = {
    .expected = "any value",
};
static const struct hearth_schema node_511 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_513 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_512 = {
    .expected = "an array of strings that are not empty of 1 to 1,000 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_min = 1,
    .length_max = 1000,
    .items = &node_513,
};
static const struct hearth_schema node_514 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_515 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_516 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_518 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_517 = {
    .expected = "an array of strings that are not empty of 1 to 1,000 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_min = 1,
    .length_max = 1000,
    .items = &node_518,
};
static const struct hearth_schema_property top_chat_request_properties[] = {
    {"model", &node_436, false},
    {"messages", &node_437, true},
    {"stream", &node_438, false},
    {"stream_options", &node_439, false},
    {"max_tokens", &node_442, false},
    {"max_completion_tokens", &node_443, false},
    {"temperature", &node_444, false},
    {"top_p", &node_445, false},
    {"top_k", &node_446, false},
    {"min_p", &node_447, false},
    {"repeat_penalty", &node_448, false},
    {"repetition_penalty", &node_449, false},
    {"repeat_last_n", &node_450, false},
    {"typical_p", &node_451, false},
    {"top_n_sigma", &node_452, false},
    {"xtc_probability", &node_453, false},
    {"xtc_threshold", &node_454, false},
    {"dynatemp_range", &node_455, false},
    {"dynatemp_exponent", &node_456, false},
    {"dry_multiplier", &node_457, false},
    {"dry_base", &node_458, false},
    {"dry_allowed_length", &node_459, false},
    {"dry_penalty_last_n", &node_460, false},
    {"dry_sequence_breakers", &node_461, false},
    {"presence_penalty", &node_463, false},
    {"frequency_penalty", &node_464, false},
    {"seed", &node_465, false},
    {"stop", &hearth_schema_stop, false},
    {"n", &node_466, false},
    {"logit_bias", &hearth_schema_logit_bias, false},
    {"lora", &hearth_schema_lora, false},
    {"logprobs", &node_467, false},
    {"top_logprobs", &node_468, false},
    {"ignore_eos", &node_469, false},
    {"tools", &node_470, false},
    {"tool_choice", &node_471, false},
    {"parallel_tool_calls", &node_475, false},
    {"response_format", &hearth_schema_response_format, false},
    {"chat_template_kwargs", &node_476, false},
    {"add_generation_prompt", &node_477, false},
    {"functions", &node_478, false},
    {"function_call", &node_479, false},
    {"continue_final_message", &node_483, false},
    {"reasoning_effort", &node_484, false},
    {"reasoning_format", &node_485, false},
    {"enable_thinking", &node_486, false},
    {"verbosity", &node_487, false},
    {"modalities", &node_488, false},
    {"service_tier", &node_490, false},
    {"cache_prompt", &node_491, false},
    {"return_progress", &node_492, false},
    {"timings_per_token", &node_493, false},
    {"user", &node_494, false},
    {"safety_identifier", &node_495, false},
    {"prompt_cache_key", &node_496, false},
    {"prompt_cache_retention", &node_497, false},
    {"store", &node_498, false},
    {"metadata", &node_499, false},
    {"prediction", &node_500, false},
    {"use_beam_search", &node_501, false},
    {"allowed_token_ids", &node_502, false},
    {"bad_words", &node_503, false},
    {"logits_processors", &node_504, false},
    {"prompt_embeds", &node_505, false},
    {"audio", &node_506, false},
    {"web_search_options", &node_507, false},
    {"grammar", &node_508, false},
    {"json_schema", &node_509, false},
    {"guided_json", &node_510, false},
    {"guided_regex", &node_511, false},
    {"guided_choice", &node_512, false},
    {"guided_grammar", &node_514, false},
    {"structured_outputs", &node_515, false},
    {"regex", &node_516, false},
    {"choice", &node_517, false},
};
const struct hearth_schema hearth_schema_chat_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_chat_request_properties,
    .property_count = 75,
    .closed = true,
};
static const struct hearth_schema node_519 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_521 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_523 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_522 = {
    .expected = "an array of strings of 1 to 2,048 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2048,
    .items = &node_523,
};
static const struct hearth_schema node_524 = {
    .expected = "an array of a list of 1 to 1,048,576 token ids of 1 to 2,048 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2048,
    .items = &hearth_schema_tokens,
};
static const struct hearth_schema node_520 = {
    .expected = "a text, a list of 1 to 2,048 texts, a list of token ids, or a list of such lists",
    .any_of = (const struct hearth_schema *const[]){&node_521, &node_522, &hearth_schema_tokens, &node_524, NULL},
};
static const struct hearth_schema node_525 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_526 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_528 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_529 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property node_527_properties[] = {
    {"include_usage", &node_528, false},
    {"include_obfuscation", &node_529, false},
};
static const struct hearth_schema node_527 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .properties = node_527_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_530 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_531 = {
    .expected = "an integer from 1 to 128",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){128.0},
};
static const struct hearth_schema node_532 = {
    .expected = "an integer from 0 to 2,147,483,647, or -1 for no limit",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_533 = {
    .expected = "a number from 0 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_534 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_535 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_536 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_537 = {
    .expected = "a number over 0 and at most 10",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){10.0},
};
static const struct hearth_schema node_538 = {
    .expected = "a number over 0 and at most 10",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){10.0},
};
static const struct hearth_schema node_539 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_540 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_541 = {
    .expected = "a number from -1 to 1000",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){1000.0},
};
static const struct hearth_schema node_542 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_543 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_544 = {
    .expected = "a number from 0 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_545 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_546 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_547 = {
    .expected = "a number from 1 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_548 = {
    .expected = "an integer from 0 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_549 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_551 = {
    .expected = "a string of 1 to 40 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 40,
};
static const struct hearth_schema node_550 = {
    .expected = "a list of up to 16 texts of 1 to 40 bytes",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 16,
    .items = &node_551,
};
static const struct hearth_schema node_552 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_553 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_554 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_555 = {
    .expected = "an integer from 1 to 128",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){128.0},
};
static const struct hearth_schema node_556 = {
    .expected = "an integer from 0 to 20",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){20.0},
};
static const struct hearth_schema node_557 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_558 = {
    .expected = "nothing",
    .refused = "there is no beam search here; leave it out to sample, or set temperature to 0",
};
static const struct hearth_schema node_559 = {
    .expected = "nothing",
    .refused = "the tokens of an answer cannot be limited to a list here; logit_bias changes single ones",
};
static const struct hearth_schema node_560 = {
    .expected = "nothing",
    .refused = "words cannot be forbidden here; logit_bias forbids tokens",
};
static const struct hearth_schema node_561 = {
    .expected = "nothing",
    .refused = "code of clients does not run here",
};
static const struct hearth_schema node_562 = {
    .expected = "nothing",
    .refused = "prompts are texts or token ids here",
};
static const struct hearth_schema node_563 = {
    .expected = "\"auto\", \"default\", \"flex\", \"scale\" or \"priority\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"auto", "default", "flex", "scale", "priority", NULL},
};
static const struct hearth_schema node_564 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_565 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_566 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_567 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_568 = {
    .expected = "any value",
};
static const struct hearth_schema node_569 = {
    .expected = "any value",
};
static const struct hearth_schema node_570 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_572 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_571 = {
    .expected = "an array of strings that are not empty of 1 to 1,000 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_min = 1,
    .length_max = 1000,
    .items = &node_572,
};
static const struct hearth_schema node_573 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_574 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_575 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_577 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_576 = {
    .expected = "an array of strings that are not empty of 1 to 1,000 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_min = 1,
    .length_max = 1000,
    .items = &node_577,
};
static const struct hearth_schema_property top_completion_request_properties[] = {
    {"model", &node_519, false},
    {"prompt", &node_520, true},
    {"suffix", &node_525, false},
    {"stream", &node_526, false},
    {"stream_options", &node_527, false},
    {"echo", &node_530, false},
    {"best_of", &node_531, false},
    {"max_tokens", &node_532, false},
    {"temperature", &node_533, false},
    {"top_p", &node_534, false},
    {"top_k", &node_535, false},
    {"min_p", &node_536, false},
    {"repeat_penalty", &node_537, false},
    {"repetition_penalty", &node_538, false},
    {"repeat_last_n", &node_539, false},
    {"typical_p", &node_540, false},
    {"top_n_sigma", &node_541, false},
    {"xtc_probability", &node_542, false},
    {"xtc_threshold", &node_543, false},
    {"dynatemp_range", &node_544, false},
    {"dynatemp_exponent", &node_545, false},
    {"dry_multiplier", &node_546, false},
    {"dry_base", &node_547, false},
    {"dry_allowed_length", &node_548, false},
    {"dry_penalty_last_n", &node_549, false},
    {"dry_sequence_breakers", &node_550, false},
    {"presence_penalty", &node_552, false},
    {"frequency_penalty", &node_553, false},
    {"seed", &node_554, false},
    {"stop", &hearth_schema_stop, false},
    {"n", &node_555, false},
    {"logit_bias", &hearth_schema_logit_bias, false},
    {"lora", &hearth_schema_lora, false},
    {"logprobs", &node_556, false},
    {"ignore_eos", &node_557, false},
    {"use_beam_search", &node_558, false},
    {"allowed_token_ids", &node_559, false},
    {"bad_words", &node_560, false},
    {"logits_processors", &node_561, false},
    {"prompt_embeds", &node_562, false},
    {"service_tier", &node_563, false},
    {"cache_prompt", &node_564, false},
    {"timings_per_token", &node_565, false},
    {"user", &node_566, false},
    {"grammar", &node_567, false},
    {"json_schema", &node_568, false},
    {"response_format", &hearth_schema_response_format, false},
    {"guided_json", &node_569, false},
    {"guided_regex", &node_570, false},
    {"guided_choice", &node_571, false},
    {"guided_grammar", &node_573, false},
    {"structured_outputs", &node_574, false},
    {"regex", &node_575, false},
    {"choice", &node_576, false},
};
const struct hearth_schema hearth_schema_completion_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_completion_request_properties,
    .property_count = 54,
    .closed = true,
};
static const struct hearth_schema node_578 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema_property top_embedding_prompt_properties[] = {
    {"prompt_string", &node_578, true},
};
const struct hearth_schema hearth_schema_embedding_prompt = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_embedding_prompt_properties,
    .property_count = 1,
    .closed = true,
};
static const struct hearth_schema node_581 = {
    .expected = "\"text\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"text", NULL},
};
static const struct hearth_schema node_582 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema_property node_580_properties[] = {
    {"type", &node_581, true},
    {"text", &node_582, true},
};
static const struct hearth_schema node_580 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = node_580_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_579 = {
    .expected = "an array of objects of 1 to 1,024 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 1024,
    .items = &node_580,
};
static const struct hearth_schema_property top_embedding_content_properties[] = {
    {"content", &node_579, true},
};
const struct hearth_schema hearth_schema_embedding_content = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_embedding_content_properties,
    .property_count = 1,
    .closed = true,
};
static const struct hearth_schema node_583 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_585 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_587 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_586 = {
    .expected = "a list of 1 to 2,048 texts",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2048,
    .items = &node_587,
};
static const struct hearth_schema node_588 = {
    .expected = "a list of 1 to 2,048 lists of token ids",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2048,
    .items = &hearth_schema_tokens,
};
static const struct hearth_schema node_591 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_590 = {
    .expected = "a string that is not empty or a list of 1 to 1,048,576 token ids or an object",
    .any_of = (const struct hearth_schema *const[]){&node_591, &hearth_schema_tokens, &hearth_schema_embedding_prompt, &hearth_schema_embedding_content, NULL},
};
static const struct hearth_schema node_589 = {
    .expected = "a list of 1 to 2,048 texts and lists of token ids",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2048,
    .items = &node_590,
};
static const struct hearth_schema node_584 = {
    .expected = "a text that is not empty, a list of token ids, or a list of 1 to 2,048 of either",
    .takes_nul = true,
    .any_of = (const struct hearth_schema *const[]){&node_585, &node_586, &hearth_schema_tokens, &node_588, &hearth_schema_embedding_prompt, &hearth_schema_embedding_content, &node_589, NULL},
};
static const struct hearth_schema node_592 = {
    .expected = "\"float\" or \"base64\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"float", "base64", NULL},
};
static const struct hearth_schema node_593 = {
    .expected = "an integer from 1 to 1,048,576",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){1048576.0},
};
static const struct hearth_schema node_595 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN,
};
static const struct hearth_schema node_596 = {
    .expected = "\"NONE\", \"NEVER\", \"START\", \"END\", \"none\", \"never\", \"start\" or \"end\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"NONE", "NEVER", "START", "END", "none", "never", "start", "end", NULL},
};
static const struct hearth_schema node_597 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_594 = {
    .expected = "true or false or \"NONE\", \"NEVER\", \"START\", \"END\", \"none\", \"never\", \"start\" or \"end\"",
    .any_of = (const struct hearth_schema *const[]){&node_595, &node_596, &node_597, NULL},
};
static const struct hearth_schema node_598 = {
    .expected = "a string of at most 127 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 127,
};
static const struct hearth_schema node_599 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_600 = {
    .expected = "\"auto\", \"default\", \"flex\", \"scale\" or \"priority\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"auto", "default", "flex", "scale", "priority", NULL},
};
static const struct hearth_schema node_601 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_embedding_request_properties[] = {
    {"model", &node_583, false},
    {"input", &node_584, true},
    {"encoding_format", &node_592, false},
    {"dimensions", &node_593, false},
    {"truncate", &node_594, false},
    {"prompt_name", &node_598, false},
    {"timeout", &hearth_schema_time_limit, false},
    {"partial", &node_599, false},
    {"service_tier", &node_600, false},
    {"user", &node_601, false},
};
const struct hearth_schema hearth_schema_embedding_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_embedding_request_properties,
    .property_count = 10,
    .closed = true,
};
const struct hearth_schema hearth_schema_time_limit = {
    .expected = "a number over 0 and at most 604800",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){604800.0},
};
static const struct hearth_schema node_602 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_603 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .takes_nul = true,
    .length_min = 1,
};
static const struct hearth_schema node_606 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_608 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema_property node_607_properties[] = {
    {"text", &node_608, true},
};
static const struct hearth_schema node_607 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = node_607_properties,
    .property_count = 1,
};
static const struct hearth_schema node_605 = {
    .expected = "a string that is not empty or an object",
    .any_of = (const struct hearth_schema *const[]){&node_606, &node_607, NULL},
};
static const struct hearth_schema node_604 = {
    .expected = "an array of strings that are not empty or an object of 1 to 2,048 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .takes_nul = true,
    .length_min = 1,
    .length_max = 2048,
    .items = &node_605,
};
static const struct hearth_schema node_610 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_609 = {
    .expected = "an array of strings that are not empty of 1 to 2,048 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .takes_nul = true,
    .length_min = 1,
    .length_max = 2048,
    .items = &node_610,
};
static const struct hearth_schema node_611 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_612 = {
    .expected = "\"Right\" or \"right\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"Right", "right", NULL},
};
static const struct hearth_schema node_613 = {
    .expected = "an integer from 1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_614 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_615 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_617 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN,
};
static const struct hearth_schema node_618 = {
    .expected = "\"NONE\", \"NEVER\", \"END\", \"none\", \"never\" or \"end\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"NONE", "NEVER", "END", "none", "never", "end", NULL},
};
static const struct hearth_schema node_619 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_616 = {
    .expected = "true or false or \"NONE\", \"NEVER\", \"END\", \"none\", \"never\" or \"end\"",
    .any_of = (const struct hearth_schema *const[]){&node_617, &node_618, &node_619, NULL},
};
static const struct hearth_schema node_620 = {
    .expected = "\"auto\", \"default\", \"flex\", \"scale\" or \"priority\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"auto", "default", "flex", "scale", "priority", NULL},
};
static const struct hearth_schema node_621 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_rerank_request_properties[] = {
    {"model", &node_602, false},
    {"query", &node_603, true},
    {"documents", &node_604, false},
    {"texts", &node_609, false},
    {"return_text", &node_611, false},
    {"truncation_direction", &node_612, false},
    {"top_n", &node_613, false},
    {"return_documents", &node_614, false},
    {"raw_scores", &node_615, false},
    {"truncate", &node_616, false},
    {"timeout", &hearth_schema_time_limit, false},
    {"service_tier", &node_620, false},
    {"user", &node_621, false},
};
const struct hearth_schema hearth_schema_rerank_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_rerank_request_properties,
    .property_count = 13,
    .closed = true,
};
static const struct hearth_schema node_622 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_624 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_626 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_625 = {
    .expected = "a list of 1 to 2,048 texts",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2048,
    .items = &node_626,
};
static const struct hearth_schema node_623 = {
    .expected = "a text that is not empty, or a list of 1 to 2,048",
    .takes_nul = true,
    .any_of = (const struct hearth_schema *const[]){&node_624, &node_625, NULL},
};
static const struct hearth_schema node_627 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_628 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_629 = {
    .expected = "\"Left\", \"Right\", \"left\" or \"right\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"Left", "Right", "left", "right", NULL},
};
static const struct hearth_schema node_630 = {
    .expected = "a string of at most 127 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 127,
};
static const struct hearth_schema node_631 = {
    .expected = "an integer from 1 to 1,048,576",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){1048576.0},
};
static const struct hearth_schema_property top_embed_request_properties[] = {
    {"model", &node_622, false},
    {"inputs", &node_623, true},
    {"normalize", &node_627, false},
    {"truncate", &node_628, false},
    {"truncation_direction", &node_629, false},
    {"prompt_name", &node_630, false},
    {"dimensions", &node_631, false},
};
const struct hearth_schema hearth_schema_embed_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_embed_request_properties,
    .property_count = 7,
    .closed = true,
};
static const struct hearth_schema node_632 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_634 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_633 = {
    .expected = "an array of strings that are not empty of 1 to 2,048 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .takes_nul = true,
    .length_min = 1,
    .length_max = 2048,
    .items = &node_634,
};
static const struct hearth_schema node_635 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_637 = {
    .expected = "\"float\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"float", NULL},
};
static const struct hearth_schema node_636 = {
    .expected = "an array of \"float\" of at most 8 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 8,
    .items = &node_637,
};
static const struct hearth_schema node_638 = {
    .expected = "an integer from 1 to 1,048,576",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){1048576.0},
};
static const struct hearth_schema node_639 = {
    .expected = "\"NONE\", \"START\" or \"END\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"NONE", "START", "END", NULL},
};
static const struct hearth_schema node_640 = {
    .expected = "a string of at most 127 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 127,
};
static const struct hearth_schema node_641 = {
    .expected = "nothing",
    .refused = "models here embed text only",
};
static const struct hearth_schema node_642 = {
    .expected = "nothing",
    .refused = "send texts",
};
static const struct hearth_schema_property top_cohere_embed_request_properties[] = {
    {"model", &node_632, false},
    {"texts", &node_633, true},
    {"input_type", &node_635, false},
    {"embedding_types", &node_636, false},
    {"output_dimension", &node_638, false},
    {"truncate", &node_639, false},
    {"prompt_name", &node_640, false},
    {"images", &node_641, false},
    {"inputs", &node_642, false},
};
const struct hearth_schema hearth_schema_cohere_embed_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_cohere_embed_request_properties,
    .property_count = 9,
    .closed = true,
};
static const struct hearth_schema node_643 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_645 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_644 = {
    .expected = "a list of 1 to 2,048 texts",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2048,
    .items = &node_645,
};
static const struct hearth_schema node_646 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
const struct hearth_schema hearth_schema_score_texts = {
    .expected = "a text that is not empty, or a list of 1 to 2,048",
    .any_of = (const struct hearth_schema *const[]){&node_643, &node_644, &node_646, NULL},
};
static const struct hearth_schema node_647 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_648 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_650 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN,
};
static const struct hearth_schema node_651 = {
    .expected = "\"NONE\", \"NEVER\", \"END\", \"none\", \"never\" or \"end\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"NONE", "NEVER", "END", "none", "never", "end", NULL},
};
static const struct hearth_schema node_652 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_649 = {
    .expected = "true or false or \"NONE\", \"NEVER\", \"END\", \"none\", \"never\" or \"end\"",
    .any_of = (const struct hearth_schema *const[]){&node_650, &node_651, &node_652, NULL},
};
static const struct hearth_schema node_653 = {
    .expected = "\"auto\", \"default\", \"flex\", \"scale\" or \"priority\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"auto", "default", "flex", "scale", "priority", NULL},
};
static const struct hearth_schema node_654 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_score_request_properties[] = {
    {"model", &node_647, false},
    {"text_1", &hearth_schema_score_texts, false},
    {"text_2", &hearth_schema_score_texts, false},
    {"queries", &hearth_schema_score_texts, false},
    {"documents", &hearth_schema_score_texts, false},
    {"raw_scores", &node_648, false},
    {"truncate", &node_649, false},
    {"timeout", &hearth_schema_time_limit, false},
    {"service_tier", &node_653, false},
    {"user", &node_654, false},
};
const struct hearth_schema hearth_schema_score_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_score_request_properties,
    .property_count = 10,
    .closed = true,
};
static const struct hearth_schema node_655 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_657 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_659 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_658 = {
    .expected = "an array of strings that are not empty of 2 to 2 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 2,
    .length_max = 2,
    .items = &node_659,
};
static const struct hearth_schema node_662 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_661 = {
    .expected = "an array of strings that are not empty of 1 to 2 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2,
    .items = &node_662,
};
static const struct hearth_schema node_660 = {
    .expected = "an array of arrays of strings that are not empty of 1 to 2 items of 1 to 2,048 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2048,
    .items = &node_661,
};
static const struct hearth_schema node_656 = {
    .expected = "a text, a list of two texts, or a list of 1 to 2,048 lists of one or two texts",
    .any_of = (const struct hearth_schema *const[]){&node_657, &node_658, &node_660, NULL},
};
static const struct hearth_schema node_663 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_664 = {
    .expected = "\"Right\" or \"right\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"Right", "right", NULL},
};
static const struct hearth_schema node_665 = {
    .expected = "nothing",
    .refused = "scores are the probabilities of labels",
};
static const struct hearth_schema_property top_predict_request_properties[] = {
    {"model", &node_655, false},
    {"inputs", &node_656, true},
    {"truncate", &node_663, false},
    {"truncation_direction", &node_664, false},
    {"raw_scores", &node_665, false},
};
const struct hearth_schema hearth_schema_predict_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_predict_request_properties,
    .property_count = 5,
    .closed = true,
};
static const struct hearth_schema node_666 = {
    .expected = "a string of 1 to 63 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 63,
};
static const struct hearth_schema node_667 = {
    .expected = "\"/v1/chat/completions\", \"/v1/completions\", \"/v1/embeddings\" or \"/v1/responses\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/responses", NULL},
};
static const struct hearth_schema node_668 = {
    .expected = "\"24h\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"24h", NULL},
};
static const struct hearth_schema node_670 = {
    .expected = "a string of at most 512 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 512,
};
static const struct hearth_schema node_669 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .additional = &node_670,
};
static const struct hearth_schema node_671 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_batch_create_properties[] = {
    {"input_file_id", &node_666, true},
    {"endpoint", &node_667, true},
    {"completion_window", &node_668, true},
    {"metadata", &node_669, false},
    {"output_expires_after", &node_671, false},
};
const struct hearth_schema hearth_schema_batch_create = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_batch_create_properties,
    .property_count = 5,
    .closed = true,
};
static const struct hearth_schema node_672 = {
    .expected = "a string of at most 64 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 64,
};
static const struct hearth_schema node_673 = {
    .expected = "a string of at most 128 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 128,
};
static const struct hearth_schema_property top_response_input_item_properties[] = {
    {"type", &node_672, false},
    {"id", &node_673, false},
};
const struct hearth_schema hearth_schema_response_input_item = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_response_input_item_properties,
    .property_count = 2,
};
static const struct hearth_schema node_674 = {
    .expected = "a string of at most 64 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 64,
};
static const struct hearth_schema node_675 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_676 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_677 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_678 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_response_tool_properties[] = {
    {"type", &node_674, true},
    {"name", &node_675, false},
    {"description", &node_676, false},
    {"parameters", &node_677, false},
    {"strict", &node_678, false},
};
const struct hearth_schema hearth_schema_response_tool = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_response_tool_properties,
    .property_count = 5,
};
static const struct hearth_schema node_679 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_681 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_682 = {
    .expected = "an array of objects of at most 65,536 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_max = 65536,
    .items = &hearth_schema_response_input_item,
};
static const struct hearth_schema node_683 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_680 = {
    .expected = "a string or an array of objects of at most 65,536 items",
    .any_of = (const struct hearth_schema *const[]){&node_681, &node_682, &node_683, NULL},
};
static const struct hearth_schema node_684 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_685 = {
    .expected = "a string of at most 128 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 128,
};
static const struct hearth_schema node_686 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_687 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_688 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_689 = {
    .expected = "an integer from 1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_690 = {
    .expected = "an integer from 1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_691 = {
    .expected = "a number from 0 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_692 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_693 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_694 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_695 = {
    .expected = "an array of objects of at most 1,024 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 1024,
    .items = &hearth_schema_response_tool,
};
static const struct hearth_schema node_697 = {
    .expected = "\"none\", \"auto\" or \"required\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"none", "auto", "required", NULL},
};
static const struct hearth_schema node_698 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
};
static const struct hearth_schema node_699 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_696 = {
    .expected = "\"none\", \"auto\" or \"required\" or an object",
    .any_of = (const struct hearth_schema *const[]){&node_697, &node_698, &node_699, NULL},
};
static const struct hearth_schema node_700 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_703 = {
    .expected = "\"text\", \"json_object\" or \"json_schema\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"text", "json_object", "json_schema", NULL},
};
static const struct hearth_schema node_704 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_705 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_706 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property node_702_properties[] = {
    {"type", &node_703, true},
    {"name", &node_704, false},
    {"schema", &node_705, false},
    {"strict", &node_706, false},
};
static const struct hearth_schema node_702 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .properties = node_702_properties,
    .property_count = 4,
};
static const struct hearth_schema node_707 = {
    .expected = "a string of at most 32 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 32,
};
static const struct hearth_schema_property node_701_properties[] = {
    {"format", &node_702, false},
    {"verbosity", &node_707, false},
};
static const struct hearth_schema node_701 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .properties = node_701_properties,
    .property_count = 2,
};
static const struct hearth_schema node_709 = {
    .expected = "a string of at most 32 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 32,
};
static const struct hearth_schema node_710 = {
    .expected = "a string of at most 32 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 32,
};
static const struct hearth_schema node_711 = {
    .expected = "a string of at most 32 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 32,
};
static const struct hearth_schema_property node_708_properties[] = {
    {"effort", &node_709, false},
    {"summary", &node_710, false},
    {"generate_summary", &node_711, false},
};
static const struct hearth_schema node_708 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .properties = node_708_properties,
    .property_count = 3,
};
static const struct hearth_schema node_713 = {
    .expected = "a string of at most 128 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 128,
};
static const struct hearth_schema node_712 = {
    .expected = "an array of strings of at most 128 characters of at most 32 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 32,
    .items = &node_713,
};
static const struct hearth_schema node_714 = {
    .expected = "\"auto\" or \"disabled\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"auto", "disabled", NULL},
};
static const struct hearth_schema node_715 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_716 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_717 = {
    .expected = "\"auto\", \"default\", \"flex\", \"scale\" or \"priority\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"auto", "default", "flex", "scale", "priority", NULL},
};
static const struct hearth_schema node_718 = {
    .expected = "an integer from 0 to 20",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){20.0},
};
static const struct hearth_schema node_719 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_720 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_721 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_722 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_723 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_724 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_725 = {
    .expected = "nothing",
    .refused = "there are no conversations here, name the answer before with previous_response_id",
};
static const struct hearth_schema node_726 = {
    .expected = "nothing",
    .refused = "there are no stored prompts here",
};
static const struct hearth_schema_property top_responses_request_properties[] = {
    {"model", &node_679, false},
    {"input", &node_680, false},
    {"instructions", &node_684, false},
    {"previous_response_id", &node_685, false},
    {"stream", &node_686, false},
    {"stream_options", &node_687, false},
    {"store", &node_688, false},
    {"max_output_tokens", &node_689, false},
    {"max_tool_calls", &node_690, false},
    {"temperature", &node_691, false},
    {"top_p", &node_692, false},
    {"top_k", &node_693, false},
    {"seed", &node_694, false},
    {"tools", &node_695, false},
    {"tool_choice", &node_696, false},
    {"parallel_tool_calls", &node_700, false},
    {"text", &node_701, false},
    {"reasoning", &node_708, false},
    {"include", &node_712, false},
    {"truncation", &node_714, false},
    {"background", &node_715, false},
    {"metadata", &node_716, false},
    {"service_tier", &node_717, false},
    {"top_logprobs", &node_718, false},
    {"timings_per_token", &node_719, false},
    {"return_progress", &node_720, false},
    {"user", &node_721, false},
    {"safety_identifier", &node_722, false},
    {"prompt_cache_key", &node_723, false},
    {"prompt_cache_retention", &node_724, false},
    {"conversation", &node_725, false},
    {"prompt", &node_726, false},
};
const struct hearth_schema hearth_schema_responses_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_responses_request_properties,
    .property_count = 32,
    .closed = true,
};
