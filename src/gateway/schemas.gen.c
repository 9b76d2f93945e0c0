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
    {"keep_alive", &hearth_schema_keep_alive, false},
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
    .property_count = 23,
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
    .expected = "a string of 1 to 4,095 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 4095,
};
static const struct hearth_schema node_46 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .check = hearth_check_model_name,
};
static const struct hearth_schema node_47 = {
    .expected = "a string of at most 127 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 127,
};
static const struct hearth_schema_property top_dataset_create_properties[] = {
    {"path", &node_45, true},
    {"name", &node_46, false},
    {"base", &node_47, false},
};
const struct hearth_schema hearth_schema_dataset_create = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_dataset_create_properties,
    .property_count = 3,
    .closed = true,
};
static const struct hearth_schema node_49 = {
    .expected = "\"auto\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"auto", NULL},
};
static const struct hearth_schema node_50 = {
    .expected = "an integer from 1 to 10000",
    .types = HEARTH_SCHEMA_INTEGER,
    .minimum = &(const double){1.0},
    .maximum = &(const double){10000.0},
};
static const struct hearth_schema node_48 = {
    .expected = "\"auto\" or a whole number from 1 to 10,000",
    .any_of = (const struct hearth_schema *const[]){&node_49, &node_50, NULL},
};
static const struct hearth_schema node_52 = {
    .expected = "\"auto\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"auto", NULL},
};
static const struct hearth_schema node_53 = {
    .expected = "an integer from 1 to 4096",
    .types = HEARTH_SCHEMA_INTEGER,
    .minimum = &(const double){1.0},
    .maximum = &(const double){4096.0},
};
static const struct hearth_schema node_51 = {
    .expected = "\"auto\" or a whole number from 1 to 4,096",
    .any_of = (const struct hearth_schema *const[]){&node_52, &node_53, NULL},
};
static const struct hearth_schema node_55 = {
    .expected = "\"auto\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"auto", NULL},
};
static const struct hearth_schema node_56 = {
    .expected = "a number over 0 and at most 5000",
    .types = HEARTH_SCHEMA_NUMBER,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){5000.0},
};
static const struct hearth_schema node_54 = {
    .expected = "\"auto\" or a number over 0 and up to 5,000",
    .any_of = (const struct hearth_schema *const[]){&node_55, &node_56, NULL},
};
static const struct hearth_schema_property top_fine_tuning_hyperparameters_properties[] = {
    {"n_epochs", &node_48, false},
    {"batch_size", &node_51, false},
    {"learning_rate_multiplier", &node_54, false},
};
const struct hearth_schema hearth_schema_fine_tuning_hyperparameters = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .properties = top_fine_tuning_hyperparameters_properties,
    .property_count = 3,
    .closed = true,
};
static const struct hearth_schema_property top_fine_tuning_supervised_properties[] = {
    {"hyperparameters", &hearth_schema_fine_tuning_hyperparameters, false},
};
const struct hearth_schema hearth_schema_fine_tuning_supervised = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .properties = top_fine_tuning_supervised_properties,
    .property_count = 1,
    .closed = true,
};
static const struct hearth_schema node_57 = {
    .expected = "supervised (no other method, neither dpo nor reinforcement, is available here)",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"supervised", NULL},
};
static const struct hearth_schema node_58 = {
    .expected = "nothing",
    .refused = "preferences cannot be learnt here, only examples (supervised)",
};
static const struct hearth_schema node_59 = {
    .expected = "nothing",
    .refused = "graders cannot be learnt from here, only examples (supervised)",
};
static const struct hearth_schema_property top_fine_tuning_method_properties[] = {
    {"type", &node_57, true},
    {"supervised", &hearth_schema_fine_tuning_supervised, false},
    {"dpo", &node_58, false},
    {"reinforcement", &node_59, false},
};
const struct hearth_schema hearth_schema_fine_tuning_method = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .properties = top_fine_tuning_method_properties,
    .property_count = 4,
    .closed = true,
};
static const struct hearth_schema node_60 = {
    .expected = "a string of 1 to 200 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 200,
};
static const struct hearth_schema node_61 = {
    .expected = "a string of 1 to 63 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 63,
};
static const struct hearth_schema node_62 = {
    .expected = "a string of 1 to 63 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_min = 1,
    .length_max = 63,
};
static const struct hearth_schema node_63 = {
    .expected = "a string of 1 to 64 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_min = 1,
    .length_max = 64,
};
static const struct hearth_schema node_64 = {
    .expected = "an integer from 0 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_65 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_67 = {
    .expected = "a string of at most 512 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 512,
};
static const struct hearth_schema node_66 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .additional = &node_67,
    .check = hearth_check_metadata,
};
static const struct hearth_schema node_69 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
};
static const struct hearth_schema node_68 = {
    .expected = "an array of objects of at most 16 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 16,
    .items = &node_69,
};
static const struct hearth_schema_property top_fine_tuning_job_create_properties[] = {
    {"model", &node_60, true},
    {"training_file", &node_61, true},
    {"validation_file", &node_62, false},
    {"suffix", &node_63, false},
    {"seed", &node_64, false},
    {"method", &hearth_schema_fine_tuning_method, false},
    {"hyperparameters", &hearth_schema_fine_tuning_hyperparameters, false},
    {"parameters", &node_65, false},
    {"metadata", &node_66, false},
    {"integrations", &node_68, false},
};
const struct hearth_schema hearth_schema_fine_tuning_job_create = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_fine_tuning_job_create_properties,
    .property_count = 10,
    .closed = true,
};
static const struct hearth_schema node_70 = {
    .expected = "an integer from 1 to 2,147,483,647, or -1 or null for no limit",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
    .check = hearth_check_max_tokens,
};
static const struct hearth_schema node_71 = {
    .expected = "a number from 0 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_72 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_73 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_74 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_75 = {
    .expected = "a number over 0 and at most 10",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){10.0},
};
static const struct hearth_schema node_76 = {
    .expected = "a number over 0 and at most 10",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){10.0},
};
static const struct hearth_schema node_77 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_78 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_79 = {
    .expected = "a number from -1 to 1000",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){1000.0},
};
static const struct hearth_schema node_80 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_81 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_82 = {
    .expected = "a number from 0 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_83 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_84 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_85 = {
    .expected = "a number from 1 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_86 = {
    .expected = "an integer from 0 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_87 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_89 = {
    .expected = "a string of 1 to 40 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 40,
};
static const struct hearth_schema node_88 = {
    .expected = "a list of up to 16 texts of 1 to 40 bytes",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 16,
    .items = &node_89,
};
static const struct hearth_schema node_90 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_91 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_92 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_93 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_94 = {
    .expected = "\"none\", \"start\" or \"end\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"none", "start", "end", NULL},
};
static const struct hearth_schema_property top_parameters_properties[] = {
    {"max_tokens", &node_70, false},
    {"temperature", &node_71, false},
    {"top_p", &node_72, false},
    {"top_k", &node_73, false},
    {"min_p", &node_74, false},
    {"repeat_penalty", &node_75, false},
    {"repetition_penalty", &node_76, false},
    {"repeat_last_n", &node_77, false},
    {"typical_p", &node_78, false},
    {"top_n_sigma", &node_79, false},
    {"xtc_probability", &node_80, false},
    {"xtc_threshold", &node_81, false},
    {"dynatemp_range", &node_82, false},
    {"dynatemp_exponent", &node_83, false},
    {"dry_multiplier", &node_84, false},
    {"dry_base", &node_85, false},
    {"dry_allowed_length", &node_86, false},
    {"dry_penalty_last_n", &node_87, false},
    {"dry_sequence_breakers", &node_88, false},
    {"presence_penalty", &node_90, false},
    {"frequency_penalty", &node_91, false},
    {"seed", &node_92, false},
    {"stop", &hearth_schema_stop, false},
    {"logit_bias", &hearth_schema_logit_bias, false},
    {"lora", &hearth_schema_lora, false},
    {"ignore_eos", &node_93, false},
    {"truncate", &node_94, false},
};
const struct hearth_schema hearth_schema_parameters = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .properties = top_parameters_properties,
    .property_count = 27,
    .closed = true,
};
static const struct hearth_schema node_96 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_98 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_97 = {
    .expected = "an array of strings of 1 to 2,048 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2048,
    .items = &node_98,
};
static const struct hearth_schema node_99 = {
    .expected = "an array of objects of 1 to 65,536 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 65536,
    .items = &hearth_schema_message,
};
static const struct hearth_schema node_101 = {
    .expected = "an array of objects of 1 to 65,536 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 65536,
    .items = &hearth_schema_message,
};
static const struct hearth_schema_property node_100_properties[] = {
    {"messages", &node_101, true},
};
static const struct hearth_schema node_100 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = node_100_properties,
    .property_count = 1,
    .closed = true,
};
static const struct hearth_schema node_95 = {
    .expected = "a string or an array of strings of 1 to 2,048 items or an array of objects of 1 to 65,536 items or an object",
    .any_of = (const struct hearth_schema *const[]){&node_96, &node_97, &node_99, &node_100, NULL},
};
static const struct hearth_schema_property top_infer_request_properties[] = {
    {"keep_alive", &hearth_schema_keep_alive, false},
    {"input", &node_95, true},
    {"parameters", &hearth_schema_parameters, false},
};
const struct hearth_schema hearth_schema_infer_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_infer_request_properties,
    .property_count = 3,
    .closed = true,
};
static const struct hearth_schema node_103 = {
    .expected = "an integer of at least 1",
    .types = HEARTH_SCHEMA_INTEGER,
    .minimum = &(const double){1.0},
};
static const struct hearth_schema node_104 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 256,
};
static const struct hearth_schema node_105 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_102 = {
    .expected = "an integer of at least 1 or a string of at most 256 characters",
    .any_of = (const struct hearth_schema *const[]){&node_103, &node_104, &node_105, NULL},
};
static const struct hearth_schema node_106 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_107 = {
    .expected = "an integer from 1 to 2,147,483,647, or -1 or null for no limit",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
    .check = hearth_check_max_tokens,
};
static const struct hearth_schema node_108 = {
    .expected = "a number from 0 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_109 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_110 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_111 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_112 = {
    .expected = "a number over 0 and at most 10",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){10.0},
};
static const struct hearth_schema node_113 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_inference_request_properties[] = {
    {"keep_alive", &hearth_schema_keep_alive, false},
    {"model_id", &node_102, false},
    {"prompt", &node_106, true},
    {"max_tokens", &node_107, false},
    {"temperature", &node_108, false},
    {"top_p", &node_109, false},
    {"top_k", &node_110, false},
    {"min_p", &node_111, false},
    {"repeat_penalty", &node_112, false},
    {"seed", &node_113, false},
    {"stop", &hearth_schema_stop, false},
};
const struct hearth_schema hearth_schema_inference_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_inference_request_properties,
    .property_count = 11,
    .closed = true,
};
static const struct hearth_schema node_114 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_115 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .takes_nul = true,
};
static const struct hearth_schema node_116 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .takes_nul = true,
};
static const struct hearth_schema node_117 = {
    .expected = "an array of objects of 1 to 65,536 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_min = 1,
    .length_max = 65536,
    .items = &hearth_schema_message,
};
static const struct hearth_schema node_118 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_119 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_120 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_tokenize_request_properties[] = {
    {"model", &node_114, false},
    {"content", &node_115, false},
    {"text", &node_116, false},
    {"messages", &node_117, false},
    {"add_special", &node_118, false},
    {"parse_special", &node_119, false},
    {"with_pieces", &node_120, false},
};
const struct hearth_schema hearth_schema_tokenize_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_tokenize_request_properties,
    .property_count = 7,
    .closed = true,
};
static const struct hearth_schema node_121 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_123 = {
    .expected = "an integer from 0 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_122 = {
    .expected = "an array of integers from 0 to 2,147,483,647 of at most 1,048,576 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_max = 1048576,
    .items = &node_123,
};
static const struct hearth_schema_property top_detokenize_request_properties[] = {
    {"model", &node_121, false},
    {"tokens", &node_122, true},
};
const struct hearth_schema hearth_schema_detokenize_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_detokenize_request_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_124 = {
    .expected = "a string of at most 1,024 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 1024,
};
const struct hearth_schema hearth_schema_tags = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .additional = &node_124,
};
const struct hearth_schema hearth_schema_settings = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .check = hearth_check_settings,
};
static const struct hearth_schema node_125 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
    .check = hearth_check_model_name,
};
static const struct hearth_schema node_126 = {
    .expected = "a string of 1 to 4,096 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 4096,
    .check = hearth_check_source,
};
static const struct hearth_schema node_128 = {
    .expected = "a string of at most 128 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 128,
};
static const struct hearth_schema node_129 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_127 = {
    .expected = "a string of at most 128 characters",
    .any_of = (const struct hearth_schema *const[]){&node_128, &node_129, NULL},
};
static const struct hearth_schema node_130 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .check = hearth_check_task,
};
static const struct hearth_schema node_131 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .check = hearth_check_task,
};
static const struct hearth_schema node_132 = {
    .expected = "a string of at most 16,384 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 16384,
};
static const struct hearth_schema node_134 = {
    .expected = "a string of at most 1,024 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 1024,
};
static const struct hearth_schema node_133 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .additional = &node_134,
};
static const struct hearth_schema node_135 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_136 = {
    .expected = "a string of 1 to 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_min = 1,
    .length_max = 256,
};
static const struct hearth_schema node_137 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .check = hearth_check_quantization,
};
static const struct hearth_schema node_138 = {
    .expected = "a string of 1 to 65,536 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_min = 1,
    .length_max = 65536,
};
static const struct hearth_schema node_139 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .check = hearth_check_device,
};
static const struct hearth_schema node_140 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .check = hearth_check_settings,
};
static const struct hearth_schema node_141 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .check = hearth_check_settings,
};
static const struct hearth_schema_property top_model_create_properties[] = {
    {"name", &node_125, false},
    {"source", &node_126, true},
    {"version", &node_127, false},
    {"task", &node_130, false},
    {"task_type", &node_131, false},
    {"description", &node_132, false},
    {"tags", &node_133, false},
    {"base_model", &node_135, false},
    {"base", &node_136, false},
    {"quantize", &node_137, false},
    {"perplexity_text", &node_138, false},
    {"device", &node_139, false},
    {"settings", &node_140, false},
    {"config", &node_141, false},
};
const struct hearth_schema hearth_schema_model_create = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_model_create_properties,
    .property_count = 14,
    .closed = true,
};
static const struct hearth_schema node_142 = {
    .expected = "a string of 1 to 4,096 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 4096,
    .check = hearth_check_source,
};
static const struct hearth_schema node_143 = {
    .expected = "a string of at most 128 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 128,
};
static const struct hearth_schema node_144 = {
    .expected = "a string of 1 to 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_min = 1,
    .length_max = 256,
};
static const struct hearth_schema node_145 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .check = hearth_check_quantization,
};
static const struct hearth_schema node_146 = {
    .expected = "a string of 1 to 65,536 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_min = 1,
    .length_max = 65536,
};
static const struct hearth_schema_property top_version_create_properties[] = {
    {"source", &node_142, true},
    {"label", &node_143, false},
    {"base", &node_144, false},
    {"quantize", &node_145, false},
    {"perplexity_text", &node_146, false},
};
const struct hearth_schema hearth_schema_version_create = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_version_create_properties,
    .property_count = 5,
    .closed = true,
};
static const struct hearth_schema node_147 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
    .check = hearth_check_task,
};
static const struct hearth_schema node_148 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
    .check = hearth_check_task,
};
static const struct hearth_schema node_149 = {
    .expected = "a string of at most 16,384 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 16384,
};
static const struct hearth_schema node_150 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 256,
};
static const struct hearth_schema node_151 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
    .check = hearth_check_device,
};
static const struct hearth_schema node_152 = {
    .expected = "an integer of at least 0",
    .types = HEARTH_SCHEMA_INTEGER,
    .minimum = &(const double){0.0},
};
static const struct hearth_schema_property top_model_update_properties[] = {
    {"task", &node_147, false},
    {"task_type", &node_148, false},
    {"description", &node_149, false},
    {"tags", &hearth_schema_tags, false},
    {"base_model", &node_150, false},
    {"device", &node_151, false},
    {"settings", &hearth_schema_settings, false},
    {"config", &hearth_schema_settings, false},
    {"revision", &node_152, false},
};
const struct hearth_schema hearth_schema_model_update = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_model_update_properties,
    .property_count = 9,
    .closed = true,
};
static const struct hearth_schema node_153 = {
    .expected = "an integer of at least 1",
    .types = HEARTH_SCHEMA_INTEGER,
    .minimum = &(const double){1.0},
};
static const struct hearth_schema node_154 = {
    .expected = "an integer of at least 0",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
};
static const struct hearth_schema_property top_alias_set_properties[] = {
    {"version", &node_153, true},
    {"revision", &node_154, false},
};
const struct hearth_schema hearth_schema_alias_set = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_alias_set_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_155 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_158 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_159 = {
    .expected = "an integer from 0 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_162 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_163 = {
    .expected = "an integer from 0 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_161 = {
    .expected = "a string or an integer from 0 to 2,147,483,647",
    .any_of = (const struct hearth_schema *const[]){&node_162, &node_163, NULL},
};
static const struct hearth_schema node_160 = {
    .expected = "an array of strings or an integer from 0 to 2,147,483,647 of 1 to 1,048,576 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 1048576,
    .items = &node_161,
};
static const struct hearth_schema node_157 = {
    .expected = "a string or an object or an integer from 0 to 2,147,483,647 or an array of strings or an integer from 0 to 2,147,483,647 of 1 to 1,048,576 items",
    .any_of = (const struct hearth_schema *const[]){&node_158, &hearth_schema_native_prompt_object, &node_159, &node_160, NULL},
};
static const struct hearth_schema node_156 = {
    .expected = "an array of strings or an object or an integer from 0 to 2,147,483,647 or an array of strings or an integer from 0 to 2,147,483,647 of 1 to 1,048,576 items of 1 to 1,048,576 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 1048576,
    .items = &node_157,
};
const struct hearth_schema hearth_schema_native_prompt = {
    .expected = "a text, a list of token ids or of texts and ids, or a list of 1 to 64 of these",
    .any_of = (const struct hearth_schema *const[]){&node_155, &hearth_schema_native_prompt_object, &node_156, NULL},
};
static const struct hearth_schema node_164 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_165 = {
    .expected = "nothing",
    .refused = "only text can be read here",
};
static const struct hearth_schema_property top_native_prompt_object_properties[] = {
    {"prompt_string", &node_164, true},
    {"multimodal_data", &node_165, false},
};
const struct hearth_schema hearth_schema_native_prompt_object = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_native_prompt_object_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_166 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_167 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_168 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_169 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_170 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_171 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_172 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
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
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_176 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_177 = {
    .expected = "a number from -1 to 1000",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){1000.0},
};
static const struct hearth_schema node_178 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_179 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_180 = {
    .expected = "a number over 0 and at most 10",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){10.0},
};
static const struct hearth_schema node_181 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_182 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_183 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_184 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_185 = {
    .expected = "a number from 1 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_186 = {
    .expected = "an integer from 0 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_187 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_189 = {
    .expected = "a string of 1 to 40 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 40,
};
static const struct hearth_schema node_188 = {
    .expected = "a list of up to 16 texts of 1 to 40 bytes",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 16,
    .items = &node_189,
};
static const struct hearth_schema node_190 = {
    .expected = "0: mirostat is not available here; top_p, min_p, typical_p, top_n_sigma, xtc and dry are",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){0.0},
};
static const struct hearth_schema node_191 = {
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_192 = {
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_195 = {
    .expected = "a string of at most 32 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 32,
};
static const struct hearth_schema node_194 = {
    .expected = "an array of strings of at most 32 characters of at most 16 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_max = 16,
    .items = &node_195,
};
static const struct hearth_schema node_196 = {
    .expected = "a string of at most 16 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 16,
};
static const struct hearth_schema node_197 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_193 = {
    .expected = "an array of strings of at most 32 characters of at most 16 items or a string of at most 16 characters",
    .any_of = (const struct hearth_schema *const[]){&node_194, &node_196, &node_197, NULL},
};
static const struct hearth_schema node_198 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_199 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_202 = {
    .expected = "a number from -100 to 100",
    .types = HEARTH_SCHEMA_NUMBER,
    .minimum = &(const double){-100.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_201 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .additional = &node_202,
};
static const struct hearth_schema node_204 = {
    .expected = "an array of 2 to 2 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 2,
    .length_max = 2,
};
static const struct hearth_schema node_203 = {
    .expected = "an array of arrays of 2 to 2 items of at most 1,024 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_max = 1024,
    .items = &node_204,
};
static const struct hearth_schema node_205 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_200 = {
    .expected = "an object or an array of arrays of 2 to 2 items of at most 1,024 items",
    .any_of = (const struct hearth_schema *const[]){&node_201, &node_203, &node_205, NULL},
};
static const struct hearth_schema node_206 = {
    .expected = "an integer from 0 to 20",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){20.0},
};
static const struct hearth_schema node_207 = {
    .expected = "a string of at most 1,048,576 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 1048576,
};
static const struct hearth_schema node_208 = {
    .expected = "any value",
};
static const struct hearth_schema node_209 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_210 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_211 = {
    .expected = "nothing",
    .refused = "probabilities behind the sampling rules are not known here; n_probs gives those before",
};
static const struct hearth_schema node_212 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_213 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_214 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_215 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_216 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_217 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_218 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_219 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_220 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_221 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_223 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 256,
};
static const struct hearth_schema node_222 = {
    .expected = "an array of strings of at most 256 characters of at most 64 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 64,
    .items = &node_223,
};
static const struct hearth_schema_property top_native_completion_request_properties[] = {
    {"keep_alive", &hearth_schema_keep_alive, false},
    {"prompt", &hearth_schema_native_prompt, true},
    {"model", &node_166, false},
    {"stream", &node_167, false},
    {"n_predict", &node_168, false},
    {"max_tokens", &node_169, false},
    {"temperature", &node_170, false},
    {"dynatemp_range", &node_171, false},
    {"dynatemp_exponent", &node_172, false},
    {"top_k", &node_173, false},
    {"top_p", &node_174, false},
    {"min_p", &node_175, false},
    {"typical_p", &node_176, false},
    {"top_n_sigma", &node_177, false},
    {"xtc_probability", &node_178, false},
    {"xtc_threshold", &node_179, false},
    {"repeat_penalty", &node_180, false},
    {"repeat_last_n", &node_181, false},
    {"presence_penalty", &node_182, false},
    {"frequency_penalty", &node_183, false},
    {"dry_multiplier", &node_184, false},
    {"dry_base", &node_185, false},
    {"dry_allowed_length", &node_186, false},
    {"dry_penalty_last_n", &node_187, false},
    {"dry_sequence_breakers", &node_188, false},
    {"mirostat", &node_190, false},
    {"mirostat_tau", &node_191, false},
    {"mirostat_eta", &node_192, false},
    {"samplers", &node_193, false},
    {"seed", &node_198, false},
    {"stop", &hearth_schema_stop, false},
    {"ignore_eos", &node_199, false},
    {"logit_bias", &node_200, false},
    {"n_probs", &node_206, false},
    {"grammar", &node_207, false},
    {"json_schema", &node_208, false},
    {"response_format", &hearth_schema_response_format, false},
    {"lora", &hearth_schema_lora, false},
    {"return_tokens", &node_209, false},
    {"timings_per_token", &node_210, false},
    {"post_sampling_probs", &node_211, false},
    {"cache_prompt", &node_212, false},
    {"id_slot", &node_213, false},
    {"n_keep", &node_214, false},
    {"n_discard", &node_215, false},
    {"n_indent", &node_216, false},
    {"min_keep", &node_217, false},
    {"t_max_predict_ms", &node_218, false},
    {"t_max_prompt_ms", &node_219, false},
    {"n_cache_reuse", &node_220, false},
    {"return_progress", &node_221, false},
    {"response_fields", &node_222, false},
};
const struct hearth_schema hearth_schema_native_completion_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_native_completion_request_properties,
    .property_count = 52,
    .closed = true,
};
static const struct hearth_schema node_224 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_225 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_226 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_229 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_230 = {
    .expected = "a string of at most 4,096 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 4096,
};
static const struct hearth_schema_property node_228_properties[] = {
    {"text", &node_229, true},
    {"filename", &node_230, false},
};
static const struct hearth_schema node_228 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = node_228_properties,
    .property_count = 2,
};
static const struct hearth_schema node_227 = {
    .expected = "an array of objects of at most 256 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 256,
    .items = &node_228,
};
static const struct hearth_schema node_231 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_232 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_233 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_234 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_235 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_236 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_237 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_238 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_239 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_240 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_241 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_242 = {
    .expected = "a number from -1 to 1000",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){1000.0},
};
static const struct hearth_schema node_243 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_244 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_245 = {
    .expected = "a number over 0 and at most 10",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){10.0},
};
static const struct hearth_schema node_246 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_247 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_248 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_249 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_250 = {
    .expected = "a number from 1 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_251 = {
    .expected = "an integer from 0 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_252 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_254 = {
    .expected = "a string of 1 to 40 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 40,
};
static const struct hearth_schema node_253 = {
    .expected = "a list of up to 16 texts of 1 to 40 bytes",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 16,
    .items = &node_254,
};
static const struct hearth_schema node_255 = {
    .expected = "0: mirostat is not available here; top_p, min_p, typical_p, top_n_sigma, xtc and dry are",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){0.0},
};
static const struct hearth_schema node_256 = {
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_257 = {
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_260 = {
    .expected = "a string of at most 32 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 32,
};
static const struct hearth_schema node_259 = {
    .expected = "an array of strings of at most 32 characters of at most 16 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_max = 16,
    .items = &node_260,
};
static const struct hearth_schema node_261 = {
    .expected = "a string of at most 16 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 16,
};
static const struct hearth_schema node_262 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_258 = {
    .expected = "an array of strings of at most 32 characters of at most 16 items or a string of at most 16 characters",
    .any_of = (const struct hearth_schema *const[]){&node_259, &node_261, &node_262, NULL},
};
static const struct hearth_schema node_263 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_264 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_267 = {
    .expected = "a number from -100 to 100",
    .types = HEARTH_SCHEMA_NUMBER,
    .minimum = &(const double){-100.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_266 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .additional = &node_267,
};
static const struct hearth_schema node_269 = {
    .expected = "an array of 2 to 2 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 2,
    .length_max = 2,
};
static const struct hearth_schema node_268 = {
    .expected = "an array of arrays of 2 to 2 items of at most 1,024 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_max = 1024,
    .items = &node_269,
};
static const struct hearth_schema node_270 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_265 = {
    .expected = "an object or an array of arrays of 2 to 2 items of at most 1,024 items",
    .any_of = (const struct hearth_schema *const[]){&node_266, &node_268, &node_270, NULL},
};
static const struct hearth_schema node_271 = {
    .expected = "an integer from 0 to 20",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){20.0},
};
static const struct hearth_schema node_272 = {
    .expected = "a string of at most 1,048,576 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 1048576,
};
static const struct hearth_schema node_273 = {
    .expected = "any value",
};
static const struct hearth_schema node_274 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_275 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_276 = {
    .expected = "nothing",
    .refused = "probabilities behind the sampling rules are not known here; n_probs gives those before",
};
static const struct hearth_schema node_277 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_278 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_279 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_280 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
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
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_288 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 256,
};
static const struct hearth_schema node_287 = {
    .expected = "an array of strings of at most 256 characters of at most 64 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 64,
    .items = &node_288,
};
static const struct hearth_schema_property top_native_infill_request_properties[] = {
    {"keep_alive", &hearth_schema_keep_alive, false},
    {"input_prefix", &node_224, true},
    {"input_suffix", &node_225, true},
    {"prompt", &node_226, false},
    {"input_extra", &node_227, false},
    {"model", &node_231, false},
    {"stream", &node_232, false},
    {"n_predict", &node_233, false},
    {"max_tokens", &node_234, false},
    {"temperature", &node_235, false},
    {"dynatemp_range", &node_236, false},
    {"dynatemp_exponent", &node_237, false},
    {"top_k", &node_238, false},
    {"top_p", &node_239, false},
    {"min_p", &node_240, false},
    {"typical_p", &node_241, false},
    {"top_n_sigma", &node_242, false},
    {"xtc_probability", &node_243, false},
    {"xtc_threshold", &node_244, false},
    {"repeat_penalty", &node_245, false},
    {"repeat_last_n", &node_246, false},
    {"presence_penalty", &node_247, false},
    {"frequency_penalty", &node_248, false},
    {"dry_multiplier", &node_249, false},
    {"dry_base", &node_250, false},
    {"dry_allowed_length", &node_251, false},
    {"dry_penalty_last_n", &node_252, false},
    {"dry_sequence_breakers", &node_253, false},
    {"mirostat", &node_255, false},
    {"mirostat_tau", &node_256, false},
    {"mirostat_eta", &node_257, false},
    {"samplers", &node_258, false},
    {"seed", &node_263, false},
    {"stop", &hearth_schema_stop, false},
    {"ignore_eos", &node_264, false},
    {"logit_bias", &node_265, false},
    {"n_probs", &node_271, false},
    {"grammar", &node_272, false},
    {"json_schema", &node_273, false},
    {"response_format", &hearth_schema_response_format, false},
    {"lora", &hearth_schema_lora, false},
    {"return_tokens", &node_274, false},
    {"timings_per_token", &node_275, false},
    {"post_sampling_probs", &node_276, false},
    {"cache_prompt", &node_277, false},
    {"id_slot", &node_278, false},
    {"n_keep", &node_279, false},
    {"n_discard", &node_280, false},
    {"n_indent", &node_281, false},
    {"min_keep", &node_282, false},
    {"t_max_predict_ms", &node_283, false},
    {"t_max_prompt_ms", &node_284, false},
    {"n_cache_reuse", &node_285, false},
    {"return_progress", &node_286, false},
    {"response_fields", &node_287, false},
};
const struct hearth_schema hearth_schema_native_infill_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_native_infill_request_properties,
    .property_count = 55,
    .closed = true,
};
static const struct hearth_schema node_289 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_290 = {
    .expected = "an array of objects of 1 to 65,536 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 65536,
    .items = &hearth_schema_message,
};
static const struct hearth_schema node_291 = {
    .expected = "an array of objects of at most 1,024 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 1024,
    .items = &hearth_schema_tool,
};
static const struct hearth_schema node_293 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_294 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
};
static const struct hearth_schema node_295 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_292 = {
    .expected = "a string or an object",
    .any_of = (const struct hearth_schema *const[]){&node_293, &node_294, &node_295, NULL},
};
static const struct hearth_schema node_296 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_297 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_298 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_299 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_native_template_request_properties[] = {
    {"model", &node_289, false},
    {"messages", &node_290, true},
    {"tools", &node_291, false},
    {"tool_choice", &node_292, false},
    {"parallel_tool_calls", &node_296, false},
    {"add_generation_prompt", &node_297, false},
    {"chat_template_kwargs", &node_298, false},
    {"reasoning_effort", &node_299, false},
};
const struct hearth_schema hearth_schema_native_template_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_native_template_request_properties,
    .property_count = 8,
    .closed = true,
};
static const struct hearth_schema node_300 = {
    .expected = "an integer from -2 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_301 = {
    .expected = "a number from 0 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_302 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_303 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_304 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_305 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_306 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_307 = {
    .expected = "a number over 0 and at most 10",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){10.0},
};
static const struct hearth_schema node_308 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_309 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_310 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_311 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_312 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_313 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_314 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_315 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_316 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_317 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_318 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_319 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_320 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_321 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_322 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_323 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_324 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_325 = {
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_326 = {
    .expected = "0: mirostat is not available here; top_p, min_p and the others are",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){0.0},
};
static const struct hearth_schema node_327 = {
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_328 = {
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_ollama_options_properties[] = {
    {"num_predict", &node_300, false},
    {"temperature", &node_301, false},
    {"top_k", &node_302, false},
    {"top_p", &node_303, false},
    {"min_p", &node_304, false},
    {"typical_p", &node_305, false},
    {"repeat_last_n", &node_306, false},
    {"repeat_penalty", &node_307, false},
    {"presence_penalty", &node_308, false},
    {"frequency_penalty", &node_309, false},
    {"seed", &node_310, false},
    {"stop", &hearth_schema_stop, false},
    {"num_ctx", &node_311, false},
    {"num_batch", &node_312, false},
    {"num_gpu", &node_313, false},
    {"main_gpu", &node_314, false},
    {"num_thread", &node_315, false},
    {"num_keep", &node_316, false},
    {"numa", &node_317, false},
    {"low_vram", &node_318, false},
    {"vocab_only", &node_319, false},
    {"use_mmap", &node_320, false},
    {"use_mlock", &node_321, false},
    {"f16_kv", &node_322, false},
    {"logits_all", &node_323, false},
    {"penalize_newline", &node_324, false},
    {"tfs_z", &node_325, false},
    {"mirostat", &node_326, false},
    {"mirostat_tau", &node_327, false},
    {"mirostat_eta", &node_328, false},
};
const struct hearth_schema hearth_schema_ollama_options = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .properties = top_ollama_options_properties,
    .property_count = 30,
    .closed = true,
};
static const struct hearth_schema node_329 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_331 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_332 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_334 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
};
static const struct hearth_schema node_335 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_336 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_333 = {
    .expected = "an object or a string",
    .any_of = (const struct hearth_schema *const[]){&node_334, &node_335, &node_336, NULL},
};
static const struct hearth_schema_property node_330_properties[] = {
    {"name", &node_331, true},
    {"index", &node_332, false},
    {"arguments", &node_333, false},
};
static const struct hearth_schema node_330 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = node_330_properties,
    .property_count = 3,
};
static const struct hearth_schema_property top_ollama_tool_call_properties[] = {
    {"id", &node_329, false},
    {"function", &node_330, true},
};
const struct hearth_schema hearth_schema_ollama_tool_call = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_ollama_tool_call_properties,
    .property_count = 2,
};
static const struct hearth_schema node_337 = {
    .expected = "\"system\", \"user\", \"assistant\" or \"tool\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"system", "user", "assistant", "tool", NULL},
};
static const struct hearth_schema node_338 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_339 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_340 = {
    .expected = "nothing",
    .refused = "the models here read text only, no images",
};
static const struct hearth_schema node_341 = {
    .expected = "an array of objects of at most 1,024 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 1024,
    .items = &hearth_schema_ollama_tool_call,
};
static const struct hearth_schema node_342 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_343 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_ollama_message_properties[] = {
    {"role", &node_337, true},
    {"content", &node_338, false},
    {"thinking", &node_339, false},
    {"images", &node_340, false},
    {"tool_calls", &node_341, false},
    {"tool_name", &node_342, false},
    {"tool_call_id", &node_343, false},
};
const struct hearth_schema hearth_schema_ollama_message = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_ollama_message_properties,
    .property_count = 7,
};
static const struct hearth_schema node_344 = {
    .expected = "a string of at most 512 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 512,
};
static const struct hearth_schema node_345 = {
    .expected = "an array of objects of at most 65,536 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 65536,
    .items = &hearth_schema_ollama_message,
};
static const struct hearth_schema node_346 = {
    .expected = "an array of objects of at most 1,024 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 1024,
    .items = &hearth_schema_tool,
};
static const struct hearth_schema node_348 = {
    .expected = "\"none\", \"auto\" or \"required\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"none", "auto", "required", NULL},
};
static const struct hearth_schema node_349 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
};
static const struct hearth_schema node_350 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_347 = {
    .expected = "\"none\", \"auto\" or \"required\" or an object",
    .any_of = (const struct hearth_schema *const[]){&node_348, &node_349, &node_350, NULL},
};
static const struct hearth_schema node_352 = {
    .expected = "\"json\" or \"\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"json", "", NULL},
};
static const struct hearth_schema node_353 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
};
static const struct hearth_schema node_354 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_351 = {
    .expected = "\"json\" or \"\" or an object",
    .any_of = (const struct hearth_schema *const[]){&node_352, &node_353, &node_354, NULL},
};
static const struct hearth_schema node_355 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_357 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN,
};
static const struct hearth_schema node_358 = {
    .expected = "\"low\", \"medium\", \"high\" or \"max\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"low", "medium", "high", "max", NULL},
};
static const struct hearth_schema node_359 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_356 = {
    .expected = "true or false or \"low\", \"medium\", \"high\" or \"max\"",
    .any_of = (const struct hearth_schema *const[]){&node_357, &node_358, &node_359, NULL},
};
static const struct hearth_schema node_360 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_361 = {
    .expected = "an integer from 0 to 20",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){20.0},
};
static const struct hearth_schema node_362 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_363 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_ollama_chat_request_properties[] = {
    {"model", &node_344, false},
    {"messages", &node_345, false},
    {"tools", &node_346, false},
    {"tool_choice", &node_347, false},
    {"format", &node_351, false},
    {"options", &hearth_schema_ollama_options, false},
    {"stream", &node_355, false},
    {"keep_alive", &hearth_schema_keep_alive, false},
    {"think", &node_356, false},
    {"logprobs", &node_360, false},
    {"top_logprobs", &node_361, false},
    {"truncate", &node_362, false},
    {"shift", &node_363, false},
};
const struct hearth_schema hearth_schema_ollama_chat_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_ollama_chat_request_properties,
    .property_count = 13,
    .closed = true,
};
static const struct hearth_schema node_364 = {
    .expected = "a string of at most 512 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 512,
};
static const struct hearth_schema node_365 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_366 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_367 = {
    .expected = "nothing",
    .refused = "the models here read text only, no images",
};
static const struct hearth_schema node_368 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_370 = {
    .expected = "\"json\" or \"\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"json", "", NULL},
};
static const struct hearth_schema node_371 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
};
static const struct hearth_schema node_372 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_369 = {
    .expected = "\"json\" or \"\" or an object",
    .any_of = (const struct hearth_schema *const[]){&node_370, &node_371, &node_372, NULL},
};
static const struct hearth_schema node_373 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_374 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_376 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN,
};
static const struct hearth_schema node_377 = {
    .expected = "\"low\", \"medium\", \"high\" or \"max\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"low", "medium", "high", "max", NULL},
};
static const struct hearth_schema node_378 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_375 = {
    .expected = "true or false or \"low\", \"medium\", \"high\" or \"max\"",
    .any_of = (const struct hearth_schema *const[]){&node_376, &node_377, &node_378, NULL},
};
static const struct hearth_schema node_379 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_380 = {
    .expected = "an integer from 0 to 20",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){20.0},
};
static const struct hearth_schema node_381 = {
    .expected = "nothing",
    .refused = "the model's own template is used, which its setting chat_template replaces",
};
static const struct hearth_schema node_382 = {
    .expected = "nothing",
    .refused = "token ids of a conversation are neither given nor taken here; send its messages to /api/chat",
};
static const struct hearth_schema node_383 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_384 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_ollama_generate_request_properties[] = {
    {"model", &node_364, false},
    {"prompt", &node_365, false},
    {"suffix", &node_366, false},
    {"images", &node_367, false},
    {"system", &node_368, false},
    {"format", &node_369, false},
    {"options", &hearth_schema_ollama_options, false},
    {"stream", &node_373, false},
    {"raw", &node_374, false},
    {"keep_alive", &hearth_schema_keep_alive, false},
    {"think", &node_375, false},
    {"logprobs", &node_379, false},
    {"top_logprobs", &node_380, false},
    {"template", &node_381, false},
    {"context", &node_382, false},
    {"truncate", &node_383, false},
    {"shift", &node_384, false},
};
const struct hearth_schema hearth_schema_ollama_generate_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_ollama_generate_request_properties,
    .property_count = 17,
    .closed = true,
};
static const struct hearth_schema node_385 = {
    .expected = "a string of at most 512 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 512,
};
static const struct hearth_schema node_387 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_389 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_388 = {
    .expected = "an array of strings of at most 2,048 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_max = 2048,
    .items = &node_389,
};
static const struct hearth_schema node_386 = {
    .expected = "a text or a list of up to 2,048 texts",
    .takes_nul = true,
    .any_of = (const struct hearth_schema *const[]){&node_387, &node_388, NULL},
};
static const struct hearth_schema node_390 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_391 = {
    .expected = "an integer from 0 to 1,048,576",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1048576.0},
};
static const struct hearth_schema node_392 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_ollama_embed_request_properties[] = {
    {"model", &node_385, false},
    {"input", &node_386, true},
    {"truncate", &node_390, false},
    {"dimensions", &node_391, false},
    {"keep_alive", &hearth_schema_keep_alive, false},
    {"options", &node_392, false},
};
const struct hearth_schema hearth_schema_ollama_embed_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_ollama_embed_request_properties,
    .property_count = 6,
    .closed = true,
};
static const struct hearth_schema node_393 = {
    .expected = "a string of at most 512 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 512,
};
static const struct hearth_schema node_394 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
    .takes_nul = true,
};
static const struct hearth_schema node_395 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_ollama_embeddings_request_properties[] = {
    {"model", &node_393, false},
    {"prompt", &node_394, true},
    {"keep_alive", &hearth_schema_keep_alive, false},
    {"options", &node_395, false},
};
const struct hearth_schema hearth_schema_ollama_embeddings_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_ollama_embeddings_request_properties,
    .property_count = 4,
    .closed = true,
};
static const struct hearth_schema node_396 = {
    .expected = "a string of at most 512 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 512,
};
static const struct hearth_schema node_397 = {
    .expected = "a string of at most 512 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 512,
};
static const struct hearth_schema node_398 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_399 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_400 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_401 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_ollama_show_request_properties[] = {
    {"model", &node_396, false},
    {"name", &node_397, false},
    {"verbose", &node_398, false},
    {"system", &node_399, false},
    {"template", &node_400, false},
    {"options", &node_401, false},
};
const struct hearth_schema hearth_schema_ollama_show_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_ollama_show_request_properties,
    .property_count = 6,
    .closed = true,
};
static const struct hearth_schema node_402 = {
    .expected = "a string of at most 4,096 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 4096,
};
static const struct hearth_schema node_403 = {
    .expected = "a string of at most 4,096 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 4096,
};
static const struct hearth_schema node_404 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_405 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_406 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_407 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_ollama_pull_request_properties[] = {
    {"model", &node_402, false},
    {"name", &node_403, false},
    {"insecure", &node_404, false},
    {"stream", &node_405, false},
    {"username", &node_406, false},
    {"password", &node_407, false},
};
const struct hearth_schema hearth_schema_ollama_pull_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_ollama_pull_request_properties,
    .property_count = 6,
    .closed = true,
};
static const struct hearth_schema node_408 = {
    .expected = "a string of at most 512 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 512,
};
static const struct hearth_schema node_409 = {
    .expected = "a string of at most 512 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 512,
};
static const struct hearth_schema_property top_ollama_copy_request_properties[] = {
    {"source", &node_408, true},
    {"destination", &node_409, true},
};
const struct hearth_schema hearth_schema_ollama_copy_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_ollama_copy_request_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_410 = {
    .expected = "a string of at most 512 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 512,
};
static const struct hearth_schema node_411 = {
    .expected = "a string of at most 512 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 512,
};
static const struct hearth_schema_property top_ollama_delete_request_properties[] = {
    {"model", &node_410, false},
    {"name", &node_411, false},
};
const struct hearth_schema hearth_schema_ollama_delete_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_ollama_delete_request_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_412 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
    .check = hearth_check_text_part,
};
static const struct hearth_schema node_413 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema_property top_text_part_properties[] = {
    {"type", &node_412, true},
    {"text", &node_413, true},
};
const struct hearth_schema hearth_schema_text_part = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_text_part_properties,
    .property_count = 2,
};
static const struct hearth_schema node_414 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_415 = {
    .expected = "an array of objects of at most 4,096 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_max = 4096,
    .items = &hearth_schema_text_part,
};
static const struct hearth_schema node_416 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
const struct hearth_schema hearth_schema_content = {
    .expected = "a string or an array of objects of at most 4,096 items",
    .any_of = (const struct hearth_schema *const[]){&node_414, &node_415, &node_416, NULL},
};
static const struct hearth_schema node_417 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_418 = {
    .expected = "\"function\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"function", NULL},
};
static const struct hearth_schema node_420 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_422 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_423 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
};
static const struct hearth_schema node_424 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_421 = {
    .expected = "a string or an object",
    .any_of = (const struct hearth_schema *const[]){&node_422, &node_423, &node_424, NULL},
};
static const struct hearth_schema_property node_419_properties[] = {
    {"name", &node_420, true},
    {"arguments", &node_421, false},
};
static const struct hearth_schema node_419 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = node_419_properties,
    .property_count = 2,
};
static const struct hearth_schema_property top_tool_call_properties[] = {
    {"id", &node_417, false},
    {"type", &node_418, false},
    {"function", &node_419, true},
};
const struct hearth_schema hearth_schema_tool_call = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_tool_call_properties,
    .property_count = 3,
};
static const struct hearth_schema node_425 = {
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER,
};
static const struct hearth_schema node_426 = {
    .expected = "a string of at most 64 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 64,
};
static const struct hearth_schema node_427 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
const struct hearth_schema hearth_schema_keep_alive = {
    .expected = "a number or a string of at most 64 characters",
    .any_of = (const struct hearth_schema *const[]){&node_425, &node_426, &node_427, NULL},
};
static const struct hearth_schema node_428 = {
    .expected = "\"system\", \"developer\", \"user\", \"assistant\", \"tool\" or \"function\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"system", "developer", "user", "assistant", "tool", "function", NULL},
};
static const struct hearth_schema node_429 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_430 = {
    .expected = "an array of objects of at most 1,024 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 1024,
    .items = &hearth_schema_tool_call,
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
static const struct hearth_schema_property top_message_properties[] = {
    {"role", &node_428, true},
    {"content", &hearth_schema_content, false},
    {"name", &node_429, false},
    {"tool_calls", &node_430, false},
    {"tool_call_id", &node_431, false},
    {"reasoning_content", &node_432, false},
    {"refusal", &node_433, false},
};
const struct hearth_schema hearth_schema_message = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_message_properties,
    .property_count = 7,
};
static const struct hearth_schema node_434 = {
    .expected = "a string of 1 to 256 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 256,
};
static const struct hearth_schema node_435 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_436 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_437 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_function_properties[] = {
    {"name", &node_434, true},
    {"description", &node_435, false},
    {"parameters", &node_436, false},
    {"strict", &node_437, false},
};
const struct hearth_schema hearth_schema_function = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_function_properties,
    .property_count = 4,
};
static const struct hearth_schema node_438 = {
    .expected = "\"function\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"function", NULL},
};
static const struct hearth_schema_property top_tool_properties[] = {
    {"type", &node_438, false},
    {"function", &hearth_schema_function, true},
};
const struct hearth_schema hearth_schema_tool = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_tool_properties,
    .property_count = 2,
};
static const struct hearth_schema node_439 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_440 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_stream_options_properties[] = {
    {"include_usage", &node_439, false},
    {"include_obfuscation", &node_440, false},
};
const struct hearth_schema hearth_schema_stream_options = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_stream_options_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_441 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_443 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_442 = {
    .expected = "an array of strings that are not empty of at most 16 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_max = 16,
    .items = &node_443,
};
static const struct hearth_schema node_444 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
const struct hearth_schema hearth_schema_stop = {
    .expected = "a string or an array of strings that are not empty of at most 16 items",
    .any_of = (const struct hearth_schema *const[]){&node_441, &node_442, &node_444, NULL},
};
static const struct hearth_schema node_445 = {
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
    .items = &node_445,
};
static const struct hearth_schema node_447 = {
    .expected = "an integer from 0 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_448 = {
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER,
};
static const struct hearth_schema_property node_446_properties[] = {
    {"id", &node_447, true},
    {"scale", &node_448, true},
};
static const struct hearth_schema node_446 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = node_446_properties,
    .property_count = 2,
    .closed = true,
};
const struct hearth_schema hearth_schema_lora = {
    .expected = "an array of objects of at most 32 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 32,
    .items = &node_446,
};
static const struct hearth_schema node_449 = {
    .expected = "a string of 1 to 40 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 40,
};
const struct hearth_schema hearth_schema_dry_breakers = {
    .expected = "a list of up to 16 texts of 1 to 40 bytes",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_max = 16,
    .items = &node_449,
};
static const struct hearth_schema node_450 = {
    .expected = "a number from -100 to 100",
    .types = HEARTH_SCHEMA_NUMBER,
    .minimum = &(const double){-100.0},
    .maximum = &(const double){100.0},
};
const struct hearth_schema hearth_schema_logit_bias = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .additional = &node_450,
};
static const struct hearth_schema node_451 = {
    .expected = "\"text\", \"json_object\" or \"json_schema\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"text", "json_object", "json_schema", NULL},
};
static const struct hearth_schema_property top_response_format_properties[] = {
    {"type", &node_451, true},
};
const struct hearth_schema hearth_schema_response_format = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .properties = top_response_format_properties,
    .property_count = 1,
};
static const struct hearth_schema node_452 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_453 = {
    .expected = "an array of objects of 1 to 65,536 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 65536,
    .items = &hearth_schema_message,
};
static const struct hearth_schema node_454 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_456 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_457 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property node_455_properties[] = {
    {"include_usage", &node_456, false},
    {"include_obfuscation", &node_457, false},
};
static const struct hearth_schema node_455 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .properties = node_455_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_458 = {
    .expected = "an integer from 1 to 2,147,483,647, or -1 or null for no limit",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
    .check = hearth_check_max_tokens,
};
static const struct hearth_schema node_459 = {
    .expected = "an integer from 1 to 2,147,483,647, or -1 or null for no limit",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
    .check = hearth_check_max_tokens,
};
static const struct hearth_schema node_460 = {
    .expected = "a number from 0 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_461 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_462 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_463 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_464 = {
    .expected = "a number over 0 and at most 10",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){10.0},
};
static const struct hearth_schema node_465 = {
    .expected = "a number over 0 and at most 10",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){10.0},
};
static const struct hearth_schema node_466 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_467 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_468 = {
    .expected = "a number from -1 to 1000",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){1000.0},
};
static const struct hearth_schema node_469 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_470 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_471 = {
    .expected = "a number from 0 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_472 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_473 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_474 = {
    .expected = "a number from 1 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_475 = {
    .expected = "an integer from 0 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_476 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_478 = {
    .expected = "a string of 1 to 40 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 40,
};
static const struct hearth_schema node_477 = {
    .expected = "a list of up to 16 texts of 1 to 40 bytes",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 16,
    .items = &node_478,
};
static const struct hearth_schema node_479 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_480 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_481 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_482 = {
    .expected = "an integer from 1 to 128",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){128.0},
};
static const struct hearth_schema node_483 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_484 = {
    .expected = "an integer from 0 to 20",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){20.0},
};
static const struct hearth_schema node_485 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_486 = {
    .expected = "an array of objects of at most 1,024 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 1024,
    .items = &hearth_schema_tool,
};
static const struct hearth_schema node_488 = {
    .expected = "\"none\", \"auto\" or \"required\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"none", "auto", "required", NULL},
};
static const struct hearth_schema node_489 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
};
static const struct hearth_schema node_490 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_487 = {
    .expected = "\"none\", \"auto\" or \"required\" or an object",
    .any_of = (const struct hearth_schema *const[]){&node_488, &node_489, &node_490, NULL},
};
static const struct hearth_schema node_491 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_492 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_493 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_494 = {
    .expected = "an array of objects of at most 512 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 512,
    .items = &hearth_schema_function,
};
static const struct hearth_schema node_496 = {
    .expected = "\"none\" or \"auto\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"none", "auto", NULL},
};
static const struct hearth_schema node_497 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
};
static const struct hearth_schema node_498 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_495 = {
    .expected = "\"none\" or \"auto\" or an object",
    .any_of = (const struct hearth_schema *const[]){&node_496, &node_497, &node_498, NULL},
};
static const struct hearth_schema node_499 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_500 = {
    .expected = "\"none\", \"minimal\", \"low\", \"medium\", \"high\", \"xhigh\" or \"auto\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"none", "minimal", "low", "medium", "high", "xhigh", "auto", NULL},
};
static const struct hearth_schema node_501 = {
    .expected = "\"none\", \"auto\", \"deepseek\" or \"deepseek-legacy\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"none", "auto", "deepseek", "deepseek-legacy", NULL},
};
static const struct hearth_schema node_502 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_503 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_505 = {
    .expected = "\"text\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"text", NULL},
};
static const struct hearth_schema node_504 = {
    .expected = "an array of \"text\" of at most 8 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 8,
    .items = &node_505,
};
static const struct hearth_schema node_506 = {
    .expected = "\"auto\", \"default\", \"flex\", \"scale\" or \"priority\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"auto", "default", "flex", "scale", "priority", NULL},
};
static const struct hearth_schema node_507 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_508 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_509 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_510 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_511 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_512 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_513 = {
    .expected = "\"in_memory\", \"in-memory\" or \"24h\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"in_memory", "in-memory", "24h", NULL},
};
static const struct hearth_schema node_514 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_515 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_516 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_517 = {
    .expected = "nothing",
    .refused = "there is no beam search here; leave it out to sample, or set temperature to 0",
};
static const struct hearth_schema node_518 = {
    .expected = "nothing",
    .refused = "the tokens of an answer cannot be limited to a list here; logit_bias changes single ones",
};
static const struct hearth_schema node_519 = {
    .expected = "nothing",
    .refused = "words cannot be forbidden here; logit_bias forbids tokens",
};
static const struct hearth_schema node_520 = {
    .expected = "nothing",
    .refused = "code of clients does not run here",
};
static const struct hearth_schema node_521 = {
    .expected = "nothing",
    .refused = "prompts are texts or token ids here",
};
static const struct hearth_schema node_522 = {
    .expected = "nothing",
    .refused = "this server answers with text only",
};
static const struct hearth_schema node_523 = {
    .expected = "nothing",
    .refused = "this server has no web search",
};
static const struct hearth_schema node_524 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_525 = {
    .expected = "any value",
};
static const struct hearth_schema node_526 = {
    .expected = "any value",
};
static const struct hearth_schema node_527 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_529 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_528 = {
    .expected = "an array of strings that are not empty of 1 to 1,000 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_min = 1,
    .length_max = 1000,
    .items = &node_529,
};
static const struct hearth_schema node_530 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_531 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_532 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_534 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_533 = {
    .expected = "an array of strings that are not empty of 1 to 1,000 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_min = 1,
    .length_max = 1000,
    .items = &node_534,
};
static const struct hearth_schema_property top_chat_request_properties[] = {
    {"model", &node_452, false},
    {"keep_alive", &hearth_schema_keep_alive, false},
    {"messages", &node_453, true},
    {"stream", &node_454, false},
    {"stream_options", &node_455, false},
    {"max_tokens", &node_458, false},
    {"max_completion_tokens", &node_459, false},
    {"temperature", &node_460, false},
    {"top_p", &node_461, false},
    {"top_k", &node_462, false},
    {"min_p", &node_463, false},
    {"repeat_penalty", &node_464, false},
    {"repetition_penalty", &node_465, false},
    {"repeat_last_n", &node_466, false},
    {"typical_p", &node_467, false},
    {"top_n_sigma", &node_468, false},
    {"xtc_probability", &node_469, false},
    {"xtc_threshold", &node_470, false},
    {"dynatemp_range", &node_471, false},
    {"dynatemp_exponent", &node_472, false},
    {"dry_multiplier", &node_473, false},
    {"dry_base", &node_474, false},
    {"dry_allowed_length", &node_475, false},
    {"dry_penalty_last_n", &node_476, false},
    {"dry_sequence_breakers", &node_477, false},
    {"presence_penalty", &node_479, false},
    {"frequency_penalty", &node_480, false},
    {"seed", &node_481, false},
    {"stop", &hearth_schema_stop, false},
    {"n", &node_482, false},
    {"logit_bias", &hearth_schema_logit_bias, false},
    {"lora", &hearth_schema_lora, false},
    {"logprobs", &node_483, false},
    {"top_logprobs", &node_484, false},
    {"ignore_eos", &node_485, false},
    {"tools", &node_486, false},
    {"tool_choice", &node_487, false},
    {"parallel_tool_calls", &node_491, false},
    {"response_format", &hearth_schema_response_format, false},
    {"chat_template_kwargs", &node_492, false},
    {"add_generation_prompt", &node_493, false},
    {"functions", &node_494, false},
    {"function_call", &node_495, false},
    {"continue_final_message", &node_499, false},
    {"reasoning_effort", &node_500, false},
    {"reasoning_format", &node_501, false},
    {"enable_thinking", &node_502, false},
    {"verbosity", &node_503, false},
    {"modalities", &node_504, false},
    {"service_tier", &node_506, false},
    {"cache_prompt", &node_507, false},
    {"return_progress", &node_508, false},
    {"timings_per_token", &node_509, false},
    {"user", &node_510, false},
    {"safety_identifier", &node_511, false},
    {"prompt_cache_key", &node_512, false},
    {"prompt_cache_retention", &node_513, false},
    {"store", &node_514, false},
    {"metadata", &node_515, false},
    {"prediction", &node_516, false},
    {"use_beam_search", &node_517, false},
    {"allowed_token_ids", &node_518, false},
    {"bad_words", &node_519, false},
    {"logits_processors", &node_520, false},
    {"prompt_embeds", &node_521, false},
    {"audio", &node_522, false},
    {"web_search_options", &node_523, false},
    {"grammar", &node_524, false},
    {"json_schema", &node_525, false},
    {"guided_json", &node_526, false},
    {"guided_regex", &node_527, false},
    {"guided_choice", &node_528, false},
    {"guided_grammar", &node_530, false},
    {"structured_outputs", &node_531, false},
    {"regex", &node_532, false},
    {"choice", &node_533, false},
};
const struct hearth_schema hearth_schema_chat_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_chat_request_properties,
    .property_count = 76,
    .closed = true,
};
static const struct hearth_schema node_535 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_537 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_539 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_538 = {
    .expected = "an array of strings of 1 to 2,048 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2048,
    .items = &node_539,
};
static const struct hearth_schema node_540 = {
    .expected = "an array of a list of 1 to 1,048,576 token ids of 1 to 2,048 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2048,
    .items = &hearth_schema_tokens,
};
static const struct hearth_schema node_536 = {
    .expected = "a text, a list of 1 to 2,048 texts, a list of token ids, or a list of such lists",
    .any_of = (const struct hearth_schema *const[]){&node_537, &node_538, &hearth_schema_tokens, &node_540, NULL},
};
static const struct hearth_schema node_541 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_542 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_544 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_545 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property node_543_properties[] = {
    {"include_usage", &node_544, false},
    {"include_obfuscation", &node_545, false},
};
static const struct hearth_schema node_543 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .properties = node_543_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_546 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_547 = {
    .expected = "an integer from 1 to 128",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){128.0},
};
static const struct hearth_schema node_548 = {
    .expected = "an integer from 0 to 2,147,483,647, or -1 for no limit",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_549 = {
    .expected = "a number from 0 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_550 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_551 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_552 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_553 = {
    .expected = "a number over 0 and at most 10",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){10.0},
};
static const struct hearth_schema node_554 = {
    .expected = "a number over 0 and at most 10",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){10.0},
};
static const struct hearth_schema node_555 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_556 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_557 = {
    .expected = "a number from -1 to 1000",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){1000.0},
};
static const struct hearth_schema node_558 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_559 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_560 = {
    .expected = "a number from 0 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_561 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_562 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_563 = {
    .expected = "a number from 1 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_564 = {
    .expected = "an integer from 0 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_565 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_567 = {
    .expected = "a string of 1 to 40 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 40,
};
static const struct hearth_schema node_566 = {
    .expected = "a list of up to 16 texts of 1 to 40 bytes",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 16,
    .items = &node_567,
};
static const struct hearth_schema node_568 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_569 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_570 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_571 = {
    .expected = "an integer from 1 to 128",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){128.0},
};
static const struct hearth_schema node_572 = {
    .expected = "an integer from 0 to 20",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){20.0},
};
static const struct hearth_schema node_573 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_574 = {
    .expected = "nothing",
    .refused = "there is no beam search here; leave it out to sample, or set temperature to 0",
};
static const struct hearth_schema node_575 = {
    .expected = "nothing",
    .refused = "the tokens of an answer cannot be limited to a list here; logit_bias changes single ones",
};
static const struct hearth_schema node_576 = {
    .expected = "nothing",
    .refused = "words cannot be forbidden here; logit_bias forbids tokens",
};
static const struct hearth_schema node_577 = {
    .expected = "nothing",
    .refused = "code of clients does not run here",
};
static const struct hearth_schema node_578 = {
    .expected = "nothing",
    .refused = "prompts are texts or token ids here",
};
static const struct hearth_schema node_579 = {
    .expected = "\"auto\", \"default\", \"flex\", \"scale\" or \"priority\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"auto", "default", "flex", "scale", "priority", NULL},
};
static const struct hearth_schema node_580 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_581 = {
    .expected = "\"in_memory\", \"in-memory\" or \"24h\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"in_memory", "in-memory", "24h", NULL},
};
static const struct hearth_schema node_582 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_583 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_584 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_585 = {
    .expected = "any value",
};
static const struct hearth_schema node_586 = {
    .expected = "any value",
};
static const struct hearth_schema node_587 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_589 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_588 = {
    .expected = "an array of strings that are not empty of 1 to 1,000 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_min = 1,
    .length_max = 1000,
    .items = &node_589,
};
static const struct hearth_schema node_590 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_591 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_592 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_594 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_593 = {
    .expected = "an array of strings that are not empty of 1 to 1,000 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_min = 1,
    .length_max = 1000,
    .items = &node_594,
};
static const struct hearth_schema_property top_completion_request_properties[] = {
    {"model", &node_535, false},
    {"keep_alive", &hearth_schema_keep_alive, false},
    {"prompt", &node_536, true},
    {"suffix", &node_541, false},
    {"stream", &node_542, false},
    {"stream_options", &node_543, false},
    {"echo", &node_546, false},
    {"best_of", &node_547, false},
    {"max_tokens", &node_548, false},
    {"temperature", &node_549, false},
    {"top_p", &node_550, false},
    {"top_k", &node_551, false},
    {"min_p", &node_552, false},
    {"repeat_penalty", &node_553, false},
    {"repetition_penalty", &node_554, false},
    {"repeat_last_n", &node_555, false},
    {"typical_p", &node_556, false},
    {"top_n_sigma", &node_557, false},
    {"xtc_probability", &node_558, false},
    {"xtc_threshold", &node_559, false},
    {"dynatemp_range", &node_560, false},
    {"dynatemp_exponent", &node_561, false},
    {"dry_multiplier", &node_562, false},
    {"dry_base", &node_563, false},
    {"dry_allowed_length", &node_564, false},
    {"dry_penalty_last_n", &node_565, false},
    {"dry_sequence_breakers", &node_566, false},
    {"presence_penalty", &node_568, false},
    {"frequency_penalty", &node_569, false},
    {"seed", &node_570, false},
    {"stop", &hearth_schema_stop, false},
    {"n", &node_571, false},
    {"logit_bias", &hearth_schema_logit_bias, false},
    {"lora", &hearth_schema_lora, false},
    {"logprobs", &node_572, false},
    {"ignore_eos", &node_573, false},
    {"use_beam_search", &node_574, false},
    {"allowed_token_ids", &node_575, false},
    {"bad_words", &node_576, false},
    {"logits_processors", &node_577, false},
    {"prompt_embeds", &node_578, false},
    {"service_tier", &node_579, false},
    {"cache_prompt", &node_580, false},
    {"prompt_cache_retention", &node_581, false},
    {"timings_per_token", &node_582, false},
    {"user", &node_583, false},
    {"grammar", &node_584, false},
    {"json_schema", &node_585, false},
    {"response_format", &hearth_schema_response_format, false},
    {"guided_json", &node_586, false},
    {"guided_regex", &node_587, false},
    {"guided_choice", &node_588, false},
    {"guided_grammar", &node_590, false},
    {"structured_outputs", &node_591, false},
    {"regex", &node_592, false},
    {"choice", &node_593, false},
};
const struct hearth_schema hearth_schema_completion_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_completion_request_properties,
    .property_count = 56,
    .closed = true,
};
static const struct hearth_schema node_595 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema_property top_embedding_prompt_properties[] = {
    {"prompt_string", &node_595, true},
};
const struct hearth_schema hearth_schema_embedding_prompt = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_embedding_prompt_properties,
    .property_count = 1,
    .closed = true,
};
static const struct hearth_schema node_598 = {
    .expected = "\"text\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"text", NULL},
};
static const struct hearth_schema node_599 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema_property node_597_properties[] = {
    {"type", &node_598, true},
    {"text", &node_599, true},
};
static const struct hearth_schema node_597 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = node_597_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_596 = {
    .expected = "an array of objects of 1 to 1,024 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 1024,
    .items = &node_597,
};
static const struct hearth_schema_property top_embedding_content_properties[] = {
    {"content", &node_596, true},
};
const struct hearth_schema hearth_schema_embedding_content = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_embedding_content_properties,
    .property_count = 1,
    .closed = true,
};
static const struct hearth_schema node_600 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_602 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_604 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_603 = {
    .expected = "a list of 1 to 2,048 texts",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2048,
    .items = &node_604,
};
static const struct hearth_schema node_605 = {
    .expected = "a list of 1 to 2,048 lists of token ids",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2048,
    .items = &hearth_schema_tokens,
};
static const struct hearth_schema node_608 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_607 = {
    .expected = "a string that is not empty or a list of 1 to 1,048,576 token ids or an object",
    .any_of = (const struct hearth_schema *const[]){&node_608, &hearth_schema_tokens, &hearth_schema_embedding_prompt, &hearth_schema_embedding_content, NULL},
};
static const struct hearth_schema node_606 = {
    .expected = "a list of 1 to 2,048 texts and lists of token ids",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2048,
    .items = &node_607,
};
static const struct hearth_schema node_601 = {
    .expected = "a text that is not empty, a list of token ids, or a list of 1 to 2,048 of either",
    .takes_nul = true,
    .any_of = (const struct hearth_schema *const[]){&node_602, &node_603, &hearth_schema_tokens, &node_605, &hearth_schema_embedding_prompt, &hearth_schema_embedding_content, &node_606, NULL},
};
static const struct hearth_schema node_609 = {
    .expected = "\"float\" or \"base64\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"float", "base64", NULL},
};
static const struct hearth_schema node_610 = {
    .expected = "an integer from 1 to 1,048,576",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){1048576.0},
};
static const struct hearth_schema node_612 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN,
};
static const struct hearth_schema node_613 = {
    .expected = "\"NONE\", \"NEVER\", \"START\", \"END\", \"none\", \"never\", \"start\" or \"end\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"NONE", "NEVER", "START", "END", "none", "never", "start", "end", NULL},
};
static const struct hearth_schema node_614 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_611 = {
    .expected = "true or false or \"NONE\", \"NEVER\", \"START\", \"END\", \"none\", \"never\", \"start\" or \"end\"",
    .any_of = (const struct hearth_schema *const[]){&node_612, &node_613, &node_614, NULL},
};
static const struct hearth_schema node_615 = {
    .expected = "a string of at most 127 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 127,
};
static const struct hearth_schema node_616 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_617 = {
    .expected = "\"auto\", \"default\", \"flex\", \"scale\" or \"priority\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"auto", "default", "flex", "scale", "priority", NULL},
};
static const struct hearth_schema node_618 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_embedding_request_properties[] = {
    {"model", &node_600, false},
    {"keep_alive", &hearth_schema_keep_alive, false},
    {"input", &node_601, true},
    {"encoding_format", &node_609, false},
    {"dimensions", &node_610, false},
    {"truncate", &node_611, false},
    {"prompt_name", &node_615, false},
    {"timeout", &hearth_schema_time_limit, false},
    {"partial", &node_616, false},
    {"service_tier", &node_617, false},
    {"user", &node_618, false},
};
const struct hearth_schema hearth_schema_embedding_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_embedding_request_properties,
    .property_count = 11,
    .closed = true,
};
const struct hearth_schema hearth_schema_time_limit = {
    .expected = "a number over 0 and at most 604800",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){604800.0},
};
static const struct hearth_schema node_619 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_620 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .takes_nul = true,
    .length_min = 1,
};
static const struct hearth_schema node_623 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_625 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema_property node_624_properties[] = {
    {"text", &node_625, true},
};
static const struct hearth_schema node_624 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = node_624_properties,
    .property_count = 1,
};
static const struct hearth_schema node_622 = {
    .expected = "a string that is not empty or an object",
    .any_of = (const struct hearth_schema *const[]){&node_623, &node_624, NULL},
};
static const struct hearth_schema node_621 = {
    .expected = "an array of strings that are not empty or an object of 1 to 2,048 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .takes_nul = true,
    .length_min = 1,
    .length_max = 2048,
    .items = &node_622,
};
static const struct hearth_schema node_627 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_626 = {
    .expected = "an array of strings that are not empty of 1 to 2,048 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .takes_nul = true,
    .length_min = 1,
    .length_max = 2048,
    .items = &node_627,
};
static const struct hearth_schema node_628 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_629 = {
    .expected = "\"Right\" or \"right\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"Right", "right", NULL},
};
static const struct hearth_schema node_630 = {
    .expected = "an integer from 1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_631 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_632 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_634 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN,
};
static const struct hearth_schema node_635 = {
    .expected = "\"NONE\", \"NEVER\", \"END\", \"none\", \"never\" or \"end\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"NONE", "NEVER", "END", "none", "never", "end", NULL},
};
static const struct hearth_schema node_636 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_633 = {
    .expected = "true or false or \"NONE\", \"NEVER\", \"END\", \"none\", \"never\" or \"end\"",
    .any_of = (const struct hearth_schema *const[]){&node_634, &node_635, &node_636, NULL},
};
static const struct hearth_schema node_637 = {
    .expected = "\"auto\", \"default\", \"flex\", \"scale\" or \"priority\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"auto", "default", "flex", "scale", "priority", NULL},
};
static const struct hearth_schema node_638 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_rerank_request_properties[] = {
    {"model", &node_619, false},
    {"keep_alive", &hearth_schema_keep_alive, false},
    {"query", &node_620, true},
    {"documents", &node_621, false},
    {"texts", &node_626, false},
    {"return_text", &node_628, false},
    {"truncation_direction", &node_629, false},
    {"top_n", &node_630, false},
    {"return_documents", &node_631, false},
    {"raw_scores", &node_632, false},
    {"truncate", &node_633, false},
    {"timeout", &hearth_schema_time_limit, false},
    {"service_tier", &node_637, false},
    {"user", &node_638, false},
};
const struct hearth_schema hearth_schema_rerank_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_rerank_request_properties,
    .property_count = 14,
    .closed = true,
};
static const struct hearth_schema node_639 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_641 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_643 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_642 = {
    .expected = "a list of 1 to 2,048 texts",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2048,
    .items = &node_643,
};
static const struct hearth_schema node_640 = {
    .expected = "a text that is not empty, or a list of 1 to 2,048",
    .takes_nul = true,
    .any_of = (const struct hearth_schema *const[]){&node_641, &node_642, NULL},
};
static const struct hearth_schema node_644 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_645 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_646 = {
    .expected = "\"Left\", \"Right\", \"left\" or \"right\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"Left", "Right", "left", "right", NULL},
};
static const struct hearth_schema node_647 = {
    .expected = "a string of at most 127 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 127,
};
static const struct hearth_schema node_648 = {
    .expected = "an integer from 1 to 1,048,576",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){1048576.0},
};
static const struct hearth_schema_property top_embed_request_properties[] = {
    {"model", &node_639, false},
    {"keep_alive", &hearth_schema_keep_alive, false},
    {"inputs", &node_640, true},
    {"normalize", &node_644, false},
    {"truncate", &node_645, false},
    {"truncation_direction", &node_646, false},
    {"prompt_name", &node_647, false},
    {"dimensions", &node_648, false},
};
const struct hearth_schema hearth_schema_embed_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_embed_request_properties,
    .property_count = 8,
    .closed = true,
};
static const struct hearth_schema node_649 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_651 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_650 = {
    .expected = "an array of strings that are not empty of 1 to 2,048 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .takes_nul = true,
    .length_min = 1,
    .length_max = 2048,
    .items = &node_651,
};
static const struct hearth_schema node_652 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_654 = {
    .expected = "\"float\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"float", NULL},
};
static const struct hearth_schema node_653 = {
    .expected = "an array of \"float\" of at most 8 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 8,
    .items = &node_654,
};
static const struct hearth_schema node_655 = {
    .expected = "an integer from 1 to 1,048,576",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){1048576.0},
};
static const struct hearth_schema node_656 = {
    .expected = "\"NONE\", \"START\" or \"END\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"NONE", "START", "END", NULL},
};
static const struct hearth_schema node_657 = {
    .expected = "a string of at most 127 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 127,
};
static const struct hearth_schema node_658 = {
    .expected = "nothing",
    .refused = "models here embed text only",
};
static const struct hearth_schema node_659 = {
    .expected = "nothing",
    .refused = "send texts",
};
static const struct hearth_schema_property top_cohere_embed_request_properties[] = {
    {"model", &node_649, false},
    {"keep_alive", &hearth_schema_keep_alive, false},
    {"texts", &node_650, true},
    {"input_type", &node_652, false},
    {"embedding_types", &node_653, false},
    {"output_dimension", &node_655, false},
    {"truncate", &node_656, false},
    {"prompt_name", &node_657, false},
    {"images", &node_658, false},
    {"inputs", &node_659, false},
};
const struct hearth_schema hearth_schema_cohere_embed_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_cohere_embed_request_properties,
    .property_count = 10,
    .closed = true,
};
static const struct hearth_schema node_660 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_662 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_661 = {
    .expected = "a list of 1 to 2,048 texts",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2048,
    .items = &node_662,
};
static const struct hearth_schema node_663 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
const struct hearth_schema hearth_schema_score_texts = {
    .expected = "a text that is not empty, or a list of 1 to 2,048",
    .any_of = (const struct hearth_schema *const[]){&node_660, &node_661, &node_663, NULL},
};
static const struct hearth_schema node_664 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_665 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_667 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN,
};
static const struct hearth_schema node_668 = {
    .expected = "\"NONE\", \"NEVER\", \"END\", \"none\", \"never\" or \"end\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"NONE", "NEVER", "END", "none", "never", "end", NULL},
};
static const struct hearth_schema node_669 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_666 = {
    .expected = "true or false or \"NONE\", \"NEVER\", \"END\", \"none\", \"never\" or \"end\"",
    .any_of = (const struct hearth_schema *const[]){&node_667, &node_668, &node_669, NULL},
};
static const struct hearth_schema node_670 = {
    .expected = "\"auto\", \"default\", \"flex\", \"scale\" or \"priority\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"auto", "default", "flex", "scale", "priority", NULL},
};
static const struct hearth_schema node_671 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_score_request_properties[] = {
    {"model", &node_664, false},
    {"keep_alive", &hearth_schema_keep_alive, false},
    {"text_1", &hearth_schema_score_texts, false},
    {"text_2", &hearth_schema_score_texts, false},
    {"queries", &hearth_schema_score_texts, false},
    {"documents", &hearth_schema_score_texts, false},
    {"raw_scores", &node_665, false},
    {"truncate", &node_666, false},
    {"timeout", &hearth_schema_time_limit, false},
    {"service_tier", &node_670, false},
    {"user", &node_671, false},
};
const struct hearth_schema hearth_schema_score_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_score_request_properties,
    .property_count = 11,
    .closed = true,
};
static const struct hearth_schema node_672 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_674 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_676 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_675 = {
    .expected = "an array of strings that are not empty of 2 to 2 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 2,
    .length_max = 2,
    .items = &node_676,
};
static const struct hearth_schema node_679 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_678 = {
    .expected = "an array of strings that are not empty of 1 to 2 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2,
    .items = &node_679,
};
static const struct hearth_schema node_677 = {
    .expected = "an array of arrays of strings that are not empty of 1 to 2 items of 1 to 2,048 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2048,
    .items = &node_678,
};
static const struct hearth_schema node_673 = {
    .expected = "a text, a list of two texts, or a list of 1 to 2,048 lists of one or two texts",
    .any_of = (const struct hearth_schema *const[]){&node_674, &node_675, &node_677, NULL},
};
static const struct hearth_schema node_680 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_681 = {
    .expected = "\"Right\" or \"right\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"Right", "right", NULL},
};
static const struct hearth_schema node_682 = {
    .expected = "nothing",
    .refused = "scores are the probabilities of labels",
};
static const struct hearth_schema_property top_predict_request_properties[] = {
    {"model", &node_672, false},
    {"keep_alive", &hearth_schema_keep_alive, false},
    {"inputs", &node_673, true},
    {"truncate", &node_680, false},
    {"truncation_direction", &node_681, false},
    {"raw_scores", &node_682, false},
};
const struct hearth_schema hearth_schema_predict_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_predict_request_properties,
    .property_count = 6,
    .closed = true,
};
static const struct hearth_schema node_683 = {
    .expected = "a string of 1 to 63 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 63,
};
static const struct hearth_schema node_684 = {
    .expected = "\"/v1/chat/completions\", \"/v1/completions\", \"/v1/embeddings\" or \"/v1/responses\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/responses", NULL},
};
static const struct hearth_schema node_685 = {
    .expected = "\"24h\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"24h", NULL},
};
static const struct hearth_schema node_687 = {
    .expected = "a string of at most 512 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 512,
};
static const struct hearth_schema node_686 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .additional = &node_687,
};
static const struct hearth_schema node_688 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_batch_create_properties[] = {
    {"input_file_id", &node_683, true},
    {"endpoint", &node_684, true},
    {"completion_window", &node_685, true},
    {"metadata", &node_686, false},
    {"output_expires_after", &node_688, false},
};
const struct hearth_schema hearth_schema_batch_create = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_batch_create_properties,
    .property_count = 5,
    .closed = true,
};
static const struct hearth_schema node_689 = {
    .expected = "a string of at most 64 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 64,
};
static const struct hearth_schema node_690 = {
    .expected = "a string of at most 128 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 128,
};
static const struct hearth_schema_property top_response_input_item_properties[] = {
    {"type", &node_689, false},
    {"id", &node_690, false},
};
const struct hearth_schema hearth_schema_response_input_item = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_response_input_item_properties,
    .property_count = 2,
};
static const struct hearth_schema node_691 = {
    .expected = "a string of at most 64 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 64,
};
static const struct hearth_schema node_692 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_693 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_694 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_695 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_response_tool_properties[] = {
    {"type", &node_691, true},
    {"name", &node_692, false},
    {"description", &node_693, false},
    {"parameters", &node_694, false},
    {"strict", &node_695, false},
};
const struct hearth_schema hearth_schema_response_tool = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_response_tool_properties,
    .property_count = 5,
};
static const struct hearth_schema node_696 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_698 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_699 = {
    .expected = "an array of objects of at most 65,536 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_max = 65536,
    .items = &hearth_schema_response_input_item,
};
static const struct hearth_schema node_700 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_697 = {
    .expected = "a string or an array of objects of at most 65,536 items",
    .any_of = (const struct hearth_schema *const[]){&node_698, &node_699, &node_700, NULL},
};
static const struct hearth_schema node_701 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_702 = {
    .expected = "a string of at most 128 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 128,
};
static const struct hearth_schema node_703 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_704 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_705 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_706 = {
    .expected = "an integer from 1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_707 = {
    .expected = "an integer from 1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_708 = {
    .expected = "a number from 0 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_709 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_710 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_711 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_712 = {
    .expected = "an array of objects of at most 1,024 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 1024,
    .items = &hearth_schema_response_tool,
};
static const struct hearth_schema node_714 = {
    .expected = "\"none\", \"auto\" or \"required\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"none", "auto", "required", NULL},
};
static const struct hearth_schema node_715 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
};
static const struct hearth_schema node_716 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_713 = {
    .expected = "\"none\", \"auto\" or \"required\" or an object",
    .any_of = (const struct hearth_schema *const[]){&node_714, &node_715, &node_716, NULL},
};
static const struct hearth_schema node_717 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_720 = {
    .expected = "\"text\", \"json_object\" or \"json_schema\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"text", "json_object", "json_schema", NULL},
};
static const struct hearth_schema node_721 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_722 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_723 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property node_719_properties[] = {
    {"type", &node_720, true},
    {"name", &node_721, false},
    {"schema", &node_722, false},
    {"strict", &node_723, false},
};
static const struct hearth_schema node_719 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .properties = node_719_properties,
    .property_count = 4,
};
static const struct hearth_schema node_724 = {
    .expected = "a string of at most 32 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 32,
};
static const struct hearth_schema_property node_718_properties[] = {
    {"format", &node_719, false},
    {"verbosity", &node_724, false},
};
static const struct hearth_schema node_718 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .properties = node_718_properties,
    .property_count = 2,
};
static const struct hearth_schema node_726 = {
    .expected = "a string of at most 32 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 32,
};
static const struct hearth_schema node_727 = {
    .expected = "a string of at most 32 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 32,
};
static const struct hearth_schema node_728 = {
    .expected = "a string of at most 32 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 32,
};
static const struct hearth_schema_property node_725_properties[] = {
    {"effort", &node_726, false},
    {"summary", &node_727, false},
    {"generate_summary", &node_728, false},
};
static const struct hearth_schema node_725 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .properties = node_725_properties,
    .property_count = 3,
};
static const struct hearth_schema node_730 = {
    .expected = "a string of at most 128 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 128,
};
static const struct hearth_schema node_729 = {
    .expected = "an array of strings of at most 128 characters of at most 32 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 32,
    .items = &node_730,
};
static const struct hearth_schema node_731 = {
    .expected = "\"auto\" or \"disabled\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"auto", "disabled", NULL},
};
static const struct hearth_schema node_732 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_733 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_734 = {
    .expected = "\"auto\", \"default\", \"flex\", \"scale\" or \"priority\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"auto", "default", "flex", "scale", "priority", NULL},
};
static const struct hearth_schema node_735 = {
    .expected = "an integer from 0 to 20",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){20.0},
};
static const struct hearth_schema node_736 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_737 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_738 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_739 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_740 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_741 = {
    .expected = "\"in_memory\", \"in-memory\" or \"24h\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"in_memory", "in-memory", "24h", NULL},
};
static const struct hearth_schema node_742 = {
    .expected = "nothing",
    .refused = "there are no conversations here, name the answer before with previous_response_id",
};
static const struct hearth_schema node_743 = {
    .expected = "nothing",
    .refused = "there are no stored prompts here",
};
static const struct hearth_schema_property top_responses_request_properties[] = {
    {"model", &node_696, false},
    {"keep_alive", &hearth_schema_keep_alive, false},
    {"input", &node_697, false},
    {"instructions", &node_701, false},
    {"previous_response_id", &node_702, false},
    {"stream", &node_703, false},
    {"stream_options", &node_704, false},
    {"store", &node_705, false},
    {"max_output_tokens", &node_706, false},
    {"max_tool_calls", &node_707, false},
    {"temperature", &node_708, false},
    {"top_p", &node_709, false},
    {"top_k", &node_710, false},
    {"seed", &node_711, false},
    {"tools", &node_712, false},
    {"tool_choice", &node_713, false},
    {"parallel_tool_calls", &node_717, false},
    {"text", &node_718, false},
    {"reasoning", &node_725, false},
    {"include", &node_729, false},
    {"truncation", &node_731, false},
    {"background", &node_732, false},
    {"metadata", &node_733, false},
    {"service_tier", &node_734, false},
    {"top_logprobs", &node_735, false},
    {"timings_per_token", &node_736, false},
    {"return_progress", &node_737, false},
    {"user", &node_738, false},
    {"safety_identifier", &node_739, false},
    {"prompt_cache_key", &node_740, false},
    {"prompt_cache_retention", &node_741, false},
    {"conversation", &node_742, false},
    {"prompt", &node_743, false},
};
const struct hearth_schema hearth_schema_responses_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_responses_request_properties,
    .property_count = 33,
    .closed = true,
};
static const struct hearth_schema node_744 = {
    .expected = "a string of 1 to 96 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 96,
};
static const struct hearth_schema node_746 = {
    .expected = "an integer of at least 1",
    .types = HEARTH_SCHEMA_INTEGER,
    .minimum = &(const double){1.0},
};
static const struct hearth_schema node_747 = {
    .expected = "a string of 1 to 200 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 200,
};
static const struct hearth_schema node_745 = {
    .expected = "an integer of at least 1 or a string of 1 to 200 characters",
    .any_of = (const struct hearth_schema *const[]){&node_746, &node_747, NULL},
};
static const struct hearth_schema node_748 = {
    .expected = "a string of 1 to 200 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 200,
};
static const struct hearth_schema node_750 = {
    .expected = "an integer of at least 1",
    .types = HEARTH_SCHEMA_INTEGER,
    .minimum = &(const double){1.0},
};
static const struct hearth_schema node_751 = {
    .expected = "a string of 1 to 200 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 200,
};
static const struct hearth_schema node_749 = {
    .expected = "an integer of at least 1 or a string of 1 to 200 characters",
    .any_of = (const struct hearth_schema *const[]){&node_750, &node_751, NULL},
};
static const struct hearth_schema node_753 = {
    .expected = "an integer of at least 1",
    .types = HEARTH_SCHEMA_INTEGER,
    .minimum = &(const double){1.0},
};
static const struct hearth_schema node_754 = {
    .expected = "a string of 1 to 200 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 200,
};
static const struct hearth_schema node_755 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_752 = {
    .expected = "an integer of at least 1 or a string of 1 to 200 characters",
    .any_of = (const struct hearth_schema *const[]){&node_753, &node_754, &node_755, NULL},
};
static const struct hearth_schema node_756 = {
    .expected = "a string of at most 64 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 64,
};
static const struct hearth_schema node_757 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
};
static const struct hearth_schema node_758 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER,
};
static const struct hearth_schema node_759 = {
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER,
};
static const struct hearth_schema node_760 = {
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER,
};
static const struct hearth_schema node_761 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER,
};
static const struct hearth_schema node_762 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER,
};
static const struct hearth_schema node_763 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER,
};
static const struct hearth_schema node_764 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN,
};
static const struct hearth_schema_property top_training_job_create_properties[] = {
    {"model", &node_744, false},
    {"model_id", &node_745, false},
    {"base_model", &node_748, false},
    {"dataset_id", &node_749, true},
    {"evaluation_dataset_id", &node_752, false},
    {"label", &node_756, false},
    {"parameters", &node_757, false},
    {"lora_rank", &node_758, false},
    {"lora_alpha", &node_759, false},
    {"learning_rate", &node_760, false},
    {"epochs", &node_761, false},
    {"batch_size", &node_762, false},
    {"seed", &node_763, false},
    {"dry_run", &node_764, false},
};
const struct hearth_schema hearth_schema_training_job_create = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_training_job_create_properties,
    .property_count = 14,
    .closed = true,
};
