/* Made by scripts/generate from api/schemas/; do not edit. */
#include "gateway/schemas.gen.h"

#include "gateway/checks.h"

/* clang-format off */
static const struct hearth_schema node_1 = {
    .expected = "an integer of at least 1",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_2 = {
    .expected = "a number from 0 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_3 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_4 = {
    .expected = "an integer of at least -1",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_5 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_6 = {
    .expected = "a number over 0 and at most 10",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){10.0},
};
static const struct hearth_schema node_7 = {
    .expected = "a number over 0 and at most 10",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){10.0},
};
static const struct hearth_schema node_8 = {
    .expected = "an integer of at least -1",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_9 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_10 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_11 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_12 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_13 = {
    .expected = "\"none\", \"start\" or \"end\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"none", "start", "end", NULL},
};
static const struct hearth_schema_property top_parameters_properties[] = {
    {"max_tokens", &node_1, false},
    {"temperature", &node_2, false},
    {"top_p", &node_3, false},
    {"top_k", &node_4, false},
    {"min_p", &node_5, false},
    {"repeat_penalty", &node_6, false},
    {"repetition_penalty", &node_7, false},
    {"repeat_last_n", &node_8, false},
    {"presence_penalty", &node_9, false},
    {"frequency_penalty", &node_10, false},
    {"seed", &node_11, false},
    {"stop", &hearth_schema_stop, false},
    {"logit_bias", &hearth_schema_logit_bias, false},
    {"ignore_eos", &node_12, false},
    {"truncate", &node_13, false},
};
const struct hearth_schema hearth_schema_parameters = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .properties = top_parameters_properties,
    .property_count = 15,
    .closed = true,
};
static const struct hearth_schema node_15 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_17 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_16 = {
    .expected = "an array of strings of 1 to 2,048 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2048,
    .items = &node_17,
};
static const struct hearth_schema node_18 = {
    .expected = "an array of objects of 1 to 65,536 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 65536,
    .items = &hearth_schema_message,
};
static const struct hearth_schema node_20 = {
    .expected = "an array of objects of 1 to 65,536 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 65536,
    .items = &hearth_schema_message,
};
static const struct hearth_schema_property node_19_properties[] = {
    {"messages", &node_20, true},
};
static const struct hearth_schema node_19 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = node_19_properties,
    .property_count = 1,
    .closed = true,
};
static const struct hearth_schema node_14 = {
    .expected = "a string or an array of strings of 1 to 2,048 items or an array of objects of 1 to 65,536 items or an object",
    .any_of = (const struct hearth_schema *const[]){&node_15, &node_16, &node_18, &node_19, NULL},
};
static const struct hearth_schema_property top_infer_request_properties[] = {
    {"input", &node_14, true},
    {"parameters", &hearth_schema_parameters, false},
};
const struct hearth_schema hearth_schema_infer_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_infer_request_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_21 = {
    .expected = "a string of 1 to 256 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 256,
};
static const struct hearth_schema node_22 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_23 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_24 = {
    .expected = "an array of objects of 1 to 65,536 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_min = 1,
    .length_max = 65536,
    .items = &hearth_schema_message,
};
static const struct hearth_schema node_25 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_tokenize_request_properties[] = {
    {"model", &node_21, true},
    {"content", &node_22, false},
    {"text", &node_23, false},
    {"messages", &node_24, false},
    {"add_special", &node_25, false},
};
const struct hearth_schema hearth_schema_tokenize_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_tokenize_request_properties,
    .property_count = 5,
    .closed = true,
};
static const struct hearth_schema node_26 = {
    .expected = "a string of 1 to 256 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 256,
};
static const struct hearth_schema node_28 = {
    .expected = "an integer of at least 0",
    .types = HEARTH_SCHEMA_INTEGER,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_27 = {
    .expected = "an array of integers of at least 0 of at most 1,048,576 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_max = 1048576,
    .items = &node_28,
};
static const struct hearth_schema_property top_detokenize_request_properties[] = {
    {"model", &node_26, true},
    {"tokens", &node_27, true},
};
const struct hearth_schema hearth_schema_detokenize_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_detokenize_request_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_29 = {
    .expected = "a string of at most 1,024 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 1024,
};
const struct hearth_schema hearth_schema_tags = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .additional = &node_29,
};
const struct hearth_schema hearth_schema_settings = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .check = hearth_check_settings,
};
static const struct hearth_schema node_30 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
    .check = hearth_check_model_name,
};
static const struct hearth_schema node_31 = {
    .expected = "a string of 1 to 4,096 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 4096,
    .check = hearth_check_source,
};
static const struct hearth_schema node_33 = {
    .expected = "a string of at most 128 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 128,
};
static const struct hearth_schema node_34 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_32 = {
    .expected = "a string of at most 128 characters",
    .any_of = (const struct hearth_schema *const[]){&node_33, &node_34, NULL},
};
static const struct hearth_schema node_35 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .check = hearth_check_task,
};
static const struct hearth_schema node_36 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .check = hearth_check_task,
};
static const struct hearth_schema node_37 = {
    .expected = "a string of at most 16,384 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 16384,
};
static const struct hearth_schema node_39 = {
    .expected = "a string of at most 1,024 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 1024,
};
static const struct hearth_schema node_38 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .additional = &node_39,
};
static const struct hearth_schema node_40 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_41 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .check = hearth_check_device,
};
static const struct hearth_schema node_42 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .check = hearth_check_settings,
};
static const struct hearth_schema node_43 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .check = hearth_check_settings,
};
static const struct hearth_schema_property top_model_create_properties[] = {
    {"name", &node_30, false},
    {"source", &node_31, true},
    {"version", &node_32, false},
    {"task", &node_35, false},
    {"task_type", &node_36, false},
    {"description", &node_37, false},
    {"tags", &node_38, false},
    {"base_model", &node_40, false},
    {"device", &node_41, false},
    {"settings", &node_42, false},
    {"config", &node_43, false},
};
const struct hearth_schema hearth_schema_model_create = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_model_create_properties,
    .property_count = 11,
    .closed = true,
};
static const struct hearth_schema node_44 = {
    .expected = "a string of 1 to 4,096 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 4096,
    .check = hearth_check_source,
};
static const struct hearth_schema node_45 = {
    .expected = "a string of at most 128 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 128,
};
static const struct hearth_schema_property top_version_create_properties[] = {
    {"source", &node_44, true},
    {"label", &node_45, false},
};
const struct hearth_schema hearth_schema_version_create = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_version_create_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_46 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
    .check = hearth_check_task,
};
static const struct hearth_schema node_47 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
    .check = hearth_check_task,
};
static const struct hearth_schema node_48 = {
    .expected = "a string of at most 16,384 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 16384,
};
static const struct hearth_schema node_49 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 256,
};
static const struct hearth_schema node_50 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
    .check = hearth_check_device,
};
static const struct hearth_schema node_51 = {
    .expected = "an integer of at least 0",
    .types = HEARTH_SCHEMA_INTEGER,
    .minimum = &(const double){0.0},
};
static const struct hearth_schema_property top_model_update_properties[] = {
    {"task", &node_46, false},
    {"task_type", &node_47, false},
    {"description", &node_48, false},
    {"tags", &hearth_schema_tags, false},
    {"base_model", &node_49, false},
    {"device", &node_50, false},
    {"settings", &hearth_schema_settings, false},
    {"config", &hearth_schema_settings, false},
    {"revision", &node_51, false},
};
const struct hearth_schema hearth_schema_model_update = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_model_update_properties,
    .property_count = 9,
    .closed = true,
};
static const struct hearth_schema node_52 = {
    .expected = "an integer of at least 1",
    .types = HEARTH_SCHEMA_INTEGER,
    .minimum = &(const double){1.0},
};
static const struct hearth_schema node_53 = {
    .expected = "an integer of at least 0",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
};
static const struct hearth_schema_property top_alias_set_properties[] = {
    {"version", &node_52, true},
    {"revision", &node_53, false},
};
const struct hearth_schema hearth_schema_alias_set = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_alias_set_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_54 = {
    .expected = "\"text\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"text", NULL},
};
static const struct hearth_schema node_55 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema_property top_text_part_properties[] = {
    {"type", &node_54, true},
    {"text", &node_55, true},
};
const struct hearth_schema hearth_schema_text_part = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_text_part_properties,
    .property_count = 2,
};
static const struct hearth_schema node_56 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_57 = {
    .expected = "an array of objects of at most 4,096 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_max = 4096,
    .items = &hearth_schema_text_part,
};
static const struct hearth_schema node_58 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
const struct hearth_schema hearth_schema_content = {
    .expected = "a string or an array of objects of at most 4,096 items",
    .any_of = (const struct hearth_schema *const[]){&node_56, &node_57, &node_58, NULL},
};
static const struct hearth_schema node_59 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_60 = {
    .expected = "\"function\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"function", NULL},
};
static const struct hearth_schema node_62 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_64 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_65 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
};
static const struct hearth_schema node_63 = {
    .expected = "a string or an object",
    .any_of = (const struct hearth_schema *const[]){&node_64, &node_65, NULL},
};
static const struct hearth_schema_property node_61_properties[] = {
    {"name", &node_62, true},
    {"arguments", &node_63, false},
};
static const struct hearth_schema node_61 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = node_61_properties,
    .property_count = 2,
};
static const struct hearth_schema_property top_tool_call_properties[] = {
    {"id", &node_59, false},
    {"type", &node_60, false},
    {"function", &node_61, true},
};
const struct hearth_schema hearth_schema_tool_call = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_tool_call_properties,
    .property_count = 3,
};
static const struct hearth_schema node_66 = {
    .expected = "\"system\", \"developer\", \"user\", \"assistant\", \"tool\" or \"function\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"system", "developer", "user", "assistant", "tool", "function", NULL},
};
static const struct hearth_schema node_67 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_68 = {
    .expected = "an array of objects of at most 1,024 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 1024,
    .items = &hearth_schema_tool_call,
};
static const struct hearth_schema node_69 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_70 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_71 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_message_properties[] = {
    {"role", &node_66, true},
    {"content", &hearth_schema_content, false},
    {"name", &node_67, false},
    {"tool_calls", &node_68, false},
    {"tool_call_id", &node_69, false},
    {"reasoning_content", &node_70, false},
    {"refusal", &node_71, false},
};
const struct hearth_schema hearth_schema_message = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_message_properties,
    .property_count = 7,
};
static const struct hearth_schema node_72 = {
    .expected = "\"function\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"function", NULL},
};
static const struct hearth_schema node_74 = {
    .expected = "a string of 1 to 256 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 256,
};
static const struct hearth_schema node_75 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_76 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_77 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property node_73_properties[] = {
    {"name", &node_74, true},
    {"description", &node_75, false},
    {"parameters", &node_76, false},
    {"strict", &node_77, false},
};
static const struct hearth_schema node_73 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = node_73_properties,
    .property_count = 4,
};
static const struct hearth_schema_property top_tool_properties[] = {
    {"type", &node_72, true},
    {"function", &node_73, true},
};
const struct hearth_schema hearth_schema_tool = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_tool_properties,
    .property_count = 2,
};
static const struct hearth_schema node_78 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_79 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_stream_options_properties[] = {
    {"include_usage", &node_78, false},
    {"include_obfuscation", &node_79, false},
};
const struct hearth_schema hearth_schema_stream_options = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_stream_options_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_80 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_82 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_81 = {
    .expected = "an array of strings that are not empty of at most 16 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_max = 16,
    .items = &node_82,
};
static const struct hearth_schema node_83 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
const struct hearth_schema hearth_schema_stop = {
    .expected = "a string or an array of strings that are not empty of at most 16 items",
    .any_of = (const struct hearth_schema *const[]){&node_80, &node_81, &node_83, NULL},
};
static const struct hearth_schema node_84 = {
    .expected = "an integer of at least 0",
    .types = HEARTH_SCHEMA_INTEGER,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2147483647.0},
};
const struct hearth_schema hearth_schema_tokens = {
    .expected = "an array of integers of at least 0 of 1 to 1,048,576 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 1048576,
    .items = &node_84,
};
static const struct hearth_schema node_85 = {
    .expected = "a number from -100 to 100",
    .types = HEARTH_SCHEMA_NUMBER,
    .minimum = &(const double){-100.0},
    .maximum = &(const double){100.0},
};
const struct hearth_schema hearth_schema_logit_bias = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .additional = &node_85,
};
static const struct hearth_schema node_86 = {
    .expected = "\"text\", \"json_object\" or \"json_schema\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"text", "json_object", "json_schema", NULL},
};
static const struct hearth_schema_property top_response_format_properties[] = {
    {"type", &node_86, true},
};
const struct hearth_schema hearth_schema_response_format = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .properties = top_response_format_properties,
    .property_count = 1,
};
static const struct hearth_schema node_87 = {
    .expected = "a string of 1 to 256 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 256,
};
static const struct hearth_schema node_88 = {
    .expected = "an array of objects of 1 to 65,536 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 65536,
    .items = &hearth_schema_message,
};
static const struct hearth_schema node_89 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_91 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_92 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property node_90_properties[] = {
    {"include_usage", &node_91, false},
    {"include_obfuscation", &node_92, false},
};
static const struct hearth_schema node_90 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .properties = node_90_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_93 = {
    .expected = "an integer of at least 1",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_94 = {
    .expected = "an integer of at least 1",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_95 = {
    .expected = "a number from 0 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_96 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_97 = {
    .expected = "an integer of at least -1",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_98 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_99 = {
    .expected = "a number over 0 and at most 10",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){10.0},
};
static const struct hearth_schema node_100 = {
    .expected = "a number over 0 and at most 10",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){10.0},
};
static const struct hearth_schema node_101 = {
    .expected = "an integer of at least -1",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_102 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_103 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_104 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_105 = {
    .expected = "an integer from 1 to 16",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){16.0},
};
static const struct hearth_schema node_106 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_107 = {
    .expected = "an integer from 0 to 20",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){20.0},
};
static const struct hearth_schema node_108 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_109 = {
    .expected = "an array of objects of at most 1,024 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 1024,
    .items = &hearth_schema_tool,
};
static const struct hearth_schema node_111 = {
    .expected = "\"none\", \"auto\" or \"required\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"none", "auto", "required", NULL},
};
static const struct hearth_schema node_112 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
};
static const struct hearth_schema node_113 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_110 = {
    .expected = "\"none\", \"auto\" or \"required\" or an object",
    .any_of = (const struct hearth_schema *const[]){&node_111, &node_112, &node_113, NULL},
};
static const struct hearth_schema node_114 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_115 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_116 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_117 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_118 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_120 = {
    .expected = "\"text\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"text", NULL},
};
static const struct hearth_schema node_119 = {
    .expected = "an array of \"text\" of at most 8 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 8,
    .items = &node_120,
};
static const struct hearth_schema node_121 = {
    .expected = "\"auto\", \"default\", \"flex\", \"scale\" or \"priority\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"auto", "default", "flex", "scale", "priority", NULL},
};
static const struct hearth_schema node_122 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_123 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_124 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_125 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_126 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_127 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_128 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_129 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_130 = {
    .expected = "nothing",
    .refused = "audio is not spoken here",
};
static const struct hearth_schema node_131 = {
    .expected = "nothing",
    .refused = "there is no web search here",
};
static const struct hearth_schema node_132 = {
    .expected = "nothing",
    .refused = "send them as tools",
};
static const struct hearth_schema node_133 = {
    .expected = "nothing",
    .refused = "use tool_choice",
};
static const struct hearth_schema node_134 = {
    .expected = "nothing",
    .refused = "grammars are not supported yet, and it would be wrong to answer without",
};
static const struct hearth_schema node_135 = {
    .expected = "nothing",
    .refused = "schemas are not supported yet, and it would be wrong to answer without",
};
static const struct hearth_schema node_136 = {
    .expected = "nothing",
    .refused = "schemas are not supported yet, and it would be wrong to answer without",
};
static const struct hearth_schema node_137 = {
    .expected = "nothing",
    .refused = "patterns are not supported yet, and it would be wrong to answer without",
};
static const struct hearth_schema node_138 = {
    .expected = "nothing",
    .refused = "guided choices are not supported yet, and it would be wrong to answer without",
};
static const struct hearth_schema node_139 = {
    .expected = "nothing",
    .refused = "grammars are not supported yet, and it would be wrong to answer without",
};
static const struct hearth_schema_property top_chat_request_properties[] = {
    {"model", &node_87, true},
    {"messages", &node_88, true},
    {"stream", &node_89, false},
    {"stream_options", &node_90, false},
    {"max_tokens", &node_93, false},
    {"max_completion_tokens", &node_94, false},
    {"temperature", &node_95, false},
    {"top_p", &node_96, false},
    {"top_k", &node_97, false},
    {"min_p", &node_98, false},
    {"repeat_penalty", &node_99, false},
    {"repetition_penalty", &node_100, false},
    {"repeat_last_n", &node_101, false},
    {"presence_penalty", &node_102, false},
    {"frequency_penalty", &node_103, false},
    {"seed", &node_104, false},
    {"stop", &hearth_schema_stop, false},
    {"n", &node_105, false},
    {"logit_bias", &hearth_schema_logit_bias, false},
    {"logprobs", &node_106, false},
    {"top_logprobs", &node_107, false},
    {"ignore_eos", &node_108, false},
    {"tools", &node_109, false},
    {"tool_choice", &node_110, false},
    {"parallel_tool_calls", &node_114, false},
    {"response_format", &hearth_schema_response_format, false},
    {"chat_template_kwargs", &node_115, false},
    {"add_generation_prompt", &node_116, false},
    {"reasoning_effort", &node_117, false},
    {"verbosity", &node_118, false},
    {"modalities", &node_119, false},
    {"service_tier", &node_121, false},
    {"cache_prompt", &node_122, false},
    {"user", &node_123, false},
    {"safety_identifier", &node_124, false},
    {"prompt_cache_key", &node_125, false},
    {"prompt_cache_retention", &node_126, false},
    {"store", &node_127, false},
    {"metadata", &node_128, false},
    {"prediction", &node_129, false},
    {"audio", &node_130, false},
    {"web_search_options", &node_131, false},
    {"functions", &node_132, false},
    {"function_call", &node_133, false},
    {"grammar", &node_134, false},
    {"json_schema", &node_135, false},
    {"guided_json", &node_136, false},
    {"guided_regex", &node_137, false},
    {"guided_choice", &node_138, false},
    {"guided_grammar", &node_139, false},
};
const struct hearth_schema hearth_schema_chat_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_chat_request_properties,
    .property_count = 50,
    .closed = true,
};
static const struct hearth_schema node_140 = {
    .expected = "a string of 1 to 256 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 256,
};
static const struct hearth_schema node_142 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_144 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_143 = {
    .expected = "an array of strings of 1 to 64 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 64,
    .items = &node_144,
};
static const struct hearth_schema node_145 = {
    .expected = "an array of arrays of integers of at least 0 of 1 to 1,048,576 items of 1 to 64 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 64,
    .items = &hearth_schema_tokens,
};
static const struct hearth_schema node_141 = {
    .expected = "a string or an array of strings of 1 to 64 items or an array of integers of at least 0 of 1 to 1,048,576 items or an array of arrays of integers of at least 0 of 1 to 1,048,576 items of 1 to 64 items",
    .any_of = (const struct hearth_schema *const[]){&node_142, &node_143, &hearth_schema_tokens, &node_145, NULL},
};
static const struct hearth_schema node_146 = {
    .expected = "nothing",
    .refused = "models here continue a text, they do not fill in",
};
static const struct hearth_schema node_147 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_149 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_150 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property node_148_properties[] = {
    {"include_usage", &node_149, false},
    {"include_obfuscation", &node_150, false},
};
static const struct hearth_schema node_148 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .properties = node_148_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_151 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_152 = {
    .expected = "an integer from 1 to 1",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_153 = {
    .expected = "an integer of at least 1",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_154 = {
    .expected = "a number from 0 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_155 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_156 = {
    .expected = "an integer of at least -1",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_157 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_158 = {
    .expected = "a number over 0 and at most 10",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){10.0},
};
static const struct hearth_schema node_159 = {
    .expected = "a number over 0 and at most 10",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){10.0},
};
static const struct hearth_schema node_160 = {
    .expected = "an integer of at least -1",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_161 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_162 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_163 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_164 = {
    .expected = "an integer from 1 to 16",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){16.0},
};
static const struct hearth_schema node_165 = {
    .expected = "an integer from 0 to 20",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){20.0},
};
static const struct hearth_schema node_166 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_167 = {
    .expected = "\"auto\", \"default\", \"flex\", \"scale\" or \"priority\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"auto", "default", "flex", "scale", "priority", NULL},
};
static const struct hearth_schema node_168 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_169 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_170 = {
    .expected = "nothing",
    .refused = "grammars are not supported yet, and it would be wrong to answer without",
};
static const struct hearth_schema node_171 = {
    .expected = "nothing",
    .refused = "schemas are not supported yet, and it would be wrong to answer without",
};
static const struct hearth_schema node_172 = {
    .expected = "nothing",
    .refused = "schemas are not supported yet, and it would be wrong to answer without",
};
static const struct hearth_schema node_173 = {
    .expected = "nothing",
    .refused = "patterns are not supported yet, and it would be wrong to answer without",
};
static const struct hearth_schema_property top_completion_request_properties[] = {
    {"model", &node_140, true},
    {"prompt", &node_141, true},
    {"suffix", &node_146, false},
    {"stream", &node_147, false},
    {"stream_options", &node_148, false},
    {"echo", &node_151, false},
    {"best_of", &node_152, false},
    {"max_tokens", &node_153, false},
    {"temperature", &node_154, false},
    {"top_p", &node_155, false},
    {"top_k", &node_156, false},
    {"min_p", &node_157, false},
    {"repeat_penalty", &node_158, false},
    {"repetition_penalty", &node_159, false},
    {"repeat_last_n", &node_160, false},
    {"presence_penalty", &node_161, false},
    {"frequency_penalty", &node_162, false},
    {"seed", &node_163, false},
    {"stop", &hearth_schema_stop, false},
    {"n", &node_164, false},
    {"logit_bias", &hearth_schema_logit_bias, false},
    {"logprobs", &node_165, false},
    {"ignore_eos", &node_166, false},
    {"service_tier", &node_167, false},
    {"cache_prompt", &node_168, false},
    {"user", &node_169, false},
    {"grammar", &node_170, false},
    {"json_schema", &node_171, false},
    {"response_format", &hearth_schema_response_format, false},
    {"guided_json", &node_172, false},
    {"guided_regex", &node_173, false},
};
const struct hearth_schema hearth_schema_completion_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_completion_request_properties,
    .property_count = 31,
    .closed = true,
};
static const struct hearth_schema node_174 = {
    .expected = "a string of 1 to 256 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 256,
};
static const struct hearth_schema node_176 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_178 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_177 = {
    .expected = "an array of strings that are not empty of 1 to 2,048 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2048,
    .items = &node_178,
};
static const struct hearth_schema node_179 = {
    .expected = "an array of arrays of integers of at least 0 of 1 to 1,048,576 items of 1 to 2,048 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2048,
    .items = &hearth_schema_tokens,
};
static const struct hearth_schema node_175 = {
    .expected = "a string that is not empty or an array of strings that are not empty of 1 to 2,048 items or an array of integers of at least 0 of 1 to 1,048,576 items or an array of arrays of integers of at least 0 of 1 to 1,048,576 items of 1 to 2,048 items",
    .any_of = (const struct hearth_schema *const[]){&node_176, &node_177, &hearth_schema_tokens, &node_179, NULL},
};
static const struct hearth_schema node_180 = {
    .expected = "\"float\" or \"base64\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"float", "base64", NULL},
};
static const struct hearth_schema node_181 = {
    .expected = "an integer from 1 to 1,048,576",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){1048576.0},
};
static const struct hearth_schema node_183 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN,
};
static const struct hearth_schema node_184 = {
    .expected = "\"NONE\", \"START\", \"END\", \"none\", \"start\" or \"end\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"NONE", "START", "END", "none", "start", "end", NULL},
};
static const struct hearth_schema node_185 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_182 = {
    .expected = "true or false or \"NONE\", \"START\", \"END\", \"none\", \"start\" or \"end\"",
    .any_of = (const struct hearth_schema *const[]){&node_183, &node_184, &node_185, NULL},
};
static const struct hearth_schema node_186 = {
    .expected = "\"auto\", \"default\", \"flex\", \"scale\" or \"priority\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"auto", "default", "flex", "scale", "priority", NULL},
};
static const struct hearth_schema node_187 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_embedding_request_properties[] = {
    {"model", &node_174, true},
    {"input", &node_175, true},
    {"encoding_format", &node_180, false},
    {"dimensions", &node_181, false},
    {"truncate", &node_182, false},
    {"service_tier", &node_186, false},
    {"user", &node_187, false},
};
const struct hearth_schema hearth_schema_embedding_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_embedding_request_properties,
    .property_count = 7,
    .closed = true,
};
