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
static const struct hearth_schema_property top_tokenize_request_properties[] = {
    {"model", &node_89, false},
    {"content", &node_90, false},
    {"text", &node_91, false},
    {"messages", &node_92, false},
    {"add_special", &node_93, false},
};
const struct hearth_schema hearth_schema_tokenize_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_tokenize_request_properties,
    .property_count = 5,
    .closed = true,
};
static const struct hearth_schema node_94 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_96 = {
    .expected = "an integer from 0 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_95 = {
    .expected = "an array of integers from 0 to 2,147,483,647 of at most 1,048,576 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_max = 1048576,
    .items = &node_96,
};
static const struct hearth_schema_property top_detokenize_request_properties[] = {
    {"model", &node_94, false},
    {"tokens", &node_95, true},
};
const struct hearth_schema hearth_schema_detokenize_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_detokenize_request_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_97 = {
    .expected = "a string of at most 1,024 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 1024,
};
const struct hearth_schema hearth_schema_tags = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .additional = &node_97,
};
const struct hearth_schema hearth_schema_settings = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .check = hearth_check_settings,
};
static const struct hearth_schema node_98 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
    .check = hearth_check_model_name,
};
static const struct hearth_schema node_99 = {
    .expected = "a string of 1 to 4,096 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 4096,
    .check = hearth_check_source,
};
static const struct hearth_schema node_101 = {
    .expected = "a string of at most 128 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 128,
};
static const struct hearth_schema node_102 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_100 = {
    .expected = "a string of at most 128 characters",
    .any_of = (const struct hearth_schema *const[]){&node_101, &node_102, NULL},
};
static const struct hearth_schema node_103 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .check = hearth_check_task,
};
static const struct hearth_schema node_104 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .check = hearth_check_task,
};
static const struct hearth_schema node_105 = {
    .expected = "a string of at most 16,384 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 16384,
};
static const struct hearth_schema node_107 = {
    .expected = "a string of at most 1,024 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 1024,
};
static const struct hearth_schema node_106 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .additional = &node_107,
};
static const struct hearth_schema node_108 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_109 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .check = hearth_check_device,
};
static const struct hearth_schema node_110 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .check = hearth_check_settings,
};
static const struct hearth_schema node_111 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .check = hearth_check_settings,
};
static const struct hearth_schema_property top_model_create_properties[] = {
    {"name", &node_98, false},
    {"source", &node_99, true},
    {"version", &node_100, false},
    {"task", &node_103, false},
    {"task_type", &node_104, false},
    {"description", &node_105, false},
    {"tags", &node_106, false},
    {"base_model", &node_108, false},
    {"device", &node_109, false},
    {"settings", &node_110, false},
    {"config", &node_111, false},
};
const struct hearth_schema hearth_schema_model_create = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_model_create_properties,
    .property_count = 11,
    .closed = true,
};
static const struct hearth_schema node_112 = {
    .expected = "a string of 1 to 4,096 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 4096,
    .check = hearth_check_source,
};
static const struct hearth_schema node_113 = {
    .expected = "a string of at most 128 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 128,
};
static const struct hearth_schema_property top_version_create_properties[] = {
    {"source", &node_112, true},
    {"label", &node_113, false},
};
const struct hearth_schema hearth_schema_version_create = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_version_create_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_114 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
    .check = hearth_check_task,
};
static const struct hearth_schema node_115 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
    .check = hearth_check_task,
};
static const struct hearth_schema node_116 = {
    .expected = "a string of at most 16,384 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 16384,
};
static const struct hearth_schema node_117 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 256,
};
static const struct hearth_schema node_118 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
    .check = hearth_check_device,
};
static const struct hearth_schema node_119 = {
    .expected = "an integer of at least 0",
    .types = HEARTH_SCHEMA_INTEGER,
    .minimum = &(const double){0.0},
};
static const struct hearth_schema_property top_model_update_properties[] = {
    {"task", &node_114, false},
    {"task_type", &node_115, false},
    {"description", &node_116, false},
    {"tags", &hearth_schema_tags, false},
    {"base_model", &node_117, false},
    {"device", &node_118, false},
    {"settings", &hearth_schema_settings, false},
    {"config", &hearth_schema_settings, false},
    {"revision", &node_119, false},
};
const struct hearth_schema hearth_schema_model_update = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_model_update_properties,
    .property_count = 9,
    .closed = true,
};
static const struct hearth_schema node_120 = {
    .expected = "an integer of at least 1",
    .types = HEARTH_SCHEMA_INTEGER,
    .minimum = &(const double){1.0},
};
static const struct hearth_schema node_121 = {
    .expected = "an integer of at least 0",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
};
static const struct hearth_schema_property top_alias_set_properties[] = {
    {"version", &node_120, true},
    {"revision", &node_121, false},
};
const struct hearth_schema hearth_schema_alias_set = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_alias_set_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_122 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
    .check = hearth_check_text_part,
};
static const struct hearth_schema node_123 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema_property top_text_part_properties[] = {
    {"type", &node_122, true},
    {"text", &node_123, true},
};
const struct hearth_schema hearth_schema_text_part = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_text_part_properties,
    .property_count = 2,
};
static const struct hearth_schema node_124 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_125 = {
    .expected = "an array of objects of at most 4,096 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_max = 4096,
    .items = &hearth_schema_text_part,
};
static const struct hearth_schema node_126 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
const struct hearth_schema hearth_schema_content = {
    .expected = "a string or an array of objects of at most 4,096 items",
    .any_of = (const struct hearth_schema *const[]){&node_124, &node_125, &node_126, NULL},
};
static const struct hearth_schema node_127 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_128 = {
    .expected = "\"function\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"function", NULL},
};
static const struct hearth_schema node_130 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_132 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_133 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
};
static const struct hearth_schema node_134 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_131 = {
    .expected = "a string or an object",
    .any_of = (const struct hearth_schema *const[]){&node_132, &node_133, &node_134, NULL},
};
static const struct hearth_schema_property node_129_properties[] = {
    {"name", &node_130, true},
    {"arguments", &node_131, false},
};
static const struct hearth_schema node_129 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = node_129_properties,
    .property_count = 2,
};
static const struct hearth_schema_property top_tool_call_properties[] = {
    {"id", &node_127, false},
    {"type", &node_128, false},
    {"function", &node_129, true},
};
const struct hearth_schema hearth_schema_tool_call = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_tool_call_properties,
    .property_count = 3,
};
static const struct hearth_schema node_135 = {
    .expected = "\"system\", \"developer\", \"user\", \"assistant\", \"tool\" or \"function\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"system", "developer", "user", "assistant", "tool", "function", NULL},
};
static const struct hearth_schema node_136 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_137 = {
    .expected = "an array of objects of at most 1,024 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 1024,
    .items = &hearth_schema_tool_call,
};
static const struct hearth_schema node_138 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_139 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_140 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_message_properties[] = {
    {"role", &node_135, true},
    {"content", &hearth_schema_content, false},
    {"name", &node_136, false},
    {"tool_calls", &node_137, false},
    {"tool_call_id", &node_138, false},
    {"reasoning_content", &node_139, false},
    {"refusal", &node_140, false},
};
const struct hearth_schema hearth_schema_message = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_message_properties,
    .property_count = 7,
};
static const struct hearth_schema node_141 = {
    .expected = "a string of 1 to 256 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 256,
};
static const struct hearth_schema node_142 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_143 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_144 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_function_properties[] = {
    {"name", &node_141, true},
    {"description", &node_142, false},
    {"parameters", &node_143, false},
    {"strict", &node_144, false},
};
const struct hearth_schema hearth_schema_function = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_function_properties,
    .property_count = 4,
};
static const struct hearth_schema node_145 = {
    .expected = "\"function\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"function", NULL},
};
static const struct hearth_schema_property top_tool_properties[] = {
    {"type", &node_145, false},
    {"function", &hearth_schema_function, true},
};
const struct hearth_schema hearth_schema_tool = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_tool_properties,
    .property_count = 2,
};
static const struct hearth_schema node_146 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_147 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_stream_options_properties[] = {
    {"include_usage", &node_146, false},
    {"include_obfuscation", &node_147, false},
};
const struct hearth_schema hearth_schema_stream_options = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_stream_options_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_148 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_150 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_149 = {
    .expected = "an array of strings that are not empty of at most 16 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_max = 16,
    .items = &node_150,
};
static const struct hearth_schema node_151 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
const struct hearth_schema hearth_schema_stop = {
    .expected = "a string or an array of strings that are not empty of at most 16 items",
    .any_of = (const struct hearth_schema *const[]){&node_148, &node_149, &node_151, NULL},
};
static const struct hearth_schema node_152 = {
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
    .items = &node_152,
};
static const struct hearth_schema node_154 = {
    .expected = "an integer from 0 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_155 = {
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER,
};
static const struct hearth_schema_property node_153_properties[] = {
    {"id", &node_154, true},
    {"scale", &node_155, true},
};
static const struct hearth_schema node_153 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = node_153_properties,
    .property_count = 2,
    .closed = true,
};
const struct hearth_schema hearth_schema_lora = {
    .expected = "an array of objects of at most 32 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 32,
    .items = &node_153,
};
static const struct hearth_schema node_156 = {
    .expected = "a string of 1 to 40 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 40,
};
const struct hearth_schema hearth_schema_dry_breakers = {
    .expected = "a list of up to 16 texts of 1 to 40 bytes",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_max = 16,
    .items = &node_156,
};
static const struct hearth_schema node_157 = {
    .expected = "a number from -100 to 100",
    .types = HEARTH_SCHEMA_NUMBER,
    .minimum = &(const double){-100.0},
    .maximum = &(const double){100.0},
};
const struct hearth_schema hearth_schema_logit_bias = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .additional = &node_157,
};
static const struct hearth_schema node_158 = {
    .expected = "\"text\", \"json_object\" or \"json_schema\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"text", "json_object", "json_schema", NULL},
};
static const struct hearth_schema_property top_response_format_properties[] = {
    {"type", &node_158, true},
};
const struct hearth_schema hearth_schema_response_format = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .properties = top_response_format_properties,
    .property_count = 1,
};
static const struct hearth_schema node_159 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_160 = {
    .expected = "an array of objects of 1 to 65,536 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 65536,
    .items = &hearth_schema_message,
};
static const struct hearth_schema node_161 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_163 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_164 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property node_162_properties[] = {
    {"include_usage", &node_163, false},
    {"include_obfuscation", &node_164, false},
};
static const struct hearth_schema node_162 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .properties = node_162_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_165 = {
    .expected = "an integer from 1 to 2,147,483,647, or -1 or null for no limit",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
    .check = hearth_check_max_tokens,
};
static const struct hearth_schema node_166 = {
    .expected = "an integer from 1 to 2,147,483,647, or -1 or null for no limit",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
    .check = hearth_check_max_tokens,
};
static const struct hearth_schema node_167 = {
    .expected = "a number from 0 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_168 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_169 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_170 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_171 = {
    .expected = "a number over 0 and at most 10",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){10.0},
};
static const struct hearth_schema node_172 = {
    .expected = "a number over 0 and at most 10",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){10.0},
};
static const struct hearth_schema node_173 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_174 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_175 = {
    .expected = "a number from -1 to 1000",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){1000.0},
};
static const struct hearth_schema node_176 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_177 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_178 = {
    .expected = "a number from 0 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_179 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_180 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_181 = {
    .expected = "a number from 1 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_182 = {
    .expected = "an integer from 0 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_183 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_185 = {
    .expected = "a string of 1 to 40 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 40,
};
static const struct hearth_schema node_184 = {
    .expected = "a list of up to 16 texts of 1 to 40 bytes",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 16,
    .items = &node_185,
};
static const struct hearth_schema node_186 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_187 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_188 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_189 = {
    .expected = "an integer from 1 to 128",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){128.0},
};
static const struct hearth_schema node_190 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_191 = {
    .expected = "an integer from 0 to 20",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){20.0},
};
static const struct hearth_schema node_192 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_193 = {
    .expected = "an array of objects of at most 1,024 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 1024,
    .items = &hearth_schema_tool,
};
static const struct hearth_schema node_195 = {
    .expected = "\"none\", \"auto\" or \"required\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"none", "auto", "required", NULL},
};
static const struct hearth_schema node_196 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
};
static const struct hearth_schema node_197 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_194 = {
    .expected = "\"none\", \"auto\" or \"required\" or an object",
    .any_of = (const struct hearth_schema *const[]){&node_195, &node_196, &node_197, NULL},
};
static const struct hearth_schema node_198 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_199 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_200 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_201 = {
    .expected = "an array of objects of at most 512 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 512,
    .items = &hearth_schema_function,
};
static const struct hearth_schema node_203 = {
    .expected = "\"none\" or \"auto\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"none", "auto", NULL},
};
static const struct hearth_schema node_204 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
};
static const struct hearth_schema node_205 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_202 = {
    .expected = "\"none\" or \"auto\" or an object",
    .any_of = (const struct hearth_schema *const[]){&node_203, &node_204, &node_205, NULL},
};
static const struct hearth_schema node_206 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_207 = {
    .expected = "\"none\", \"minimal\", \"low\", \"medium\", \"high\" or \"xhigh\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"none", "minimal", "low", "medium", "high", "xhigh", NULL},
};
static const struct hearth_schema node_208 = {
    .expected = "\"none\", \"auto\", \"deepseek\" or \"deepseek-legacy\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"none", "auto", "deepseek", "deepseek-legacy", NULL},
};
static const struct hearth_schema node_209 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_210 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_212 = {
    .expected = "\"text\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"text", NULL},
};
static const struct hearth_schema node_211 = {
    .expected = "an array of \"text\" of at most 8 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 8,
    .items = &node_212,
};
static const struct hearth_schema node_213 = {
    .expected = "\"auto\", \"default\", \"flex\", \"scale\" or \"priority\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"auto", "default", "flex", "scale", "priority", NULL},
};
static const struct hearth_schema node_214 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_215 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_216 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_217 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_218 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_219 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_220 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_221 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_222 = {
    .expected = "nothing",
    .refused = "there is no beam search here; leave it out to sample, or set temperature to 0",
};
static const struct hearth_schema node_223 = {
    .expected = "nothing",
    .refused = "the tokens of an answer cannot be limited to a list here; logit_bias changes single ones",
};
static const struct hearth_schema node_224 = {
    .expected = "nothing",
    .refused = "words cannot be forbidden here; logit_bias forbids tokens",
};
static const struct hearth_schema node_225 = {
    .expected = "nothing",
    .refused = "code of clients does not run here",
};
static const struct hearth_schema node_226 = {
    .expected = "nothing",
    .refused = "prompts are texts or token ids here",
};
static const struct hearth_schema node_227 = {
    .expected = "nothing",
    .refused = "this server answers with text only",
};
static const struct hearth_schema node_228 = {
    .expected = "nothing",
    .refused = "this server has no web search",
};
static const struct hearth_schema node_229 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_230 = {
    .expected = "any value",
};
static const struct hearth_schema node_231 = {
    .expected = "any value",
};
static const struct hearth_schema node_232 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_234 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_233 = {
    .expected = "an array of strings that are not empty of 1 to 1,000 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_min = 1,
    .length_max = 1000,
    .items = &node_234,
};
static const struct hearth_schema node_235 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_236 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_237 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_239 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_238 = {
    .expected = "an array of strings that are not empty of 1 to 1,000 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_min = 1,
    .length_max = 1000,
    .items = &node_239,
};
static const struct hearth_schema_property top_chat_request_properties[] = {
    {"model", &node_159, false},
    {"messages", &node_160, true},
    {"stream", &node_161, false},
    {"stream_options", &node_162, false},
    {"max_tokens", &node_165, false},
    {"max_completion_tokens", &node_166, false},
    {"temperature", &node_167, false},
    {"top_p", &node_168, false},
    {"top_k", &node_169, false},
    {"min_p", &node_170, false},
    {"repeat_penalty", &node_171, false},
    {"repetition_penalty", &node_172, false},
    {"repeat_last_n", &node_173, false},
    {"typical_p", &node_174, false},
    {"top_n_sigma", &node_175, false},
    {"xtc_probability", &node_176, false},
    {"xtc_threshold", &node_177, false},
    {"dynatemp_range", &node_178, false},
    {"dynatemp_exponent", &node_179, false},
    {"dry_multiplier", &node_180, false},
    {"dry_base", &node_181, false},
    {"dry_allowed_length", &node_182, false},
    {"dry_penalty_last_n", &node_183, false},
    {"dry_sequence_breakers", &node_184, false},
    {"presence_penalty", &node_186, false},
    {"frequency_penalty", &node_187, false},
    {"seed", &node_188, false},
    {"stop", &hearth_schema_stop, false},
    {"n", &node_189, false},
    {"logit_bias", &hearth_schema_logit_bias, false},
    {"lora", &hearth_schema_lora, false},
    {"logprobs", &node_190, false},
    {"top_logprobs", &node_191, false},
    {"ignore_eos", &node_192, false},
    {"tools", &node_193, false},
    {"tool_choice", &node_194, false},
    {"parallel_tool_calls", &node_198, false},
    {"response_format", &hearth_schema_response_format, false},
    {"chat_template_kwargs", &node_199, false},
    {"add_generation_prompt", &node_200, false},
    {"functions", &node_201, false},
    {"function_call", &node_202, false},
    {"continue_final_message", &node_206, false},
    {"reasoning_effort", &node_207, false},
    {"reasoning_format", &node_208, false},
    {"enable_thinking", &node_209, false},
    {"verbosity", &node_210, false},
    {"modalities", &node_211, false},
    {"service_tier", &node_213, false},
    {"cache_prompt", &node_214, false},
    {"user", &node_215, false},
    {"safety_identifier", &node_216, false},
    {"prompt_cache_key", &node_217, false},
    {"prompt_cache_retention", &node_218, false},
    {"store", &node_219, false},
    {"metadata", &node_220, false},
    {"prediction", &node_221, false},
    {"use_beam_search", &node_222, false},
    {"allowed_token_ids", &node_223, false},
    {"bad_words", &node_224, false},
    {"logits_processors", &node_225, false},
    {"prompt_embeds", &node_226, false},
    {"audio", &node_227, false},
    {"web_search_options", &node_228, false},
    {"grammar", &node_229, false},
    {"json_schema", &node_230, false},
    {"guided_json", &node_231, false},
    {"guided_regex", &node_232, false},
    {"guided_choice", &node_233, false},
    {"guided_grammar", &node_235, false},
    {"structured_outputs", &node_236, false},
    {"regex", &node_237, false},
    {"choice", &node_238, false},
};
const struct hearth_schema hearth_schema_chat_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_chat_request_properties,
    .property_count = 73,
    .closed = true,
};
static const struct hearth_schema node_240 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_242 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_244 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_243 = {
    .expected = "an array of strings of 1 to 2,048 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2048,
    .items = &node_244,
};
static const struct hearth_schema node_245 = {
    .expected = "an array of a list of 1 to 1,048,576 token ids of 1 to 2,048 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2048,
    .items = &hearth_schema_tokens,
};
static const struct hearth_schema node_241 = {
    .expected = "a text, a list of 1 to 2,048 texts, a list of token ids, or a list of such lists",
    .any_of = (const struct hearth_schema *const[]){&node_242, &node_243, &hearth_schema_tokens, &node_245, NULL},
};
static const struct hearth_schema node_246 = {
    .expected = "nothing",
    .refused = "models here continue a text, they do not fill in",
};
static const struct hearth_schema node_247 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_249 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_250 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property node_248_properties[] = {
    {"include_usage", &node_249, false},
    {"include_obfuscation", &node_250, false},
};
static const struct hearth_schema node_248 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .properties = node_248_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_251 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_252 = {
    .expected = "an integer from 1 to 128",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){128.0},
};
static const struct hearth_schema node_253 = {
    .expected = "an integer from 0 to 2,147,483,647, or -1 for no limit",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_254 = {
    .expected = "a number from 0 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_255 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_256 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_257 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_258 = {
    .expected = "a number over 0 and at most 10",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){10.0},
};
static const struct hearth_schema node_259 = {
    .expected = "a number over 0 and at most 10",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){10.0},
};
static const struct hearth_schema node_260 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_261 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_262 = {
    .expected = "a number from -1 to 1000",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){1000.0},
};
static const struct hearth_schema node_263 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_264 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_265 = {
    .expected = "a number from 0 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_266 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_267 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_268 = {
    .expected = "a number from 1 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_269 = {
    .expected = "an integer from 0 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_270 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_272 = {
    .expected = "a string of 1 to 40 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 40,
};
static const struct hearth_schema node_271 = {
    .expected = "a list of up to 16 texts of 1 to 40 bytes",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 16,
    .items = &node_272,
};
static const struct hearth_schema node_273 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_274 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_275 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_276 = {
    .expected = "an integer from 1 to 128",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){128.0},
};
static const struct hearth_schema node_277 = {
    .expected = "an integer from 0 to 20",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){20.0},
};
static const struct hearth_schema node_278 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_279 = {
    .expected = "nothing",
    .refused = "there is no beam search here; leave it out to sample, or set temperature to 0",
};
static const struct hearth_schema node_280 = {
    .expected = "nothing",
    .refused = "the tokens of an answer cannot be limited to a list here; logit_bias changes single ones",
};
static const struct hearth_schema node_281 = {
    .expected = "nothing",
    .refused = "words cannot be forbidden here; logit_bias forbids tokens",
};
static const struct hearth_schema node_282 = {
    .expected = "nothing",
    .refused = "code of clients does not run here",
};
static const struct hearth_schema node_283 = {
    .expected = "nothing",
    .refused = "prompts are texts or token ids here",
};
static const struct hearth_schema node_284 = {
    .expected = "\"auto\", \"default\", \"flex\", \"scale\" or \"priority\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"auto", "default", "flex", "scale", "priority", NULL},
};
static const struct hearth_schema node_285 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_286 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_287 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_288 = {
    .expected = "any value",
};
static const struct hearth_schema node_289 = {
    .expected = "any value",
};
static const struct hearth_schema node_290 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_292 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_291 = {
    .expected = "an array of strings that are not empty of 1 to 1,000 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_min = 1,
    .length_max = 1000,
    .items = &node_292,
};
static const struct hearth_schema node_293 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_294 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_295 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_297 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_296 = {
    .expected = "an array of strings that are not empty of 1 to 1,000 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_min = 1,
    .length_max = 1000,
    .items = &node_297,
};
static const struct hearth_schema_property top_completion_request_properties[] = {
    {"model", &node_240, false},
    {"prompt", &node_241, true},
    {"suffix", &node_246, false},
    {"stream", &node_247, false},
    {"stream_options", &node_248, false},
    {"echo", &node_251, false},
    {"best_of", &node_252, false},
    {"max_tokens", &node_253, false},
    {"temperature", &node_254, false},
    {"top_p", &node_255, false},
    {"top_k", &node_256, false},
    {"min_p", &node_257, false},
    {"repeat_penalty", &node_258, false},
    {"repetition_penalty", &node_259, false},
    {"repeat_last_n", &node_260, false},
    {"typical_p", &node_261, false},
    {"top_n_sigma", &node_262, false},
    {"xtc_probability", &node_263, false},
    {"xtc_threshold", &node_264, false},
    {"dynatemp_range", &node_265, false},
    {"dynatemp_exponent", &node_266, false},
    {"dry_multiplier", &node_267, false},
    {"dry_base", &node_268, false},
    {"dry_allowed_length", &node_269, false},
    {"dry_penalty_last_n", &node_270, false},
    {"dry_sequence_breakers", &node_271, false},
    {"presence_penalty", &node_273, false},
    {"frequency_penalty", &node_274, false},
    {"seed", &node_275, false},
    {"stop", &hearth_schema_stop, false},
    {"n", &node_276, false},
    {"logit_bias", &hearth_schema_logit_bias, false},
    {"lora", &hearth_schema_lora, false},
    {"logprobs", &node_277, false},
    {"ignore_eos", &node_278, false},
    {"use_beam_search", &node_279, false},
    {"allowed_token_ids", &node_280, false},
    {"bad_words", &node_281, false},
    {"logits_processors", &node_282, false},
    {"prompt_embeds", &node_283, false},
    {"service_tier", &node_284, false},
    {"cache_prompt", &node_285, false},
    {"user", &node_286, false},
    {"grammar", &node_287, false},
    {"json_schema", &node_288, false},
    {"response_format", &hearth_schema_response_format, false},
    {"guided_json", &node_289, false},
    {"guided_regex", &node_290, false},
    {"guided_choice", &node_291, false},
    {"guided_grammar", &node_293, false},
    {"structured_outputs", &node_294, false},
    {"regex", &node_295, false},
    {"choice", &node_296, false},
};
const struct hearth_schema hearth_schema_completion_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_completion_request_properties,
    .property_count = 53,
    .closed = true,
};
static const struct hearth_schema node_298 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_300 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_302 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_301 = {
    .expected = "a list of 1 to 2,048 texts",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2048,
    .items = &node_302,
};
static const struct hearth_schema node_303 = {
    .expected = "a list of 1 to 2,048 lists of token ids",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2048,
    .items = &hearth_schema_tokens,
};
static const struct hearth_schema node_299 = {
    .expected = "a text that is not empty, a list of token ids, or a list of 1 to 2,048 of either",
    .takes_nul = true,
    .any_of = (const struct hearth_schema *const[]){&node_300, &node_301, &hearth_schema_tokens, &node_303, NULL},
};
static const struct hearth_schema node_304 = {
    .expected = "\"float\" or \"base64\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"float", "base64", NULL},
};
static const struct hearth_schema node_305 = {
    .expected = "an integer from 1 to 1,048,576",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){1048576.0},
};
static const struct hearth_schema node_307 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN,
};
static const struct hearth_schema node_308 = {
    .expected = "\"NONE\", \"NEVER\", \"START\", \"END\", \"none\", \"never\", \"start\" or \"end\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"NONE", "NEVER", "START", "END", "none", "never", "start", "end", NULL},
};
static const struct hearth_schema node_309 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_306 = {
    .expected = "true or false or \"NONE\", \"NEVER\", \"START\", \"END\", \"none\", \"never\", \"start\" or \"end\"",
    .any_of = (const struct hearth_schema *const[]){&node_307, &node_308, &node_309, NULL},
};
static const struct hearth_schema node_310 = {
    .expected = "a string of at most 127 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 127,
};
static const struct hearth_schema node_311 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_312 = {
    .expected = "\"auto\", \"default\", \"flex\", \"scale\" or \"priority\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"auto", "default", "flex", "scale", "priority", NULL},
};
static const struct hearth_schema node_313 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_embedding_request_properties[] = {
    {"model", &node_298, false},
    {"input", &node_299, true},
    {"encoding_format", &node_304, false},
    {"dimensions", &node_305, false},
    {"truncate", &node_306, false},
    {"prompt_name", &node_310, false},
    {"timeout", &hearth_schema_time_limit, false},
    {"partial", &node_311, false},
    {"service_tier", &node_312, false},
    {"user", &node_313, false},
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
static const struct hearth_schema node_314 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_315 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .takes_nul = true,
    .length_min = 1,
};
static const struct hearth_schema node_318 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_320 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema_property node_319_properties[] = {
    {"text", &node_320, true},
};
static const struct hearth_schema node_319 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = node_319_properties,
    .property_count = 1,
};
static const struct hearth_schema node_317 = {
    .expected = "a string that is not empty or an object",
    .any_of = (const struct hearth_schema *const[]){&node_318, &node_319, NULL},
};
static const struct hearth_schema node_316 = {
    .expected = "an array of strings that are not empty or an object of 1 to 2,048 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .takes_nul = true,
    .length_min = 1,
    .length_max = 2048,
    .items = &node_317,
};
static const struct hearth_schema node_322 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_321 = {
    .expected = "an array of strings that are not empty of 1 to 2,048 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .takes_nul = true,
    .length_min = 1,
    .length_max = 2048,
    .items = &node_322,
};
static const struct hearth_schema node_323 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_324 = {
    .expected = "\"Right\" or \"right\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"Right", "right", NULL},
};
static const struct hearth_schema node_325 = {
    .expected = "an integer from 1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_326 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_327 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_329 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN,
};
static const struct hearth_schema node_330 = {
    .expected = "\"NONE\", \"NEVER\", \"END\", \"none\", \"never\" or \"end\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"NONE", "NEVER", "END", "none", "never", "end", NULL},
};
static const struct hearth_schema node_331 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_328 = {
    .expected = "true or false or \"NONE\", \"NEVER\", \"END\", \"none\", \"never\" or \"end\"",
    .any_of = (const struct hearth_schema *const[]){&node_329, &node_330, &node_331, NULL},
};
static const struct hearth_schema node_332 = {
    .expected = "\"auto\", \"default\", \"flex\", \"scale\" or \"priority\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"auto", "default", "flex", "scale", "priority", NULL},
};
static const struct hearth_schema node_333 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_rerank_request_properties[] = {
    {"model", &node_314, false},
    {"query", &node_315, true},
    {"documents", &node_316, false},
    {"texts", &node_321, false},
    {"return_text", &node_323, false},
    {"truncation_direction", &node_324, false},
    {"top_n", &node_325, false},
    {"return_documents", &node_326, false},
    {"raw_scores", &node_327, false},
    {"truncate", &node_328, false},
    {"timeout", &hearth_schema_time_limit, false},
    {"service_tier", &node_332, false},
    {"user", &node_333, false},
};
const struct hearth_schema hearth_schema_rerank_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_rerank_request_properties,
    .property_count = 13,
    .closed = true,
};
static const struct hearth_schema node_334 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_336 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_338 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_337 = {
    .expected = "a list of 1 to 2,048 texts",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2048,
    .items = &node_338,
};
static const struct hearth_schema node_335 = {
    .expected = "a text that is not empty, or a list of 1 to 2,048",
    .takes_nul = true,
    .any_of = (const struct hearth_schema *const[]){&node_336, &node_337, NULL},
};
static const struct hearth_schema node_339 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_340 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_341 = {
    .expected = "\"Left\", \"Right\", \"left\" or \"right\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"Left", "Right", "left", "right", NULL},
};
static const struct hearth_schema node_342 = {
    .expected = "a string of at most 127 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 127,
};
static const struct hearth_schema node_343 = {
    .expected = "an integer from 1 to 1,048,576",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){1048576.0},
};
static const struct hearth_schema_property top_embed_request_properties[] = {
    {"model", &node_334, false},
    {"inputs", &node_335, true},
    {"normalize", &node_339, false},
    {"truncate", &node_340, false},
    {"truncation_direction", &node_341, false},
    {"prompt_name", &node_342, false},
    {"dimensions", &node_343, false},
};
const struct hearth_schema hearth_schema_embed_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_embed_request_properties,
    .property_count = 7,
    .closed = true,
};
static const struct hearth_schema node_344 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_346 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_345 = {
    .expected = "an array of strings that are not empty of 1 to 2,048 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .takes_nul = true,
    .length_min = 1,
    .length_max = 2048,
    .items = &node_346,
};
static const struct hearth_schema node_347 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_349 = {
    .expected = "\"float\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"float", NULL},
};
static const struct hearth_schema node_348 = {
    .expected = "an array of \"float\" of at most 8 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 8,
    .items = &node_349,
};
static const struct hearth_schema node_350 = {
    .expected = "an integer from 1 to 1,048,576",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){1048576.0},
};
static const struct hearth_schema node_351 = {
    .expected = "\"NONE\", \"START\" or \"END\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"NONE", "START", "END", NULL},
};
static const struct hearth_schema node_352 = {
    .expected = "a string of at most 127 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 127,
};
static const struct hearth_schema node_353 = {
    .expected = "nothing",
    .refused = "models here embed text only",
};
static const struct hearth_schema node_354 = {
    .expected = "nothing",
    .refused = "send texts",
};
static const struct hearth_schema_property top_cohere_embed_request_properties[] = {
    {"model", &node_344, false},
    {"texts", &node_345, true},
    {"input_type", &node_347, false},
    {"embedding_types", &node_348, false},
    {"output_dimension", &node_350, false},
    {"truncate", &node_351, false},
    {"prompt_name", &node_352, false},
    {"images", &node_353, false},
    {"inputs", &node_354, false},
};
const struct hearth_schema hearth_schema_cohere_embed_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_cohere_embed_request_properties,
    .property_count = 9,
    .closed = true,
};
static const struct hearth_schema node_355 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_357 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_356 = {
    .expected = "a list of 1 to 2,048 texts",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2048,
    .items = &node_357,
};
static const struct hearth_schema node_358 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
const struct hearth_schema hearth_schema_score_texts = {
    .expected = "a text that is not empty, or a list of 1 to 2,048",
    .any_of = (const struct hearth_schema *const[]){&node_355, &node_356, &node_358, NULL},
};
static const struct hearth_schema node_359 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_360 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_362 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN,
};
static const struct hearth_schema node_363 = {
    .expected = "\"NONE\", \"NEVER\", \"END\", \"none\", \"never\" or \"end\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"NONE", "NEVER", "END", "none", "never", "end", NULL},
};
static const struct hearth_schema node_364 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_361 = {
    .expected = "true or false or \"NONE\", \"NEVER\", \"END\", \"none\", \"never\" or \"end\"",
    .any_of = (const struct hearth_schema *const[]){&node_362, &node_363, &node_364, NULL},
};
static const struct hearth_schema node_365 = {
    .expected = "\"auto\", \"default\", \"flex\", \"scale\" or \"priority\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"auto", "default", "flex", "scale", "priority", NULL},
};
static const struct hearth_schema node_366 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_score_request_properties[] = {
    {"model", &node_359, false},
    {"text_1", &hearth_schema_score_texts, false},
    {"text_2", &hearth_schema_score_texts, false},
    {"queries", &hearth_schema_score_texts, false},
    {"documents", &hearth_schema_score_texts, false},
    {"raw_scores", &node_360, false},
    {"truncate", &node_361, false},
    {"timeout", &hearth_schema_time_limit, false},
    {"service_tier", &node_365, false},
    {"user", &node_366, false},
};
const struct hearth_schema hearth_schema_score_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_score_request_properties,
    .property_count = 10,
    .closed = true,
};
static const struct hearth_schema node_367 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_369 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_371 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_370 = {
    .expected = "an array of strings that are not empty of 2 to 2 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 2,
    .length_max = 2,
    .items = &node_371,
};
static const struct hearth_schema node_374 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_373 = {
    .expected = "an array of strings that are not empty of 1 to 2 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2,
    .items = &node_374,
};
static const struct hearth_schema node_372 = {
    .expected = "an array of arrays of strings that are not empty of 1 to 2 items of 1 to 2,048 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2048,
    .items = &node_373,
};
static const struct hearth_schema node_368 = {
    .expected = "a text, a list of two texts, or a list of 1 to 2,048 lists of one or two texts",
    .any_of = (const struct hearth_schema *const[]){&node_369, &node_370, &node_372, NULL},
};
static const struct hearth_schema node_375 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_376 = {
    .expected = "\"Right\" or \"right\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"Right", "right", NULL},
};
static const struct hearth_schema node_377 = {
    .expected = "nothing",
    .refused = "scores are the probabilities of labels",
};
static const struct hearth_schema_property top_predict_request_properties[] = {
    {"model", &node_367, false},
    {"inputs", &node_368, true},
    {"truncate", &node_375, false},
    {"truncation_direction", &node_376, false},
    {"raw_scores", &node_377, false},
};
const struct hearth_schema hearth_schema_predict_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_predict_request_properties,
    .property_count = 5,
    .closed = true,
};
static const struct hearth_schema node_378 = {
    .expected = "a string of 1 to 63 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 63,
};
static const struct hearth_schema node_379 = {
    .expected = "\"/v1/chat/completions\", \"/v1/completions\", \"/v1/embeddings\" or \"/v1/responses\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/responses", NULL},
};
static const struct hearth_schema node_380 = {
    .expected = "\"24h\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"24h", NULL},
};
static const struct hearth_schema node_382 = {
    .expected = "a string of at most 512 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 512,
};
static const struct hearth_schema node_381 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .additional = &node_382,
};
static const struct hearth_schema node_383 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_batch_create_properties[] = {
    {"input_file_id", &node_378, true},
    {"endpoint", &node_379, true},
    {"completion_window", &node_380, true},
    {"metadata", &node_381, false},
    {"output_expires_after", &node_383, false},
};
const struct hearth_schema hearth_schema_batch_create = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_batch_create_properties,
    .property_count = 5,
    .closed = true,
};
static const struct hearth_schema node_384 = {
    .expected = "a string of at most 64 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 64,
};
static const struct hearth_schema node_385 = {
    .expected = "a string of at most 128 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 128,
};
static const struct hearth_schema_property top_response_input_item_properties[] = {
    {"type", &node_384, false},
    {"id", &node_385, false},
};
const struct hearth_schema hearth_schema_response_input_item = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_response_input_item_properties,
    .property_count = 2,
};
static const struct hearth_schema node_386 = {
    .expected = "a string of at most 64 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 64,
};
static const struct hearth_schema node_387 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_388 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_389 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_390 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_response_tool_properties[] = {
    {"type", &node_386, true},
    {"name", &node_387, false},
    {"description", &node_388, false},
    {"parameters", &node_389, false},
    {"strict", &node_390, false},
};
const struct hearth_schema hearth_schema_response_tool = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_response_tool_properties,
    .property_count = 5,
};
static const struct hearth_schema node_391 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_393 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_394 = {
    .expected = "an array of objects of at most 65,536 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_max = 65536,
    .items = &hearth_schema_response_input_item,
};
static const struct hearth_schema node_395 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_392 = {
    .expected = "a string or an array of objects of at most 65,536 items",
    .any_of = (const struct hearth_schema *const[]){&node_393, &node_394, &node_395, NULL},
};
static const struct hearth_schema node_396 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_397 = {
    .expected = "a string of at most 128 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 128,
};
static const struct hearth_schema node_398 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_399 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_400 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_401 = {
    .expected = "an integer from 1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_402 = {
    .expected = "an integer from 1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_403 = {
    .expected = "a number from 0 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_404 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_405 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_406 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_407 = {
    .expected = "an array of objects of at most 1,024 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 1024,
    .items = &hearth_schema_response_tool,
};
static const struct hearth_schema node_409 = {
    .expected = "\"none\", \"auto\" or \"required\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"none", "auto", "required", NULL},
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
    .expected = "\"none\", \"auto\" or \"required\" or an object",
    .any_of = (const struct hearth_schema *const[]){&node_409, &node_410, &node_411, NULL},
};
static const struct hearth_schema node_412 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_415 = {
    .expected = "\"text\", \"json_object\" or \"json_schema\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"text", "json_object", "json_schema", NULL},
};
static const struct hearth_schema node_416 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_417 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_418 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property node_414_properties[] = {
    {"type", &node_415, true},
    {"name", &node_416, false},
    {"schema", &node_417, false},
    {"strict", &node_418, false},
};
static const struct hearth_schema node_414 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .properties = node_414_properties,
    .property_count = 4,
};
static const struct hearth_schema node_419 = {
    .expected = "a string of at most 32 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 32,
};
static const struct hearth_schema_property node_413_properties[] = {
    {"format", &node_414, false},
    {"verbosity", &node_419, false},
};
static const struct hearth_schema node_413 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .properties = node_413_properties,
    .property_count = 2,
};
static const struct hearth_schema node_421 = {
    .expected = "a string of at most 32 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 32,
};
static const struct hearth_schema node_422 = {
    .expected = "a string of at most 32 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 32,
};
static const struct hearth_schema node_423 = {
    .expected = "a string of at most 32 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 32,
};
static const struct hearth_schema_property node_420_properties[] = {
    {"effort", &node_421, false},
    {"summary", &node_422, false},
    {"generate_summary", &node_423, false},
};
static const struct hearth_schema node_420 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .properties = node_420_properties,
    .property_count = 3,
};
static const struct hearth_schema node_425 = {
    .expected = "a string of at most 128 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 128,
};
static const struct hearth_schema node_424 = {
    .expected = "an array of strings of at most 128 characters of at most 32 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 32,
    .items = &node_425,
};
static const struct hearth_schema node_426 = {
    .expected = "\"auto\" or \"disabled\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"auto", "disabled", NULL},
};
static const struct hearth_schema node_427 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_428 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_429 = {
    .expected = "\"auto\", \"default\", \"flex\", \"scale\" or \"priority\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"auto", "default", "flex", "scale", "priority", NULL},
};
static const struct hearth_schema node_430 = {
    .expected = "0, because answers here have no logprobs",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){0.0},
};
static const struct hearth_schema node_431 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_432 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_433 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_434 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_435 = {
    .expected = "nothing",
    .refused = "there are no conversations here, name the answer before with previous_response_id",
};
static const struct hearth_schema node_436 = {
    .expected = "nothing",
    .refused = "there are no stored prompts here",
};
static const struct hearth_schema_property top_responses_request_properties[] = {
    {"model", &node_391, false},
    {"input", &node_392, false},
    {"instructions", &node_396, false},
    {"previous_response_id", &node_397, false},
    {"stream", &node_398, false},
    {"stream_options", &node_399, false},
    {"store", &node_400, false},
    {"max_output_tokens", &node_401, false},
    {"max_tool_calls", &node_402, false},
    {"temperature", &node_403, false},
    {"top_p", &node_404, false},
    {"top_k", &node_405, false},
    {"seed", &node_406, false},
    {"tools", &node_407, false},
    {"tool_choice", &node_408, false},
    {"parallel_tool_calls", &node_412, false},
    {"text", &node_413, false},
    {"reasoning", &node_420, false},
    {"include", &node_424, false},
    {"truncation", &node_426, false},
    {"background", &node_427, false},
    {"metadata", &node_428, false},
    {"service_tier", &node_429, false},
    {"top_logprobs", &node_430, false},
    {"user", &node_431, false},
    {"safety_identifier", &node_432, false},
    {"prompt_cache_key", &node_433, false},
    {"prompt_cache_retention", &node_434, false},
    {"conversation", &node_435, false},
    {"prompt", &node_436, false},
};
const struct hearth_schema hearth_schema_responses_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_responses_request_properties,
    .property_count = 30,
    .closed = true,
};
