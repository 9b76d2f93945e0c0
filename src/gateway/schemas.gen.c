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
static const struct hearth_schema_property top_dataset_create_properties[] = {
    {"path", &node_45, true},
    {"name", &node_46, false},
};
const struct hearth_schema hearth_schema_dataset_create = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_dataset_create_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_48 = {
    .expected = "\"auto\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"auto", NULL},
};
static const struct hearth_schema node_49 = {
    .expected = "an integer from 1 to 10000",
    .types = HEARTH_SCHEMA_INTEGER,
    .minimum = &(const double){1.0},
    .maximum = &(const double){10000.0},
};
static const struct hearth_schema node_47 = {
    .expected = "\"auto\" or a whole number from 1 to 10,000",
    .any_of = (const struct hearth_schema *const[]){&node_48, &node_49, NULL},
};
static const struct hearth_schema node_51 = {
    .expected = "\"auto\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"auto", NULL},
};
static const struct hearth_schema node_52 = {
    .expected = "an integer from 1 to 4096",
    .types = HEARTH_SCHEMA_INTEGER,
    .minimum = &(const double){1.0},
    .maximum = &(const double){4096.0},
};
static const struct hearth_schema node_50 = {
    .expected = "\"auto\" or a whole number from 1 to 4,096",
    .any_of = (const struct hearth_schema *const[]){&node_51, &node_52, NULL},
};
static const struct hearth_schema node_54 = {
    .expected = "\"auto\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"auto", NULL},
};
static const struct hearth_schema node_55 = {
    .expected = "a number over 0 and at most 5000",
    .types = HEARTH_SCHEMA_NUMBER,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){5000.0},
};
static const struct hearth_schema node_53 = {
    .expected = "\"auto\" or a number over 0 and up to 5,000",
    .any_of = (const struct hearth_schema *const[]){&node_54, &node_55, NULL},
};
static const struct hearth_schema_property top_fine_tuning_hyperparameters_properties[] = {
    {"n_epochs", &node_47, false},
    {"batch_size", &node_50, false},
    {"learning_rate_multiplier", &node_53, false},
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
static const struct hearth_schema node_56 = {
    .expected = "supervised (no other method, neither dpo nor reinforcement, is available here)",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"supervised", NULL},
};
static const struct hearth_schema node_57 = {
    .expected = "nothing",
    .refused = "preferences cannot be learnt here, only examples (supervised)",
};
static const struct hearth_schema node_58 = {
    .expected = "nothing",
    .refused = "graders cannot be learnt from here, only examples (supervised)",
};
static const struct hearth_schema_property top_fine_tuning_method_properties[] = {
    {"type", &node_56, true},
    {"supervised", &hearth_schema_fine_tuning_supervised, false},
    {"dpo", &node_57, false},
    {"reinforcement", &node_58, false},
};
const struct hearth_schema hearth_schema_fine_tuning_method = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .properties = top_fine_tuning_method_properties,
    .property_count = 4,
    .closed = true,
};
static const struct hearth_schema node_59 = {
    .expected = "a string of 1 to 200 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 200,
};
static const struct hearth_schema node_60 = {
    .expected = "a string of 1 to 63 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 63,
};
static const struct hearth_schema node_61 = {
    .expected = "a string of 1 to 63 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_min = 1,
    .length_max = 63,
};
static const struct hearth_schema node_62 = {
    .expected = "a string of 1 to 64 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_min = 1,
    .length_max = 64,
};
static const struct hearth_schema node_63 = {
    .expected = "an integer from 0 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_64 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_66 = {
    .expected = "a string of at most 512 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 512,
};
static const struct hearth_schema node_65 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .additional = &node_66,
    .check = hearth_check_metadata,
};
static const struct hearth_schema node_68 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
};
static const struct hearth_schema node_67 = {
    .expected = "an array of objects of at most 16 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 16,
    .items = &node_68,
};
static const struct hearth_schema_property top_fine_tuning_job_create_properties[] = {
    {"model", &node_59, true},
    {"training_file", &node_60, true},
    {"validation_file", &node_61, false},
    {"suffix", &node_62, false},
    {"seed", &node_63, false},
    {"method", &hearth_schema_fine_tuning_method, false},
    {"hyperparameters", &hearth_schema_fine_tuning_hyperparameters, false},
    {"parameters", &node_64, false},
    {"metadata", &node_65, false},
    {"integrations", &node_67, false},
};
const struct hearth_schema hearth_schema_fine_tuning_job_create = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_fine_tuning_job_create_properties,
    .property_count = 10,
    .closed = true,
};
static const struct hearth_schema node_69 = {
    .expected = "an integer from 1 to 2,147,483,647, or -1 or null for no limit",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
    .check = hearth_check_max_tokens,
};
static const struct hearth_schema node_70 = {
    .expected = "a number from 0 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_71 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_72 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_73 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_74 = {
    .expected = "a number over 0 and at most 10",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){10.0},
};
static const struct hearth_schema node_75 = {
    .expected = "a number over 0 and at most 10",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){10.0},
};
static const struct hearth_schema node_76 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_77 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_78 = {
    .expected = "a number from -1 to 1000",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){1000.0},
};
static const struct hearth_schema node_79 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_80 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_81 = {
    .expected = "a number from 0 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_82 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_83 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_84 = {
    .expected = "a number from 1 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_85 = {
    .expected = "an integer from 0 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_86 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_88 = {
    .expected = "a string of 1 to 40 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 40,
};
static const struct hearth_schema node_87 = {
    .expected = "a list of up to 16 texts of 1 to 40 bytes",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 16,
    .items = &node_88,
};
static const struct hearth_schema node_89 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_90 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_91 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_92 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_93 = {
    .expected = "\"none\", \"start\" or \"end\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"none", "start", "end", NULL},
};
static const struct hearth_schema_property top_parameters_properties[] = {
    {"max_tokens", &node_69, false},
    {"temperature", &node_70, false},
    {"top_p", &node_71, false},
    {"top_k", &node_72, false},
    {"min_p", &node_73, false},
    {"repeat_penalty", &node_74, false},
    {"repetition_penalty", &node_75, false},
    {"repeat_last_n", &node_76, false},
    {"typical_p", &node_77, false},
    {"top_n_sigma", &node_78, false},
    {"xtc_probability", &node_79, false},
    {"xtc_threshold", &node_80, false},
    {"dynatemp_range", &node_81, false},
    {"dynatemp_exponent", &node_82, false},
    {"dry_multiplier", &node_83, false},
    {"dry_base", &node_84, false},
    {"dry_allowed_length", &node_85, false},
    {"dry_penalty_last_n", &node_86, false},
    {"dry_sequence_breakers", &node_87, false},
    {"presence_penalty", &node_89, false},
    {"frequency_penalty", &node_90, false},
    {"seed", &node_91, false},
    {"stop", &hearth_schema_stop, false},
    {"logit_bias", &hearth_schema_logit_bias, false},
    {"lora", &hearth_schema_lora, false},
    {"ignore_eos", &node_92, false},
    {"truncate", &node_93, false},
};
const struct hearth_schema hearth_schema_parameters = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .properties = top_parameters_properties,
    .property_count = 27,
    .closed = true,
};
static const struct hearth_schema node_95 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_97 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_96 = {
    .expected = "an array of strings of 1 to 2,048 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2048,
    .items = &node_97,
};
static const struct hearth_schema node_98 = {
    .expected = "an array of objects of 1 to 65,536 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 65536,
    .items = &hearth_schema_message,
};
static const struct hearth_schema node_100 = {
    .expected = "an array of objects of 1 to 65,536 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 65536,
    .items = &hearth_schema_message,
};
static const struct hearth_schema_property node_99_properties[] = {
    {"messages", &node_100, true},
};
static const struct hearth_schema node_99 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = node_99_properties,
    .property_count = 1,
    .closed = true,
};
static const struct hearth_schema node_94 = {
    .expected = "a string or an array of strings of 1 to 2,048 items or an array of objects of 1 to 65,536 items or an object",
    .any_of = (const struct hearth_schema *const[]){&node_95, &node_96, &node_98, &node_99, NULL},
};
static const struct hearth_schema_property top_infer_request_properties[] = {
    {"input", &node_94, true},
    {"parameters", &hearth_schema_parameters, false},
};
const struct hearth_schema hearth_schema_infer_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_infer_request_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_102 = {
    .expected = "an integer of at least 1",
    .types = HEARTH_SCHEMA_INTEGER,
    .minimum = &(const double){1.0},
};
static const struct hearth_schema node_103 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 256,
};
static const struct hearth_schema node_104 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_101 = {
    .expected = "an integer of at least 1 or a string of at most 256 characters",
    .any_of = (const struct hearth_schema *const[]){&node_102, &node_103, &node_104, NULL},
};
static const struct hearth_schema node_105 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_106 = {
    .expected = "an integer from 1 to 2,147,483,647, or -1 or null for no limit",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
    .check = hearth_check_max_tokens,
};
static const struct hearth_schema node_107 = {
    .expected = "a number from 0 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_108 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_109 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_110 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_111 = {
    .expected = "a number over 0 and at most 10",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){10.0},
};
static const struct hearth_schema node_112 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_inference_request_properties[] = {
    {"model_id", &node_101, false},
    {"prompt", &node_105, true},
    {"max_tokens", &node_106, false},
    {"temperature", &node_107, false},
    {"top_p", &node_108, false},
    {"top_k", &node_109, false},
    {"min_p", &node_110, false},
    {"repeat_penalty", &node_111, false},
    {"seed", &node_112, false},
    {"stop", &hearth_schema_stop, false},
};
const struct hearth_schema hearth_schema_inference_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_inference_request_properties,
    .property_count = 10,
    .closed = true,
};
static const struct hearth_schema node_113 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_114 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .takes_nul = true,
};
static const struct hearth_schema node_115 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .takes_nul = true,
};
static const struct hearth_schema node_116 = {
    .expected = "an array of objects of 1 to 65,536 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_min = 1,
    .length_max = 65536,
    .items = &hearth_schema_message,
};
static const struct hearth_schema node_117 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_118 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_119 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_tokenize_request_properties[] = {
    {"model", &node_113, false},
    {"content", &node_114, false},
    {"text", &node_115, false},
    {"messages", &node_116, false},
    {"add_special", &node_117, false},
    {"parse_special", &node_118, false},
    {"with_pieces", &node_119, false},
};
const struct hearth_schema hearth_schema_tokenize_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_tokenize_request_properties,
    .property_count = 7,
    .closed = true,
};
static const struct hearth_schema node_120 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_122 = {
    .expected = "an integer from 0 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_121 = {
    .expected = "an array of integers from 0 to 2,147,483,647 of at most 1,048,576 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_max = 1048576,
    .items = &node_122,
};
static const struct hearth_schema_property top_detokenize_request_properties[] = {
    {"model", &node_120, false},
    {"tokens", &node_121, true},
};
const struct hearth_schema hearth_schema_detokenize_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_detokenize_request_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_123 = {
    .expected = "a string of at most 1,024 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 1024,
};
const struct hearth_schema hearth_schema_tags = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .additional = &node_123,
};
const struct hearth_schema hearth_schema_settings = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .check = hearth_check_settings,
};
static const struct hearth_schema node_124 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
    .check = hearth_check_model_name,
};
static const struct hearth_schema node_125 = {
    .expected = "a string of 1 to 4,096 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 4096,
    .check = hearth_check_source,
};
static const struct hearth_schema node_127 = {
    .expected = "a string of at most 128 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 128,
};
static const struct hearth_schema node_128 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_126 = {
    .expected = "a string of at most 128 characters",
    .any_of = (const struct hearth_schema *const[]){&node_127, &node_128, NULL},
};
static const struct hearth_schema node_129 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .check = hearth_check_task,
};
static const struct hearth_schema node_130 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .check = hearth_check_task,
};
static const struct hearth_schema node_131 = {
    .expected = "a string of at most 16,384 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 16384,
};
static const struct hearth_schema node_133 = {
    .expected = "a string of at most 1,024 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 1024,
};
static const struct hearth_schema node_132 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .additional = &node_133,
};
static const struct hearth_schema node_134 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_135 = {
    .expected = "a string of 1 to 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_min = 1,
    .length_max = 256,
};
static const struct hearth_schema node_136 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .check = hearth_check_device,
};
static const struct hearth_schema node_137 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .check = hearth_check_settings,
};
static const struct hearth_schema node_138 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .check = hearth_check_settings,
};
static const struct hearth_schema_property top_model_create_properties[] = {
    {"name", &node_124, false},
    {"source", &node_125, true},
    {"version", &node_126, false},
    {"task", &node_129, false},
    {"task_type", &node_130, false},
    {"description", &node_131, false},
    {"tags", &node_132, false},
    {"base_model", &node_134, false},
    {"base", &node_135, false},
    {"device", &node_136, false},
    {"settings", &node_137, false},
    {"config", &node_138, false},
};
const struct hearth_schema hearth_schema_model_create = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_model_create_properties,
    .property_count = 12,
    .closed = true,
};
static const struct hearth_schema node_139 = {
    .expected = "a string of 1 to 4,096 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 4096,
    .check = hearth_check_source,
};
static const struct hearth_schema node_140 = {
    .expected = "a string of at most 128 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 128,
};
static const struct hearth_schema node_141 = {
    .expected = "a string of 1 to 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_min = 1,
    .length_max = 256,
};
static const struct hearth_schema_property top_version_create_properties[] = {
    {"source", &node_139, true},
    {"label", &node_140, false},
    {"base", &node_141, false},
};
const struct hearth_schema hearth_schema_version_create = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_version_create_properties,
    .property_count = 3,
    .closed = true,
};
static const struct hearth_schema node_142 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
    .check = hearth_check_task,
};
static const struct hearth_schema node_143 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
    .check = hearth_check_task,
};
static const struct hearth_schema node_144 = {
    .expected = "a string of at most 16,384 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 16384,
};
static const struct hearth_schema node_145 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 256,
};
static const struct hearth_schema node_146 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
    .check = hearth_check_device,
};
static const struct hearth_schema node_147 = {
    .expected = "an integer of at least 0",
    .types = HEARTH_SCHEMA_INTEGER,
    .minimum = &(const double){0.0},
};
static const struct hearth_schema_property top_model_update_properties[] = {
    {"task", &node_142, false},
    {"task_type", &node_143, false},
    {"description", &node_144, false},
    {"tags", &hearth_schema_tags, false},
    {"base_model", &node_145, false},
    {"device", &node_146, false},
    {"settings", &hearth_schema_settings, false},
    {"config", &hearth_schema_settings, false},
    {"revision", &node_147, false},
};
const struct hearth_schema hearth_schema_model_update = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_model_update_properties,
    .property_count = 9,
    .closed = true,
};
static const struct hearth_schema node_148 = {
    .expected = "an integer of at least 1",
    .types = HEARTH_SCHEMA_INTEGER,
    .minimum = &(const double){1.0},
};
static const struct hearth_schema node_149 = {
    .expected = "an integer of at least 0",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
};
static const struct hearth_schema_property top_alias_set_properties[] = {
    {"version", &node_148, true},
    {"revision", &node_149, false},
};
const struct hearth_schema hearth_schema_alias_set = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_alias_set_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_150 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_153 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_154 = {
    .expected = "an integer from 0 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_157 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_158 = {
    .expected = "an integer from 0 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_156 = {
    .expected = "a string or an integer from 0 to 2,147,483,647",
    .any_of = (const struct hearth_schema *const[]){&node_157, &node_158, NULL},
};
static const struct hearth_schema node_155 = {
    .expected = "an array of strings or an integer from 0 to 2,147,483,647 of 1 to 1,048,576 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 1048576,
    .items = &node_156,
};
static const struct hearth_schema node_152 = {
    .expected = "a string or an object or an integer from 0 to 2,147,483,647 or an array of strings or an integer from 0 to 2,147,483,647 of 1 to 1,048,576 items",
    .any_of = (const struct hearth_schema *const[]){&node_153, &hearth_schema_native_prompt_object, &node_154, &node_155, NULL},
};
static const struct hearth_schema node_151 = {
    .expected = "an array of strings or an object or an integer from 0 to 2,147,483,647 or an array of strings or an integer from 0 to 2,147,483,647 of 1 to 1,048,576 items of 1 to 1,048,576 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 1048576,
    .items = &node_152,
};
const struct hearth_schema hearth_schema_native_prompt = {
    .expected = "a text, a list of token ids or of texts and ids, or a list of 1 to 64 of these",
    .any_of = (const struct hearth_schema *const[]){&node_150, &hearth_schema_native_prompt_object, &node_151, NULL},
};
static const struct hearth_schema node_159 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_160 = {
    .expected = "nothing",
    .refused = "only text can be read here",
};
static const struct hearth_schema_property top_native_prompt_object_properties[] = {
    {"prompt_string", &node_159, true},
    {"multimodal_data", &node_160, false},
};
const struct hearth_schema hearth_schema_native_prompt_object = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_native_prompt_object_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_161 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_162 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_163 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_164 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_165 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_166 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_167 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_168 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_169 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_170 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_171 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_172 = {
    .expected = "a number from -1 to 1000",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){1000.0},
};
static const struct hearth_schema node_173 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_174 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_175 = {
    .expected = "a number over 0 and at most 10",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){10.0},
};
static const struct hearth_schema node_176 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_177 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_178 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_179 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_180 = {
    .expected = "a number from 1 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_181 = {
    .expected = "an integer from 0 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_182 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_184 = {
    .expected = "a string of 1 to 40 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 40,
};
static const struct hearth_schema node_183 = {
    .expected = "a list of up to 16 texts of 1 to 40 bytes",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 16,
    .items = &node_184,
};
static const struct hearth_schema node_185 = {
    .expected = "0: mirostat is not available here; top_p, min_p, typical_p, top_n_sigma, xtc and dry are",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){0.0},
};
static const struct hearth_schema node_186 = {
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_187 = {
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_190 = {
    .expected = "a string of at most 32 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 32,
};
static const struct hearth_schema node_189 = {
    .expected = "an array of strings of at most 32 characters of at most 16 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_max = 16,
    .items = &node_190,
};
static const struct hearth_schema node_191 = {
    .expected = "a string of at most 16 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 16,
};
static const struct hearth_schema node_192 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_188 = {
    .expected = "an array of strings of at most 32 characters of at most 16 items or a string of at most 16 characters",
    .any_of = (const struct hearth_schema *const[]){&node_189, &node_191, &node_192, NULL},
};
static const struct hearth_schema node_193 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_194 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_197 = {
    .expected = "a number from -100 to 100",
    .types = HEARTH_SCHEMA_NUMBER,
    .minimum = &(const double){-100.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_196 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .additional = &node_197,
};
static const struct hearth_schema node_199 = {
    .expected = "an array of 2 to 2 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 2,
    .length_max = 2,
};
static const struct hearth_schema node_198 = {
    .expected = "an array of arrays of 2 to 2 items of at most 1,024 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_max = 1024,
    .items = &node_199,
};
static const struct hearth_schema node_200 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_195 = {
    .expected = "an object or an array of arrays of 2 to 2 items of at most 1,024 items",
    .any_of = (const struct hearth_schema *const[]){&node_196, &node_198, &node_200, NULL},
};
static const struct hearth_schema node_201 = {
    .expected = "an integer from 0 to 20",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){20.0},
};
static const struct hearth_schema node_202 = {
    .expected = "a string of at most 1,048,576 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 1048576,
};
static const struct hearth_schema node_203 = {
    .expected = "any value",
};
static const struct hearth_schema node_204 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_205 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_206 = {
    .expected = "nothing",
    .refused = "probabilities behind the sampling rules are not known here; n_probs gives those before",
};
static const struct hearth_schema node_207 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_208 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_209 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_210 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_211 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_212 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
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
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_218 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 256,
};
static const struct hearth_schema node_217 = {
    .expected = "an array of strings of at most 256 characters of at most 64 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 64,
    .items = &node_218,
};
static const struct hearth_schema_property top_native_completion_request_properties[] = {
    {"prompt", &hearth_schema_native_prompt, true},
    {"model", &node_161, false},
    {"stream", &node_162, false},
    {"n_predict", &node_163, false},
    {"max_tokens", &node_164, false},
    {"temperature", &node_165, false},
    {"dynatemp_range", &node_166, false},
    {"dynatemp_exponent", &node_167, false},
    {"top_k", &node_168, false},
    {"top_p", &node_169, false},
    {"min_p", &node_170, false},
    {"typical_p", &node_171, false},
    {"top_n_sigma", &node_172, false},
    {"xtc_probability", &node_173, false},
    {"xtc_threshold", &node_174, false},
    {"repeat_penalty", &node_175, false},
    {"repeat_last_n", &node_176, false},
    {"presence_penalty", &node_177, false},
    {"frequency_penalty", &node_178, false},
    {"dry_multiplier", &node_179, false},
    {"dry_base", &node_180, false},
    {"dry_allowed_length", &node_181, false},
    {"dry_penalty_last_n", &node_182, false},
    {"dry_sequence_breakers", &node_183, false},
    {"mirostat", &node_185, false},
    {"mirostat_tau", &node_186, false},
    {"mirostat_eta", &node_187, false},
    {"samplers", &node_188, false},
    {"seed", &node_193, false},
    {"stop", &hearth_schema_stop, false},
    {"ignore_eos", &node_194, false},
    {"logit_bias", &node_195, false},
    {"n_probs", &node_201, false},
    {"grammar", &node_202, false},
    {"json_schema", &node_203, false},
    {"response_format", &hearth_schema_response_format, false},
    {"lora", &hearth_schema_lora, false},
    {"return_tokens", &node_204, false},
    {"timings_per_token", &node_205, false},
    {"post_sampling_probs", &node_206, false},
    {"cache_prompt", &node_207, false},
    {"id_slot", &node_208, false},
    {"n_keep", &node_209, false},
    {"n_discard", &node_210, false},
    {"n_indent", &node_211, false},
    {"min_keep", &node_212, false},
    {"t_max_predict_ms", &node_213, false},
    {"t_max_prompt_ms", &node_214, false},
    {"n_cache_reuse", &node_215, false},
    {"return_progress", &node_216, false},
    {"response_fields", &node_217, false},
};
const struct hearth_schema hearth_schema_native_completion_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_native_completion_request_properties,
    .property_count = 51,
    .closed = true,
};
static const struct hearth_schema node_219 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_220 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_221 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_224 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_225 = {
    .expected = "a string of at most 4,096 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 4096,
};
static const struct hearth_schema_property node_223_properties[] = {
    {"text", &node_224, true},
    {"filename", &node_225, false},
};
static const struct hearth_schema node_223 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = node_223_properties,
    .property_count = 2,
};
static const struct hearth_schema node_222 = {
    .expected = "an array of objects of at most 256 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 256,
    .items = &node_223,
};
static const struct hearth_schema node_226 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_227 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_228 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_229 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_230 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_231 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_232 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_233 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_234 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_235 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_236 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_237 = {
    .expected = "a number from -1 to 1000",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){1000.0},
};
static const struct hearth_schema node_238 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_239 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_240 = {
    .expected = "a number over 0 and at most 10",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){10.0},
};
static const struct hearth_schema node_241 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_242 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_243 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_244 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_245 = {
    .expected = "a number from 1 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_246 = {
    .expected = "an integer from 0 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_247 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_249 = {
    .expected = "a string of 1 to 40 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 40,
};
static const struct hearth_schema node_248 = {
    .expected = "a list of up to 16 texts of 1 to 40 bytes",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 16,
    .items = &node_249,
};
static const struct hearth_schema node_250 = {
    .expected = "0: mirostat is not available here; top_p, min_p, typical_p, top_n_sigma, xtc and dry are",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){0.0},
};
static const struct hearth_schema node_251 = {
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_252 = {
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_255 = {
    .expected = "a string of at most 32 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 32,
};
static const struct hearth_schema node_254 = {
    .expected = "an array of strings of at most 32 characters of at most 16 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_max = 16,
    .items = &node_255,
};
static const struct hearth_schema node_256 = {
    .expected = "a string of at most 16 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 16,
};
static const struct hearth_schema node_257 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_253 = {
    .expected = "an array of strings of at most 32 characters of at most 16 items or a string of at most 16 characters",
    .any_of = (const struct hearth_schema *const[]){&node_254, &node_256, &node_257, NULL},
};
static const struct hearth_schema node_258 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_259 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_262 = {
    .expected = "a number from -100 to 100",
    .types = HEARTH_SCHEMA_NUMBER,
    .minimum = &(const double){-100.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_261 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .additional = &node_262,
};
static const struct hearth_schema node_264 = {
    .expected = "an array of 2 to 2 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 2,
    .length_max = 2,
};
static const struct hearth_schema node_263 = {
    .expected = "an array of arrays of 2 to 2 items of at most 1,024 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_max = 1024,
    .items = &node_264,
};
static const struct hearth_schema node_265 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_260 = {
    .expected = "an object or an array of arrays of 2 to 2 items of at most 1,024 items",
    .any_of = (const struct hearth_schema *const[]){&node_261, &node_263, &node_265, NULL},
};
static const struct hearth_schema node_266 = {
    .expected = "an integer from 0 to 20",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){20.0},
};
static const struct hearth_schema node_267 = {
    .expected = "a string of at most 1,048,576 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 1048576,
};
static const struct hearth_schema node_268 = {
    .expected = "any value",
};
static const struct hearth_schema node_269 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_270 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_271 = {
    .expected = "nothing",
    .refused = "probabilities behind the sampling rules are not known here; n_probs gives those before",
};
static const struct hearth_schema node_272 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_273 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_274 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_275 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_276 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_277 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
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
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_283 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 256,
};
static const struct hearth_schema node_282 = {
    .expected = "an array of strings of at most 256 characters of at most 64 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 64,
    .items = &node_283,
};
static const struct hearth_schema_property top_native_infill_request_properties[] = {
    {"input_prefix", &node_219, true},
    {"input_suffix", &node_220, true},
    {"prompt", &node_221, false},
    {"input_extra", &node_222, false},
    {"model", &node_226, false},
    {"stream", &node_227, false},
    {"n_predict", &node_228, false},
    {"max_tokens", &node_229, false},
    {"temperature", &node_230, false},
    {"dynatemp_range", &node_231, false},
    {"dynatemp_exponent", &node_232, false},
    {"top_k", &node_233, false},
    {"top_p", &node_234, false},
    {"min_p", &node_235, false},
    {"typical_p", &node_236, false},
    {"top_n_sigma", &node_237, false},
    {"xtc_probability", &node_238, false},
    {"xtc_threshold", &node_239, false},
    {"repeat_penalty", &node_240, false},
    {"repeat_last_n", &node_241, false},
    {"presence_penalty", &node_242, false},
    {"frequency_penalty", &node_243, false},
    {"dry_multiplier", &node_244, false},
    {"dry_base", &node_245, false},
    {"dry_allowed_length", &node_246, false},
    {"dry_penalty_last_n", &node_247, false},
    {"dry_sequence_breakers", &node_248, false},
    {"mirostat", &node_250, false},
    {"mirostat_tau", &node_251, false},
    {"mirostat_eta", &node_252, false},
    {"samplers", &node_253, false},
    {"seed", &node_258, false},
    {"stop", &hearth_schema_stop, false},
    {"ignore_eos", &node_259, false},
    {"logit_bias", &node_260, false},
    {"n_probs", &node_266, false},
    {"grammar", &node_267, false},
    {"json_schema", &node_268, false},
    {"response_format", &hearth_schema_response_format, false},
    {"lora", &hearth_schema_lora, false},
    {"return_tokens", &node_269, false},
    {"timings_per_token", &node_270, false},
    {"post_sampling_probs", &node_271, false},
    {"cache_prompt", &node_272, false},
    {"id_slot", &node_273, false},
    {"n_keep", &node_274, false},
    {"n_discard", &node_275, false},
    {"n_indent", &node_276, false},
    {"min_keep", &node_277, false},
    {"t_max_predict_ms", &node_278, false},
    {"t_max_prompt_ms", &node_279, false},
    {"n_cache_reuse", &node_280, false},
    {"return_progress", &node_281, false},
    {"response_fields", &node_282, false},
};
const struct hearth_schema hearth_schema_native_infill_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_native_infill_request_properties,
    .property_count = 54,
    .closed = true,
};
static const struct hearth_schema node_284 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_285 = {
    .expected = "an array of objects of 1 to 65,536 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 65536,
    .items = &hearth_schema_message,
};
static const struct hearth_schema node_286 = {
    .expected = "an array of objects of at most 1,024 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 1024,
    .items = &hearth_schema_tool,
};
static const struct hearth_schema node_288 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_289 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
};
static const struct hearth_schema node_290 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_287 = {
    .expected = "a string or an object",
    .any_of = (const struct hearth_schema *const[]){&node_288, &node_289, &node_290, NULL},
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
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_294 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_native_template_request_properties[] = {
    {"model", &node_284, false},
    {"messages", &node_285, true},
    {"tools", &node_286, false},
    {"tool_choice", &node_287, false},
    {"parallel_tool_calls", &node_291, false},
    {"add_generation_prompt", &node_292, false},
    {"chat_template_kwargs", &node_293, false},
    {"reasoning_effort", &node_294, false},
};
const struct hearth_schema hearth_schema_native_template_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_native_template_request_properties,
    .property_count = 8,
    .closed = true,
};
static const struct hearth_schema node_295 = {
    .expected = "an integer from -2 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_296 = {
    .expected = "a number from 0 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_297 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_298 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_299 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_300 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_301 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_302 = {
    .expected = "a number over 0 and at most 10",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){10.0},
};
static const struct hearth_schema node_303 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_304 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_305 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_306 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_307 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_308 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_309 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
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
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_313 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_314 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_315 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_316 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
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
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_321 = {
    .expected = "0: mirostat is not available here; top_p, min_p and the others are",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){0.0},
};
static const struct hearth_schema node_322 = {
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_323 = {
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_ollama_options_properties[] = {
    {"num_predict", &node_295, false},
    {"temperature", &node_296, false},
    {"top_k", &node_297, false},
    {"top_p", &node_298, false},
    {"min_p", &node_299, false},
    {"typical_p", &node_300, false},
    {"repeat_last_n", &node_301, false},
    {"repeat_penalty", &node_302, false},
    {"presence_penalty", &node_303, false},
    {"frequency_penalty", &node_304, false},
    {"seed", &node_305, false},
    {"stop", &hearth_schema_stop, false},
    {"num_ctx", &node_306, false},
    {"num_batch", &node_307, false},
    {"num_gpu", &node_308, false},
    {"main_gpu", &node_309, false},
    {"num_thread", &node_310, false},
    {"num_keep", &node_311, false},
    {"numa", &node_312, false},
    {"low_vram", &node_313, false},
    {"vocab_only", &node_314, false},
    {"use_mmap", &node_315, false},
    {"use_mlock", &node_316, false},
    {"f16_kv", &node_317, false},
    {"logits_all", &node_318, false},
    {"penalize_newline", &node_319, false},
    {"tfs_z", &node_320, false},
    {"mirostat", &node_321, false},
    {"mirostat_tau", &node_322, false},
    {"mirostat_eta", &node_323, false},
};
const struct hearth_schema hearth_schema_ollama_options = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .properties = top_ollama_options_properties,
    .property_count = 30,
    .closed = true,
};
static const struct hearth_schema node_324 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_326 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_327 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_329 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
};
static const struct hearth_schema node_330 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_331 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_328 = {
    .expected = "an object or a string",
    .any_of = (const struct hearth_schema *const[]){&node_329, &node_330, &node_331, NULL},
};
static const struct hearth_schema_property node_325_properties[] = {
    {"name", &node_326, true},
    {"index", &node_327, false},
    {"arguments", &node_328, false},
};
static const struct hearth_schema node_325 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = node_325_properties,
    .property_count = 3,
};
static const struct hearth_schema_property top_ollama_tool_call_properties[] = {
    {"id", &node_324, false},
    {"function", &node_325, true},
};
const struct hearth_schema hearth_schema_ollama_tool_call = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_ollama_tool_call_properties,
    .property_count = 2,
};
static const struct hearth_schema node_332 = {
    .expected = "\"system\", \"user\", \"assistant\" or \"tool\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"system", "user", "assistant", "tool", NULL},
};
static const struct hearth_schema node_333 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_334 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_335 = {
    .expected = "nothing",
    .refused = "the models here read text only, no images",
};
static const struct hearth_schema node_336 = {
    .expected = "an array of objects of at most 1,024 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 1024,
    .items = &hearth_schema_ollama_tool_call,
};
static const struct hearth_schema node_337 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_338 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_ollama_message_properties[] = {
    {"role", &node_332, true},
    {"content", &node_333, false},
    {"thinking", &node_334, false},
    {"images", &node_335, false},
    {"tool_calls", &node_336, false},
    {"tool_name", &node_337, false},
    {"tool_call_id", &node_338, false},
};
const struct hearth_schema hearth_schema_ollama_message = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_ollama_message_properties,
    .property_count = 7,
};
static const struct hearth_schema node_339 = {
    .expected = "a string of at most 512 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 512,
};
static const struct hearth_schema node_340 = {
    .expected = "an array of objects of at most 65,536 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 65536,
    .items = &hearth_schema_ollama_message,
};
static const struct hearth_schema node_341 = {
    .expected = "an array of objects of at most 1,024 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 1024,
    .items = &hearth_schema_tool,
};
static const struct hearth_schema node_343 = {
    .expected = "\"none\", \"auto\" or \"required\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"none", "auto", "required", NULL},
};
static const struct hearth_schema node_344 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
};
static const struct hearth_schema node_345 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_342 = {
    .expected = "\"none\", \"auto\" or \"required\" or an object",
    .any_of = (const struct hearth_schema *const[]){&node_343, &node_344, &node_345, NULL},
};
static const struct hearth_schema node_347 = {
    .expected = "\"json\" or \"\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"json", "", NULL},
};
static const struct hearth_schema node_348 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
};
static const struct hearth_schema node_349 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_346 = {
    .expected = "\"json\" or \"\" or an object",
    .any_of = (const struct hearth_schema *const[]){&node_347, &node_348, &node_349, NULL},
};
static const struct hearth_schema node_350 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_352 = {
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER,
};
static const struct hearth_schema node_353 = {
    .expected = "a string of at most 64 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 64,
};
static const struct hearth_schema node_354 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_351 = {
    .expected = "a number or a string of at most 64 characters",
    .any_of = (const struct hearth_schema *const[]){&node_352, &node_353, &node_354, NULL},
};
static const struct hearth_schema node_356 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN,
};
static const struct hearth_schema node_357 = {
    .expected = "\"low\", \"medium\", \"high\" or \"max\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"low", "medium", "high", "max", NULL},
};
static const struct hearth_schema node_358 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_355 = {
    .expected = "true or false or \"low\", \"medium\", \"high\" or \"max\"",
    .any_of = (const struct hearth_schema *const[]){&node_356, &node_357, &node_358, NULL},
};
static const struct hearth_schema node_359 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_360 = {
    .expected = "an integer from 0 to 20",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){20.0},
};
static const struct hearth_schema node_361 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_362 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_ollama_chat_request_properties[] = {
    {"model", &node_339, false},
    {"messages", &node_340, false},
    {"tools", &node_341, false},
    {"tool_choice", &node_342, false},
    {"format", &node_346, false},
    {"options", &hearth_schema_ollama_options, false},
    {"stream", &node_350, false},
    {"keep_alive", &node_351, false},
    {"think", &node_355, false},
    {"logprobs", &node_359, false},
    {"top_logprobs", &node_360, false},
    {"truncate", &node_361, false},
    {"shift", &node_362, false},
};
const struct hearth_schema hearth_schema_ollama_chat_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_ollama_chat_request_properties,
    .property_count = 13,
    .closed = true,
};
static const struct hearth_schema node_363 = {
    .expected = "a string of at most 512 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 512,
};
static const struct hearth_schema node_364 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_365 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_366 = {
    .expected = "nothing",
    .refused = "the models here read text only, no images",
};
static const struct hearth_schema node_367 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_369 = {
    .expected = "\"json\" or \"\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"json", "", NULL},
};
static const struct hearth_schema node_370 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
};
static const struct hearth_schema node_371 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_368 = {
    .expected = "\"json\" or \"\" or an object",
    .any_of = (const struct hearth_schema *const[]){&node_369, &node_370, &node_371, NULL},
};
static const struct hearth_schema node_372 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_373 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_375 = {
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER,
};
static const struct hearth_schema node_376 = {
    .expected = "a string of at most 64 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 64,
};
static const struct hearth_schema node_377 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_374 = {
    .expected = "a number or a string of at most 64 characters",
    .any_of = (const struct hearth_schema *const[]){&node_375, &node_376, &node_377, NULL},
};
static const struct hearth_schema node_379 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN,
};
static const struct hearth_schema node_380 = {
    .expected = "\"low\", \"medium\", \"high\" or \"max\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"low", "medium", "high", "max", NULL},
};
static const struct hearth_schema node_381 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_378 = {
    .expected = "true or false or \"low\", \"medium\", \"high\" or \"max\"",
    .any_of = (const struct hearth_schema *const[]){&node_379, &node_380, &node_381, NULL},
};
static const struct hearth_schema node_382 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_383 = {
    .expected = "an integer from 0 to 20",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){20.0},
};
static const struct hearth_schema node_384 = {
    .expected = "nothing",
    .refused = "the model's own template is used, which its setting chat_template replaces",
};
static const struct hearth_schema node_385 = {
    .expected = "nothing",
    .refused = "token ids of a conversation are neither given nor taken here; send its messages to /api/chat",
};
static const struct hearth_schema node_386 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_387 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_ollama_generate_request_properties[] = {
    {"model", &node_363, false},
    {"prompt", &node_364, false},
    {"suffix", &node_365, false},
    {"images", &node_366, false},
    {"system", &node_367, false},
    {"format", &node_368, false},
    {"options", &hearth_schema_ollama_options, false},
    {"stream", &node_372, false},
    {"raw", &node_373, false},
    {"keep_alive", &node_374, false},
    {"think", &node_378, false},
    {"logprobs", &node_382, false},
    {"top_logprobs", &node_383, false},
    {"template", &node_384, false},
    {"context", &node_385, false},
    {"truncate", &node_386, false},
    {"shift", &node_387, false},
};
const struct hearth_schema hearth_schema_ollama_generate_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_ollama_generate_request_properties,
    .property_count = 17,
    .closed = true,
};
static const struct hearth_schema node_388 = {
    .expected = "a string of at most 512 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 512,
};
static const struct hearth_schema node_390 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_392 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_391 = {
    .expected = "an array of strings of at most 2,048 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_max = 2048,
    .items = &node_392,
};
static const struct hearth_schema node_389 = {
    .expected = "a text or a list of up to 2,048 texts",
    .takes_nul = true,
    .any_of = (const struct hearth_schema *const[]){&node_390, &node_391, NULL},
};
static const struct hearth_schema node_393 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_394 = {
    .expected = "an integer from 0 to 1,048,576",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1048576.0},
};
static const struct hearth_schema node_396 = {
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER,
};
static const struct hearth_schema node_397 = {
    .expected = "a string of at most 64 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 64,
};
static const struct hearth_schema node_398 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_395 = {
    .expected = "a number or a string of at most 64 characters",
    .any_of = (const struct hearth_schema *const[]){&node_396, &node_397, &node_398, NULL},
};
static const struct hearth_schema node_399 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_ollama_embed_request_properties[] = {
    {"model", &node_388, false},
    {"input", &node_389, true},
    {"truncate", &node_393, false},
    {"dimensions", &node_394, false},
    {"keep_alive", &node_395, false},
    {"options", &node_399, false},
};
const struct hearth_schema hearth_schema_ollama_embed_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_ollama_embed_request_properties,
    .property_count = 6,
    .closed = true,
};
static const struct hearth_schema node_400 = {
    .expected = "a string of at most 512 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 512,
};
static const struct hearth_schema node_401 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
    .takes_nul = true,
};
static const struct hearth_schema node_403 = {
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER,
};
static const struct hearth_schema node_404 = {
    .expected = "a string of at most 64 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 64,
};
static const struct hearth_schema node_405 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_402 = {
    .expected = "a number or a string of at most 64 characters",
    .any_of = (const struct hearth_schema *const[]){&node_403, &node_404, &node_405, NULL},
};
static const struct hearth_schema node_406 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_ollama_embeddings_request_properties[] = {
    {"model", &node_400, false},
    {"prompt", &node_401, true},
    {"keep_alive", &node_402, false},
    {"options", &node_406, false},
};
const struct hearth_schema hearth_schema_ollama_embeddings_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_ollama_embeddings_request_properties,
    .property_count = 4,
    .closed = true,
};
static const struct hearth_schema node_407 = {
    .expected = "a string of at most 512 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 512,
};
static const struct hearth_schema node_408 = {
    .expected = "a string of at most 512 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 512,
};
static const struct hearth_schema node_409 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_410 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_411 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_412 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_ollama_show_request_properties[] = {
    {"model", &node_407, false},
    {"name", &node_408, false},
    {"verbose", &node_409, false},
    {"system", &node_410, false},
    {"template", &node_411, false},
    {"options", &node_412, false},
};
const struct hearth_schema hearth_schema_ollama_show_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_ollama_show_request_properties,
    .property_count = 6,
    .closed = true,
};
static const struct hearth_schema node_413 = {
    .expected = "a string of at most 4,096 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 4096,
};
static const struct hearth_schema node_414 = {
    .expected = "a string of at most 4,096 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 4096,
};
static const struct hearth_schema node_415 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_416 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_417 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_418 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_ollama_pull_request_properties[] = {
    {"model", &node_413, false},
    {"name", &node_414, false},
    {"insecure", &node_415, false},
    {"stream", &node_416, false},
    {"username", &node_417, false},
    {"password", &node_418, false},
};
const struct hearth_schema hearth_schema_ollama_pull_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_ollama_pull_request_properties,
    .property_count = 6,
    .closed = true,
};
static const struct hearth_schema node_419 = {
    .expected = "a string of at most 512 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 512,
};
static const struct hearth_schema node_420 = {
    .expected = "a string of at most 512 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 512,
};
static const struct hearth_schema_property top_ollama_copy_request_properties[] = {
    {"source", &node_419, true},
    {"destination", &node_420, true},
};
const struct hearth_schema hearth_schema_ollama_copy_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_ollama_copy_request_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_421 = {
    .expected = "a string of at most 512 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 512,
};
static const struct hearth_schema node_422 = {
    .expected = "a string of at most 512 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 512,
};
static const struct hearth_schema_property top_ollama_delete_request_properties[] = {
    {"model", &node_421, false},
    {"name", &node_422, false},
};
const struct hearth_schema hearth_schema_ollama_delete_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_ollama_delete_request_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_423 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
    .check = hearth_check_text_part,
};
static const struct hearth_schema node_424 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema_property top_text_part_properties[] = {
    {"type", &node_423, true},
    {"text", &node_424, true},
};
const struct hearth_schema hearth_schema_text_part = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_text_part_properties,
    .property_count = 2,
};
static const struct hearth_schema node_425 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_426 = {
    .expected = "an array of objects of at most 4,096 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_max = 4096,
    .items = &hearth_schema_text_part,
};
static const struct hearth_schema node_427 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
const struct hearth_schema hearth_schema_content = {
    .expected = "a string or an array of objects of at most 4,096 items",
    .any_of = (const struct hearth_schema *const[]){&node_425, &node_426, &node_427, NULL},
};
static const struct hearth_schema node_428 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_429 = {
    .expected = "\"function\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"function", NULL},
};
static const struct hearth_schema node_431 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_433 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_434 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
};
static const struct hearth_schema node_435 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_432 = {
    .expected = "a string or an object",
    .any_of = (const struct hearth_schema *const[]){&node_433, &node_434, &node_435, NULL},
};
static const struct hearth_schema_property node_430_properties[] = {
    {"name", &node_431, true},
    {"arguments", &node_432, false},
};
static const struct hearth_schema node_430 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = node_430_properties,
    .property_count = 2,
};
static const struct hearth_schema_property top_tool_call_properties[] = {
    {"id", &node_428, false},
    {"type", &node_429, false},
    {"function", &node_430, true},
};
const struct hearth_schema hearth_schema_tool_call = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_tool_call_properties,
    .property_count = 3,
};
static const struct hearth_schema node_436 = {
    .expected = "\"system\", \"developer\", \"user\", \"assistant\", \"tool\" or \"function\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"system", "developer", "user", "assistant", "tool", "function", NULL},
};
static const struct hearth_schema node_437 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_438 = {
    .expected = "an array of objects of at most 1,024 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 1024,
    .items = &hearth_schema_tool_call,
};
static const struct hearth_schema node_439 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_440 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_441 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_message_properties[] = {
    {"role", &node_436, true},
    {"content", &hearth_schema_content, false},
    {"name", &node_437, false},
    {"tool_calls", &node_438, false},
    {"tool_call_id", &node_439, false},
    {"reasoning_content", &node_440, false},
    {"refusal", &node_441, false},
};
const struct hearth_schema hearth_schema_message = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_message_properties,
    .property_count = 7,
};
static const struct hearth_schema node_442 = {
    .expected = "a string of 1 to 256 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 256,
};
static const struct hearth_schema node_443 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_444 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_445 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_function_properties[] = {
    {"name", &node_442, true},
    {"description", &node_443, false},
    {"parameters", &node_444, false},
    {"strict", &node_445, false},
};
const struct hearth_schema hearth_schema_function = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_function_properties,
    .property_count = 4,
};
static const struct hearth_schema node_446 = {
    .expected = "\"function\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"function", NULL},
};
static const struct hearth_schema_property top_tool_properties[] = {
    {"type", &node_446, false},
    {"function", &hearth_schema_function, true},
};
const struct hearth_schema hearth_schema_tool = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_tool_properties,
    .property_count = 2,
};
static const struct hearth_schema node_447 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_448 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_stream_options_properties[] = {
    {"include_usage", &node_447, false},
    {"include_obfuscation", &node_448, false},
};
const struct hearth_schema hearth_schema_stream_options = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_stream_options_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_449 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_451 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_450 = {
    .expected = "an array of strings that are not empty of at most 16 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_max = 16,
    .items = &node_451,
};
static const struct hearth_schema node_452 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
const struct hearth_schema hearth_schema_stop = {
    .expected = "a string or an array of strings that are not empty of at most 16 items",
    .any_of = (const struct hearth_schema *const[]){&node_449, &node_450, &node_452, NULL},
};
static const struct hearth_schema node_453 = {
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
    .items = &node_453,
};
static const struct hearth_schema node_455 = {
    .expected = "an integer from 0 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_456 = {
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER,
};
static const struct hearth_schema_property node_454_properties[] = {
    {"id", &node_455, true},
    {"scale", &node_456, true},
};
static const struct hearth_schema node_454 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = node_454_properties,
    .property_count = 2,
    .closed = true,
};
const struct hearth_schema hearth_schema_lora = {
    .expected = "an array of objects of at most 32 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 32,
    .items = &node_454,
};
static const struct hearth_schema node_457 = {
    .expected = "a string of 1 to 40 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 40,
};
const struct hearth_schema hearth_schema_dry_breakers = {
    .expected = "a list of up to 16 texts of 1 to 40 bytes",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_max = 16,
    .items = &node_457,
};
static const struct hearth_schema node_458 = {
    .expected = "a number from -100 to 100",
    .types = HEARTH_SCHEMA_NUMBER,
    .minimum = &(const double){-100.0},
    .maximum = &(const double){100.0},
};
const struct hearth_schema hearth_schema_logit_bias = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .additional = &node_458,
};
static const struct hearth_schema node_459 = {
    .expected = "\"text\", \"json_object\" or \"json_schema\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"text", "json_object", "json_schema", NULL},
};
static const struct hearth_schema_property top_response_format_properties[] = {
    {"type", &node_459, true},
};
const struct hearth_schema hearth_schema_response_format = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .properties = top_response_format_properties,
    .property_count = 1,
};
static const struct hearth_schema node_460 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_461 = {
    .expected = "an array of objects of 1 to 65,536 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 65536,
    .items = &hearth_schema_message,
};
static const struct hearth_schema node_462 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_464 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_465 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property node_463_properties[] = {
    {"include_usage", &node_464, false},
    {"include_obfuscation", &node_465, false},
};
static const struct hearth_schema node_463 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .properties = node_463_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_466 = {
    .expected = "an integer from 1 to 2,147,483,647, or -1 or null for no limit",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
    .check = hearth_check_max_tokens,
};
static const struct hearth_schema node_467 = {
    .expected = "an integer from 1 to 2,147,483,647, or -1 or null for no limit",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
    .check = hearth_check_max_tokens,
};
static const struct hearth_schema node_468 = {
    .expected = "a number from 0 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_469 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_470 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_471 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_472 = {
    .expected = "a number over 0 and at most 10",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){10.0},
};
static const struct hearth_schema node_473 = {
    .expected = "a number over 0 and at most 10",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){10.0},
};
static const struct hearth_schema node_474 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_475 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_476 = {
    .expected = "a number from -1 to 1000",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){1000.0},
};
static const struct hearth_schema node_477 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_478 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_479 = {
    .expected = "a number from 0 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_480 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_481 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_482 = {
    .expected = "a number from 1 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_483 = {
    .expected = "an integer from 0 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_484 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_486 = {
    .expected = "a string of 1 to 40 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 40,
};
static const struct hearth_schema node_485 = {
    .expected = "a list of up to 16 texts of 1 to 40 bytes",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 16,
    .items = &node_486,
};
static const struct hearth_schema node_487 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_488 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_489 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_490 = {
    .expected = "an integer from 1 to 128",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){128.0},
};
static const struct hearth_schema node_491 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_492 = {
    .expected = "an integer from 0 to 20",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){20.0},
};
static const struct hearth_schema node_493 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_494 = {
    .expected = "an array of objects of at most 1,024 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 1024,
    .items = &hearth_schema_tool,
};
static const struct hearth_schema node_496 = {
    .expected = "\"none\", \"auto\" or \"required\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"none", "auto", "required", NULL},
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
    .expected = "\"none\", \"auto\" or \"required\" or an object",
    .any_of = (const struct hearth_schema *const[]){&node_496, &node_497, &node_498, NULL},
};
static const struct hearth_schema node_499 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_500 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_501 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_502 = {
    .expected = "an array of objects of at most 512 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 512,
    .items = &hearth_schema_function,
};
static const struct hearth_schema node_504 = {
    .expected = "\"none\" or \"auto\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"none", "auto", NULL},
};
static const struct hearth_schema node_505 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
};
static const struct hearth_schema node_506 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_503 = {
    .expected = "\"none\" or \"auto\" or an object",
    .any_of = (const struct hearth_schema *const[]){&node_504, &node_505, &node_506, NULL},
};
static const struct hearth_schema node_507 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_508 = {
    .expected = "\"none\", \"minimal\", \"low\", \"medium\", \"high\", \"xhigh\" or \"auto\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"none", "minimal", "low", "medium", "high", "xhigh", "auto", NULL},
};
static const struct hearth_schema node_509 = {
    .expected = "\"none\", \"auto\", \"deepseek\" or \"deepseek-legacy\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"none", "auto", "deepseek", "deepseek-legacy", NULL},
};
static const struct hearth_schema node_510 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_511 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_513 = {
    .expected = "\"text\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"text", NULL},
};
static const struct hearth_schema node_512 = {
    .expected = "an array of \"text\" of at most 8 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 8,
    .items = &node_513,
};
static const struct hearth_schema node_514 = {
    .expected = "\"auto\", \"default\", \"flex\", \"scale\" or \"priority\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"auto", "default", "flex", "scale", "priority", NULL},
};
static const struct hearth_schema node_515 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_516 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_517 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_518 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_519 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_520 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_521 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_522 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_523 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_524 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_525 = {
    .expected = "nothing",
    .refused = "there is no beam search here; leave it out to sample, or set temperature to 0",
};
static const struct hearth_schema node_526 = {
    .expected = "nothing",
    .refused = "the tokens of an answer cannot be limited to a list here; logit_bias changes single ones",
};
static const struct hearth_schema node_527 = {
    .expected = "nothing",
    .refused = "words cannot be forbidden here; logit_bias forbids tokens",
};
static const struct hearth_schema node_528 = {
    .expected = "nothing",
    .refused = "code of clients does not run here",
};
static const struct hearth_schema node_529 = {
    .expected = "nothing",
    .refused = "prompts are texts or token ids here",
};
static const struct hearth_schema node_530 = {
    .expected = "nothing",
    .refused = "this server answers with text only",
};
static const struct hearth_schema node_531 = {
    .expected = "nothing",
    .refused = "this server has no web search",
};
static const struct hearth_schema node_532 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_533 = {
    .expected = "any value",
};
static const struct hearth_schema node_534 = {
    .expected = "any value",
};
static const struct hearth_schema node_535 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_537 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_536 = {
    .expected = "an array of strings that are not empty of 1 to 1,000 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_min = 1,
    .length_max = 1000,
    .items = &node_537,
};
static const struct hearth_schema node_538 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_539 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_540 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_542 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_541 = {
    .expected = "an array of strings that are not empty of 1 to 1,000 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_min = 1,
    .length_max = 1000,
    .items = &node_542,
};
static const struct hearth_schema_property top_chat_request_properties[] = {
    {"model", &node_460, false},
    {"messages", &node_461, true},
    {"stream", &node_462, false},
    {"stream_options", &node_463, false},
    {"max_tokens", &node_466, false},
    {"max_completion_tokens", &node_467, false},
    {"temperature", &node_468, false},
    {"top_p", &node_469, false},
    {"top_k", &node_470, false},
    {"min_p", &node_471, false},
    {"repeat_penalty", &node_472, false},
    {"repetition_penalty", &node_473, false},
    {"repeat_last_n", &node_474, false},
    {"typical_p", &node_475, false},
    {"top_n_sigma", &node_476, false},
    {"xtc_probability", &node_477, false},
    {"xtc_threshold", &node_478, false},
    {"dynatemp_range", &node_479, false},
    {"dynatemp_exponent", &node_480, false},
    {"dry_multiplier", &node_481, false},
    {"dry_base", &node_482, false},
    {"dry_allowed_length", &node_483, false},
    {"dry_penalty_last_n", &node_484, false},
    {"dry_sequence_breakers", &node_485, false},
    {"presence_penalty", &node_487, false},
    {"frequency_penalty", &node_488, false},
    {"seed", &node_489, false},
    {"stop", &hearth_schema_stop, false},
    {"n", &node_490, false},
    {"logit_bias", &hearth_schema_logit_bias, false},
    {"lora", &hearth_schema_lora, false},
    {"logprobs", &node_491, false},
    {"top_logprobs", &node_492, false},
    {"ignore_eos", &node_493, false},
    {"tools", &node_494, false},
    {"tool_choice", &node_495, false},
    {"parallel_tool_calls", &node_499, false},
    {"response_format", &hearth_schema_response_format, false},
    {"chat_template_kwargs", &node_500, false},
    {"add_generation_prompt", &node_501, false},
    {"functions", &node_502, false},
    {"function_call", &node_503, false},
    {"continue_final_message", &node_507, false},
    {"reasoning_effort", &node_508, false},
    {"reasoning_format", &node_509, false},
    {"enable_thinking", &node_510, false},
    {"verbosity", &node_511, false},
    {"modalities", &node_512, false},
    {"service_tier", &node_514, false},
    {"cache_prompt", &node_515, false},
    {"return_progress", &node_516, false},
    {"timings_per_token", &node_517, false},
    {"user", &node_518, false},
    {"safety_identifier", &node_519, false},
    {"prompt_cache_key", &node_520, false},
    {"prompt_cache_retention", &node_521, false},
    {"store", &node_522, false},
    {"metadata", &node_523, false},
    {"prediction", &node_524, false},
    {"use_beam_search", &node_525, false},
    {"allowed_token_ids", &node_526, false},
    {"bad_words", &node_527, false},
    {"logits_processors", &node_528, false},
    {"prompt_embeds", &node_529, false},
    {"audio", &node_530, false},
    {"web_search_options", &node_531, false},
    {"grammar", &node_532, false},
    {"json_schema", &node_533, false},
    {"guided_json", &node_534, false},
    {"guided_regex", &node_535, false},
    {"guided_choice", &node_536, false},
    {"guided_grammar", &node_538, false},
    {"structured_outputs", &node_539, false},
    {"regex", &node_540, false},
    {"choice", &node_541, false},
};
const struct hearth_schema hearth_schema_chat_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_chat_request_properties,
    .property_count = 75,
    .closed = true,
};
static const struct hearth_schema node_543 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_545 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_547 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_546 = {
    .expected = "an array of strings of 1 to 2,048 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2048,
    .items = &node_547,
};
static const struct hearth_schema node_548 = {
    .expected = "an array of a list of 1 to 1,048,576 token ids of 1 to 2,048 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2048,
    .items = &hearth_schema_tokens,
};
static const struct hearth_schema node_544 = {
    .expected = "a text, a list of 1 to 2,048 texts, a list of token ids, or a list of such lists",
    .any_of = (const struct hearth_schema *const[]){&node_545, &node_546, &hearth_schema_tokens, &node_548, NULL},
};
static const struct hearth_schema node_549 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_550 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_552 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_553 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property node_551_properties[] = {
    {"include_usage", &node_552, false},
    {"include_obfuscation", &node_553, false},
};
static const struct hearth_schema node_551 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .properties = node_551_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_554 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_555 = {
    .expected = "an integer from 1 to 128",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){128.0},
};
static const struct hearth_schema node_556 = {
    .expected = "an integer from 0 to 2,147,483,647, or -1 for no limit",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_557 = {
    .expected = "a number from 0 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_558 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_559 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_560 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_561 = {
    .expected = "a number over 0 and at most 10",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){10.0},
};
static const struct hearth_schema node_562 = {
    .expected = "a number over 0 and at most 10",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){10.0},
};
static const struct hearth_schema node_563 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_564 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_565 = {
    .expected = "a number from -1 to 1000",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){1000.0},
};
static const struct hearth_schema node_566 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_567 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_568 = {
    .expected = "a number from 0 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_569 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_570 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_571 = {
    .expected = "a number from 1 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_572 = {
    .expected = "an integer from 0 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_573 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_575 = {
    .expected = "a string of 1 to 40 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 40,
};
static const struct hearth_schema node_574 = {
    .expected = "a list of up to 16 texts of 1 to 40 bytes",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 16,
    .items = &node_575,
};
static const struct hearth_schema node_576 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_577 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_578 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_579 = {
    .expected = "an integer from 1 to 128",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){128.0},
};
static const struct hearth_schema node_580 = {
    .expected = "an integer from 0 to 20",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){20.0},
};
static const struct hearth_schema node_581 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_582 = {
    .expected = "nothing",
    .refused = "there is no beam search here; leave it out to sample, or set temperature to 0",
};
static const struct hearth_schema node_583 = {
    .expected = "nothing",
    .refused = "the tokens of an answer cannot be limited to a list here; logit_bias changes single ones",
};
static const struct hearth_schema node_584 = {
    .expected = "nothing",
    .refused = "words cannot be forbidden here; logit_bias forbids tokens",
};
static const struct hearth_schema node_585 = {
    .expected = "nothing",
    .refused = "code of clients does not run here",
};
static const struct hearth_schema node_586 = {
    .expected = "nothing",
    .refused = "prompts are texts or token ids here",
};
static const struct hearth_schema node_587 = {
    .expected = "\"auto\", \"default\", \"flex\", \"scale\" or \"priority\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"auto", "default", "flex", "scale", "priority", NULL},
};
static const struct hearth_schema node_588 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_589 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_590 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_591 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_592 = {
    .expected = "any value",
};
static const struct hearth_schema node_593 = {
    .expected = "any value",
};
static const struct hearth_schema node_594 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_596 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_595 = {
    .expected = "an array of strings that are not empty of 1 to 1,000 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_min = 1,
    .length_max = 1000,
    .items = &node_596,
};
static const struct hearth_schema node_597 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_598 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_599 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_601 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_600 = {
    .expected = "an array of strings that are not empty of 1 to 1,000 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_min = 1,
    .length_max = 1000,
    .items = &node_601,
};
static const struct hearth_schema_property top_completion_request_properties[] = {
    {"model", &node_543, false},
    {"prompt", &node_544, true},
    {"suffix", &node_549, false},
    {"stream", &node_550, false},
    {"stream_options", &node_551, false},
    {"echo", &node_554, false},
    {"best_of", &node_555, false},
    {"max_tokens", &node_556, false},
    {"temperature", &node_557, false},
    {"top_p", &node_558, false},
    {"top_k", &node_559, false},
    {"min_p", &node_560, false},
    {"repeat_penalty", &node_561, false},
    {"repetition_penalty", &node_562, false},
    {"repeat_last_n", &node_563, false},
    {"typical_p", &node_564, false},
    {"top_n_sigma", &node_565, false},
    {"xtc_probability", &node_566, false},
    {"xtc_threshold", &node_567, false},
    {"dynatemp_range", &node_568, false},
    {"dynatemp_exponent", &node_569, false},
    {"dry_multiplier", &node_570, false},
    {"dry_base", &node_571, false},
    {"dry_allowed_length", &node_572, false},
    {"dry_penalty_last_n", &node_573, false},
    {"dry_sequence_breakers", &node_574, false},
    {"presence_penalty", &node_576, false},
    {"frequency_penalty", &node_577, false},
    {"seed", &node_578, false},
    {"stop", &hearth_schema_stop, false},
    {"n", &node_579, false},
    {"logit_bias", &hearth_schema_logit_bias, false},
    {"lora", &hearth_schema_lora, false},
    {"logprobs", &node_580, false},
    {"ignore_eos", &node_581, false},
    {"use_beam_search", &node_582, false},
    {"allowed_token_ids", &node_583, false},
    {"bad_words", &node_584, false},
    {"logits_processors", &node_585, false},
    {"prompt_embeds", &node_586, false},
    {"service_tier", &node_587, false},
    {"cache_prompt", &node_588, false},
    {"timings_per_token", &node_589, false},
    {"user", &node_590, false},
    {"grammar", &node_591, false},
    {"json_schema", &node_592, false},
    {"response_format", &hearth_schema_response_format, false},
    {"guided_json", &node_593, false},
    {"guided_regex", &node_594, false},
    {"guided_choice", &node_595, false},
    {"guided_grammar", &node_597, false},
    {"structured_outputs", &node_598, false},
    {"regex", &node_599, false},
    {"choice", &node_600, false},
};
const struct hearth_schema hearth_schema_completion_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_completion_request_properties,
    .property_count = 54,
    .closed = true,
};
static const struct hearth_schema node_602 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema_property top_embedding_prompt_properties[] = {
    {"prompt_string", &node_602, true},
};
const struct hearth_schema hearth_schema_embedding_prompt = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_embedding_prompt_properties,
    .property_count = 1,
    .closed = true,
};
static const struct hearth_schema node_605 = {
    .expected = "\"text\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"text", NULL},
};
static const struct hearth_schema node_606 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema_property node_604_properties[] = {
    {"type", &node_605, true},
    {"text", &node_606, true},
};
static const struct hearth_schema node_604 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = node_604_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_603 = {
    .expected = "an array of objects of 1 to 1,024 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 1024,
    .items = &node_604,
};
static const struct hearth_schema_property top_embedding_content_properties[] = {
    {"content", &node_603, true},
};
const struct hearth_schema hearth_schema_embedding_content = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_embedding_content_properties,
    .property_count = 1,
    .closed = true,
};
static const struct hearth_schema node_607 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_609 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_611 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_610 = {
    .expected = "a list of 1 to 2,048 texts",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2048,
    .items = &node_611,
};
static const struct hearth_schema node_612 = {
    .expected = "a list of 1 to 2,048 lists of token ids",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2048,
    .items = &hearth_schema_tokens,
};
static const struct hearth_schema node_615 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_614 = {
    .expected = "a string that is not empty or a list of 1 to 1,048,576 token ids or an object",
    .any_of = (const struct hearth_schema *const[]){&node_615, &hearth_schema_tokens, &hearth_schema_embedding_prompt, &hearth_schema_embedding_content, NULL},
};
static const struct hearth_schema node_613 = {
    .expected = "a list of 1 to 2,048 texts and lists of token ids",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2048,
    .items = &node_614,
};
static const struct hearth_schema node_608 = {
    .expected = "a text that is not empty, a list of token ids, or a list of 1 to 2,048 of either",
    .takes_nul = true,
    .any_of = (const struct hearth_schema *const[]){&node_609, &node_610, &hearth_schema_tokens, &node_612, &hearth_schema_embedding_prompt, &hearth_schema_embedding_content, &node_613, NULL},
};
static const struct hearth_schema node_616 = {
    .expected = "\"float\" or \"base64\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"float", "base64", NULL},
};
static const struct hearth_schema node_617 = {
    .expected = "an integer from 1 to 1,048,576",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){1048576.0},
};
static const struct hearth_schema node_619 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN,
};
static const struct hearth_schema node_620 = {
    .expected = "\"NONE\", \"NEVER\", \"START\", \"END\", \"none\", \"never\", \"start\" or \"end\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"NONE", "NEVER", "START", "END", "none", "never", "start", "end", NULL},
};
static const struct hearth_schema node_621 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_618 = {
    .expected = "true or false or \"NONE\", \"NEVER\", \"START\", \"END\", \"none\", \"never\", \"start\" or \"end\"",
    .any_of = (const struct hearth_schema *const[]){&node_619, &node_620, &node_621, NULL},
};
static const struct hearth_schema node_622 = {
    .expected = "a string of at most 127 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 127,
};
static const struct hearth_schema node_623 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_624 = {
    .expected = "\"auto\", \"default\", \"flex\", \"scale\" or \"priority\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"auto", "default", "flex", "scale", "priority", NULL},
};
static const struct hearth_schema node_625 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_embedding_request_properties[] = {
    {"model", &node_607, false},
    {"input", &node_608, true},
    {"encoding_format", &node_616, false},
    {"dimensions", &node_617, false},
    {"truncate", &node_618, false},
    {"prompt_name", &node_622, false},
    {"timeout", &hearth_schema_time_limit, false},
    {"partial", &node_623, false},
    {"service_tier", &node_624, false},
    {"user", &node_625, false},
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
static const struct hearth_schema node_626 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_627 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .takes_nul = true,
    .length_min = 1,
};
static const struct hearth_schema node_630 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_632 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema_property node_631_properties[] = {
    {"text", &node_632, true},
};
static const struct hearth_schema node_631 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = node_631_properties,
    .property_count = 1,
};
static const struct hearth_schema node_629 = {
    .expected = "a string that is not empty or an object",
    .any_of = (const struct hearth_schema *const[]){&node_630, &node_631, NULL},
};
static const struct hearth_schema node_628 = {
    .expected = "an array of strings that are not empty or an object of 1 to 2,048 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .takes_nul = true,
    .length_min = 1,
    .length_max = 2048,
    .items = &node_629,
};
static const struct hearth_schema node_634 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_633 = {
    .expected = "an array of strings that are not empty of 1 to 2,048 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .takes_nul = true,
    .length_min = 1,
    .length_max = 2048,
    .items = &node_634,
};
static const struct hearth_schema node_635 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_636 = {
    .expected = "\"Right\" or \"right\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"Right", "right", NULL},
};
static const struct hearth_schema node_637 = {
    .expected = "an integer from 1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_638 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_639 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_641 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN,
};
static const struct hearth_schema node_642 = {
    .expected = "\"NONE\", \"NEVER\", \"END\", \"none\", \"never\" or \"end\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"NONE", "NEVER", "END", "none", "never", "end", NULL},
};
static const struct hearth_schema node_643 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_640 = {
    .expected = "true or false or \"NONE\", \"NEVER\", \"END\", \"none\", \"never\" or \"end\"",
    .any_of = (const struct hearth_schema *const[]){&node_641, &node_642, &node_643, NULL},
};
static const struct hearth_schema node_644 = {
    .expected = "\"auto\", \"default\", \"flex\", \"scale\" or \"priority\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"auto", "default", "flex", "scale", "priority", NULL},
};
static const struct hearth_schema node_645 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_rerank_request_properties[] = {
    {"model", &node_626, false},
    {"query", &node_627, true},
    {"documents", &node_628, false},
    {"texts", &node_633, false},
    {"return_text", &node_635, false},
    {"truncation_direction", &node_636, false},
    {"top_n", &node_637, false},
    {"return_documents", &node_638, false},
    {"raw_scores", &node_639, false},
    {"truncate", &node_640, false},
    {"timeout", &hearth_schema_time_limit, false},
    {"service_tier", &node_644, false},
    {"user", &node_645, false},
};
const struct hearth_schema hearth_schema_rerank_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_rerank_request_properties,
    .property_count = 13,
    .closed = true,
};
static const struct hearth_schema node_646 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_648 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_650 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_649 = {
    .expected = "a list of 1 to 2,048 texts",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2048,
    .items = &node_650,
};
static const struct hearth_schema node_647 = {
    .expected = "a text that is not empty, or a list of 1 to 2,048",
    .takes_nul = true,
    .any_of = (const struct hearth_schema *const[]){&node_648, &node_649, NULL},
};
static const struct hearth_schema node_651 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_652 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_653 = {
    .expected = "\"Left\", \"Right\", \"left\" or \"right\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"Left", "Right", "left", "right", NULL},
};
static const struct hearth_schema node_654 = {
    .expected = "a string of at most 127 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 127,
};
static const struct hearth_schema node_655 = {
    .expected = "an integer from 1 to 1,048,576",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){1048576.0},
};
static const struct hearth_schema_property top_embed_request_properties[] = {
    {"model", &node_646, false},
    {"inputs", &node_647, true},
    {"normalize", &node_651, false},
    {"truncate", &node_652, false},
    {"truncation_direction", &node_653, false},
    {"prompt_name", &node_654, false},
    {"dimensions", &node_655, false},
};
const struct hearth_schema hearth_schema_embed_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_embed_request_properties,
    .property_count = 7,
    .closed = true,
};
static const struct hearth_schema node_656 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_658 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_657 = {
    .expected = "an array of strings that are not empty of 1 to 2,048 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .takes_nul = true,
    .length_min = 1,
    .length_max = 2048,
    .items = &node_658,
};
static const struct hearth_schema node_659 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_661 = {
    .expected = "\"float\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"float", NULL},
};
static const struct hearth_schema node_660 = {
    .expected = "an array of \"float\" of at most 8 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 8,
    .items = &node_661,
};
static const struct hearth_schema node_662 = {
    .expected = "an integer from 1 to 1,048,576",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){1048576.0},
};
static const struct hearth_schema node_663 = {
    .expected = "\"NONE\", \"START\" or \"END\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"NONE", "START", "END", NULL},
};
static const struct hearth_schema node_664 = {
    .expected = "a string of at most 127 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 127,
};
static const struct hearth_schema node_665 = {
    .expected = "nothing",
    .refused = "models here embed text only",
};
static const struct hearth_schema node_666 = {
    .expected = "nothing",
    .refused = "send texts",
};
static const struct hearth_schema_property top_cohere_embed_request_properties[] = {
    {"model", &node_656, false},
    {"texts", &node_657, true},
    {"input_type", &node_659, false},
    {"embedding_types", &node_660, false},
    {"output_dimension", &node_662, false},
    {"truncate", &node_663, false},
    {"prompt_name", &node_664, false},
    {"images", &node_665, false},
    {"inputs", &node_666, false},
};
const struct hearth_schema hearth_schema_cohere_embed_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_cohere_embed_request_properties,
    .property_count = 9,
    .closed = true,
};
static const struct hearth_schema node_667 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_669 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_668 = {
    .expected = "a list of 1 to 2,048 texts",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2048,
    .items = &node_669,
};
static const struct hearth_schema node_670 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
const struct hearth_schema hearth_schema_score_texts = {
    .expected = "a text that is not empty, or a list of 1 to 2,048",
    .any_of = (const struct hearth_schema *const[]){&node_667, &node_668, &node_670, NULL},
};
static const struct hearth_schema node_671 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_672 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_674 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN,
};
static const struct hearth_schema node_675 = {
    .expected = "\"NONE\", \"NEVER\", \"END\", \"none\", \"never\" or \"end\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"NONE", "NEVER", "END", "none", "never", "end", NULL},
};
static const struct hearth_schema node_676 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_673 = {
    .expected = "true or false or \"NONE\", \"NEVER\", \"END\", \"none\", \"never\" or \"end\"",
    .any_of = (const struct hearth_schema *const[]){&node_674, &node_675, &node_676, NULL},
};
static const struct hearth_schema node_677 = {
    .expected = "\"auto\", \"default\", \"flex\", \"scale\" or \"priority\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"auto", "default", "flex", "scale", "priority", NULL},
};
static const struct hearth_schema node_678 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_score_request_properties[] = {
    {"model", &node_671, false},
    {"text_1", &hearth_schema_score_texts, false},
    {"text_2", &hearth_schema_score_texts, false},
    {"queries", &hearth_schema_score_texts, false},
    {"documents", &hearth_schema_score_texts, false},
    {"raw_scores", &node_672, false},
    {"truncate", &node_673, false},
    {"timeout", &hearth_schema_time_limit, false},
    {"service_tier", &node_677, false},
    {"user", &node_678, false},
};
const struct hearth_schema hearth_schema_score_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_score_request_properties,
    .property_count = 10,
    .closed = true,
};
static const struct hearth_schema node_679 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_681 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_683 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_682 = {
    .expected = "an array of strings that are not empty of 2 to 2 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 2,
    .length_max = 2,
    .items = &node_683,
};
static const struct hearth_schema node_686 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_685 = {
    .expected = "an array of strings that are not empty of 1 to 2 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2,
    .items = &node_686,
};
static const struct hearth_schema node_684 = {
    .expected = "an array of arrays of strings that are not empty of 1 to 2 items of 1 to 2,048 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2048,
    .items = &node_685,
};
static const struct hearth_schema node_680 = {
    .expected = "a text, a list of two texts, or a list of 1 to 2,048 lists of one or two texts",
    .any_of = (const struct hearth_schema *const[]){&node_681, &node_682, &node_684, NULL},
};
static const struct hearth_schema node_687 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_688 = {
    .expected = "\"Right\" or \"right\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"Right", "right", NULL},
};
static const struct hearth_schema node_689 = {
    .expected = "nothing",
    .refused = "scores are the probabilities of labels",
};
static const struct hearth_schema_property top_predict_request_properties[] = {
    {"model", &node_679, false},
    {"inputs", &node_680, true},
    {"truncate", &node_687, false},
    {"truncation_direction", &node_688, false},
    {"raw_scores", &node_689, false},
};
const struct hearth_schema hearth_schema_predict_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_predict_request_properties,
    .property_count = 5,
    .closed = true,
};
static const struct hearth_schema node_690 = {
    .expected = "a string of 1 to 63 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 63,
};
static const struct hearth_schema node_691 = {
    .expected = "\"/v1/chat/completions\", \"/v1/completions\", \"/v1/embeddings\" or \"/v1/responses\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/responses", NULL},
};
static const struct hearth_schema node_692 = {
    .expected = "\"24h\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"24h", NULL},
};
static const struct hearth_schema node_694 = {
    .expected = "a string of at most 512 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 512,
};
static const struct hearth_schema node_693 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .additional = &node_694,
};
static const struct hearth_schema node_695 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_batch_create_properties[] = {
    {"input_file_id", &node_690, true},
    {"endpoint", &node_691, true},
    {"completion_window", &node_692, true},
    {"metadata", &node_693, false},
    {"output_expires_after", &node_695, false},
};
const struct hearth_schema hearth_schema_batch_create = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_batch_create_properties,
    .property_count = 5,
    .closed = true,
};
static const struct hearth_schema node_696 = {
    .expected = "a string of at most 64 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 64,
};
static const struct hearth_schema node_697 = {
    .expected = "a string of at most 128 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 128,
};
static const struct hearth_schema_property top_response_input_item_properties[] = {
    {"type", &node_696, false},
    {"id", &node_697, false},
};
const struct hearth_schema hearth_schema_response_input_item = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_response_input_item_properties,
    .property_count = 2,
};
static const struct hearth_schema node_698 = {
    .expected = "a string of at most 64 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 64,
};
static const struct hearth_schema node_699 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_700 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_701 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_702 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_response_tool_properties[] = {
    {"type", &node_698, true},
    {"name", &node_699, false},
    {"description", &node_700, false},
    {"parameters", &node_701, false},
    {"strict", &node_702, false},
};
const struct hearth_schema hearth_schema_response_tool = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_response_tool_properties,
    .property_count = 5,
};
static const struct hearth_schema node_703 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_705 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_706 = {
    .expected = "an array of objects of at most 65,536 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_max = 65536,
    .items = &hearth_schema_response_input_item,
};
static const struct hearth_schema node_707 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_704 = {
    .expected = "a string or an array of objects of at most 65,536 items",
    .any_of = (const struct hearth_schema *const[]){&node_705, &node_706, &node_707, NULL},
};
static const struct hearth_schema node_708 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_709 = {
    .expected = "a string of at most 128 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 128,
};
static const struct hearth_schema node_710 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_711 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_712 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_713 = {
    .expected = "an integer from 1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_714 = {
    .expected = "an integer from 1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_715 = {
    .expected = "a number from 0 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_716 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_717 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_718 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_719 = {
    .expected = "an array of objects of at most 1,024 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 1024,
    .items = &hearth_schema_response_tool,
};
static const struct hearth_schema node_721 = {
    .expected = "\"none\", \"auto\" or \"required\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"none", "auto", "required", NULL},
};
static const struct hearth_schema node_722 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
};
static const struct hearth_schema node_723 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_720 = {
    .expected = "\"none\", \"auto\" or \"required\" or an object",
    .any_of = (const struct hearth_schema *const[]){&node_721, &node_722, &node_723, NULL},
};
static const struct hearth_schema node_724 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_727 = {
    .expected = "\"text\", \"json_object\" or \"json_schema\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"text", "json_object", "json_schema", NULL},
};
static const struct hearth_schema node_728 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_729 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_730 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property node_726_properties[] = {
    {"type", &node_727, true},
    {"name", &node_728, false},
    {"schema", &node_729, false},
    {"strict", &node_730, false},
};
static const struct hearth_schema node_726 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .properties = node_726_properties,
    .property_count = 4,
};
static const struct hearth_schema node_731 = {
    .expected = "a string of at most 32 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 32,
};
static const struct hearth_schema_property node_725_properties[] = {
    {"format", &node_726, false},
    {"verbosity", &node_731, false},
};
static const struct hearth_schema node_725 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .properties = node_725_properties,
    .property_count = 2,
};
static const struct hearth_schema node_733 = {
    .expected = "a string of at most 32 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 32,
};
static const struct hearth_schema node_734 = {
    .expected = "a string of at most 32 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 32,
};
static const struct hearth_schema node_735 = {
    .expected = "a string of at most 32 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 32,
};
static const struct hearth_schema_property node_732_properties[] = {
    {"effort", &node_733, false},
    {"summary", &node_734, false},
    {"generate_summary", &node_735, false},
};
static const struct hearth_schema node_732 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .properties = node_732_properties,
    .property_count = 3,
};
static const struct hearth_schema node_737 = {
    .expected = "a string of at most 128 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 128,
};
static const struct hearth_schema node_736 = {
    .expected = "an array of strings of at most 128 characters of at most 32 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 32,
    .items = &node_737,
};
static const struct hearth_schema node_738 = {
    .expected = "\"auto\" or \"disabled\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"auto", "disabled", NULL},
};
static const struct hearth_schema node_739 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_740 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_741 = {
    .expected = "\"auto\", \"default\", \"flex\", \"scale\" or \"priority\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"auto", "default", "flex", "scale", "priority", NULL},
};
static const struct hearth_schema node_742 = {
    .expected = "an integer from 0 to 20",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){20.0},
};
static const struct hearth_schema node_743 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_744 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_745 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_746 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_747 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_748 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_749 = {
    .expected = "nothing",
    .refused = "there are no conversations here, name the answer before with previous_response_id",
};
static const struct hearth_schema node_750 = {
    .expected = "nothing",
    .refused = "there are no stored prompts here",
};
static const struct hearth_schema_property top_responses_request_properties[] = {
    {"model", &node_703, false},
    {"input", &node_704, false},
    {"instructions", &node_708, false},
    {"previous_response_id", &node_709, false},
    {"stream", &node_710, false},
    {"stream_options", &node_711, false},
    {"store", &node_712, false},
    {"max_output_tokens", &node_713, false},
    {"max_tool_calls", &node_714, false},
    {"temperature", &node_715, false},
    {"top_p", &node_716, false},
    {"top_k", &node_717, false},
    {"seed", &node_718, false},
    {"tools", &node_719, false},
    {"tool_choice", &node_720, false},
    {"parallel_tool_calls", &node_724, false},
    {"text", &node_725, false},
    {"reasoning", &node_732, false},
    {"include", &node_736, false},
    {"truncation", &node_738, false},
    {"background", &node_739, false},
    {"metadata", &node_740, false},
    {"service_tier", &node_741, false},
    {"top_logprobs", &node_742, false},
    {"timings_per_token", &node_743, false},
    {"return_progress", &node_744, false},
    {"user", &node_745, false},
    {"safety_identifier", &node_746, false},
    {"prompt_cache_key", &node_747, false},
    {"prompt_cache_retention", &node_748, false},
    {"conversation", &node_749, false},
    {"prompt", &node_750, false},
};
const struct hearth_schema hearth_schema_responses_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_responses_request_properties,
    .property_count = 32,
    .closed = true,
};
static const struct hearth_schema node_751 = {
    .expected = "a string of 1 to 96 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 96,
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
static const struct hearth_schema node_752 = {
    .expected = "an integer of at least 1 or a string of 1 to 200 characters",
    .any_of = (const struct hearth_schema *const[]){&node_753, &node_754, NULL},
};
static const struct hearth_schema node_755 = {
    .expected = "a string of 1 to 200 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 200,
};
static const struct hearth_schema node_757 = {
    .expected = "an integer of at least 1",
    .types = HEARTH_SCHEMA_INTEGER,
    .minimum = &(const double){1.0},
};
static const struct hearth_schema node_758 = {
    .expected = "a string of 1 to 200 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 200,
};
static const struct hearth_schema node_756 = {
    .expected = "an integer of at least 1 or a string of 1 to 200 characters",
    .any_of = (const struct hearth_schema *const[]){&node_757, &node_758, NULL},
};
static const struct hearth_schema node_760 = {
    .expected = "an integer of at least 1",
    .types = HEARTH_SCHEMA_INTEGER,
    .minimum = &(const double){1.0},
};
static const struct hearth_schema node_761 = {
    .expected = "a string of 1 to 200 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 200,
};
static const struct hearth_schema node_762 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_759 = {
    .expected = "an integer of at least 1 or a string of 1 to 200 characters",
    .any_of = (const struct hearth_schema *const[]){&node_760, &node_761, &node_762, NULL},
};
static const struct hearth_schema node_763 = {
    .expected = "a string of at most 64 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 64,
};
static const struct hearth_schema node_764 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
};
static const struct hearth_schema node_765 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER,
};
static const struct hearth_schema node_766 = {
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER,
};
static const struct hearth_schema node_767 = {
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER,
};
static const struct hearth_schema node_768 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER,
};
static const struct hearth_schema node_769 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER,
};
static const struct hearth_schema node_770 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER,
};
static const struct hearth_schema node_771 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN,
};
static const struct hearth_schema_property top_training_job_create_properties[] = {
    {"model", &node_751, false},
    {"model_id", &node_752, false},
    {"base_model", &node_755, false},
    {"dataset_id", &node_756, true},
    {"evaluation_dataset_id", &node_759, false},
    {"label", &node_763, false},
    {"parameters", &node_764, false},
    {"lora_rank", &node_765, false},
    {"lora_alpha", &node_766, false},
    {"learning_rate", &node_767, false},
    {"epochs", &node_768, false},
    {"batch_size", &node_769, false},
    {"seed", &node_770, false},
    {"dry_run", &node_771, false},
};
const struct hearth_schema hearth_schema_training_job_create = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_training_job_create_properties,
    .property_count = 14,
    .closed = true,
};
