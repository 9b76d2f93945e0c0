/* Made by scripts/generate from api/schemas/; do not edit. */
#include "gateway/schemas.gen.h"

#include "gateway/checks.h"

/* clang-format off */
static const struct hearth_schema node_1 = {
    .expected = "an integer from 1 to 2,147,483,647, or -1 or null for no limit",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
    .check = hearth_check_max_tokens,
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
    .expected = "an integer from -1 to 2,147,483,647",
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
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_9 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_10 = {
    .expected = "a number from -1 to 1000",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){1000.0},
};
static const struct hearth_schema node_11 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_12 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_13 = {
    .expected = "a number from 0 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_14 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_15 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_16 = {
    .expected = "a number from 1 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_17 = {
    .expected = "an integer from 0 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_18 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_20 = {
    .expected = "a string of 1 to 40 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 40,
};
static const struct hearth_schema node_19 = {
    .expected = "a list of up to 16 texts of 1 to 40 bytes",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 16,
    .items = &node_20,
};
static const struct hearth_schema node_21 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_22 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_23 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_24 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_25 = {
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
    {"typical_p", &node_9, false},
    {"top_n_sigma", &node_10, false},
    {"xtc_probability", &node_11, false},
    {"xtc_threshold", &node_12, false},
    {"dynatemp_range", &node_13, false},
    {"dynatemp_exponent", &node_14, false},
    {"dry_multiplier", &node_15, false},
    {"dry_base", &node_16, false},
    {"dry_allowed_length", &node_17, false},
    {"dry_penalty_last_n", &node_18, false},
    {"dry_sequence_breakers", &node_19, false},
    {"presence_penalty", &node_21, false},
    {"frequency_penalty", &node_22, false},
    {"seed", &node_23, false},
    {"stop", &hearth_schema_stop, false},
    {"logit_bias", &hearth_schema_logit_bias, false},
    {"lora", &hearth_schema_lora, false},
    {"ignore_eos", &node_24, false},
    {"truncate", &node_25, false},
};
const struct hearth_schema hearth_schema_parameters = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .properties = top_parameters_properties,
    .property_count = 27,
    .closed = true,
};
static const struct hearth_schema node_27 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_29 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_28 = {
    .expected = "an array of strings of 1 to 2,048 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2048,
    .items = &node_29,
};
static const struct hearth_schema node_30 = {
    .expected = "an array of objects of 1 to 65,536 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 65536,
    .items = &hearth_schema_message,
};
static const struct hearth_schema node_32 = {
    .expected = "an array of objects of 1 to 65,536 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 65536,
    .items = &hearth_schema_message,
};
static const struct hearth_schema_property node_31_properties[] = {
    {"messages", &node_32, true},
};
static const struct hearth_schema node_31 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = node_31_properties,
    .property_count = 1,
    .closed = true,
};
static const struct hearth_schema node_26 = {
    .expected = "a string or an array of strings of 1 to 2,048 items or an array of objects of 1 to 65,536 items or an object",
    .any_of = (const struct hearth_schema *const[]){&node_27, &node_28, &node_30, &node_31, NULL},
};
static const struct hearth_schema_property top_infer_request_properties[] = {
    {"input", &node_26, true},
    {"parameters", &hearth_schema_parameters, false},
};
const struct hearth_schema hearth_schema_infer_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_infer_request_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_34 = {
    .expected = "an integer of at least 1",
    .types = HEARTH_SCHEMA_INTEGER,
    .minimum = &(const double){1.0},
};
static const struct hearth_schema node_35 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 256,
};
static const struct hearth_schema node_36 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_33 = {
    .expected = "an integer of at least 1 or a string of at most 256 characters",
    .any_of = (const struct hearth_schema *const[]){&node_34, &node_35, &node_36, NULL},
};
static const struct hearth_schema node_37 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_38 = {
    .expected = "an integer from 1 to 2,147,483,647, or -1 or null for no limit",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
    .check = hearth_check_max_tokens,
};
static const struct hearth_schema node_39 = {
    .expected = "a number from 0 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_40 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_41 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_42 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_43 = {
    .expected = "a number over 0 and at most 10",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){10.0},
};
static const struct hearth_schema node_44 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_inference_request_properties[] = {
    {"model_id", &node_33, false},
    {"prompt", &node_37, true},
    {"max_tokens", &node_38, false},
    {"temperature", &node_39, false},
    {"top_p", &node_40, false},
    {"top_k", &node_41, false},
    {"min_p", &node_42, false},
    {"repeat_penalty", &node_43, false},
    {"seed", &node_44, false},
    {"stop", &hearth_schema_stop, false},
};
const struct hearth_schema hearth_schema_inference_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_inference_request_properties,
    .property_count = 10,
    .closed = true,
};
static const struct hearth_schema node_45 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_46 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .takes_nul = true,
};
static const struct hearth_schema node_47 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .takes_nul = true,
};
static const struct hearth_schema node_48 = {
    .expected = "an array of objects of 1 to 65,536 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_min = 1,
    .length_max = 65536,
    .items = &hearth_schema_message,
};
static const struct hearth_schema node_49 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_50 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_51 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_tokenize_request_properties[] = {
    {"model", &node_45, false},
    {"content", &node_46, false},
    {"text", &node_47, false},
    {"messages", &node_48, false},
    {"add_special", &node_49, false},
    {"parse_special", &node_50, false},
    {"with_pieces", &node_51, false},
};
const struct hearth_schema hearth_schema_tokenize_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_tokenize_request_properties,
    .property_count = 7,
    .closed = true,
};
static const struct hearth_schema node_52 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_54 = {
    .expected = "an integer from 0 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_53 = {
    .expected = "an array of integers from 0 to 2,147,483,647 of at most 1,048,576 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_max = 1048576,
    .items = &node_54,
};
static const struct hearth_schema_property top_detokenize_request_properties[] = {
    {"model", &node_52, false},
    {"tokens", &node_53, true},
};
const struct hearth_schema hearth_schema_detokenize_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_detokenize_request_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_55 = {
    .expected = "a string of at most 1,024 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 1024,
};
const struct hearth_schema hearth_schema_tags = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .additional = &node_55,
};
const struct hearth_schema hearth_schema_settings = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .check = hearth_check_settings,
};
static const struct hearth_schema node_56 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
    .check = hearth_check_model_name,
};
static const struct hearth_schema node_57 = {
    .expected = "a string of 1 to 4,096 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 4096,
    .check = hearth_check_source,
};
static const struct hearth_schema node_59 = {
    .expected = "a string of at most 128 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 128,
};
static const struct hearth_schema node_60 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_58 = {
    .expected = "a string of at most 128 characters",
    .any_of = (const struct hearth_schema *const[]){&node_59, &node_60, NULL},
};
static const struct hearth_schema node_61 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .check = hearth_check_task,
};
static const struct hearth_schema node_62 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .check = hearth_check_task,
};
static const struct hearth_schema node_63 = {
    .expected = "a string of at most 16,384 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 16384,
};
static const struct hearth_schema node_65 = {
    .expected = "a string of at most 1,024 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 1024,
};
static const struct hearth_schema node_64 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .additional = &node_65,
};
static const struct hearth_schema node_66 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_67 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .check = hearth_check_device,
};
static const struct hearth_schema node_68 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .check = hearth_check_settings,
};
static const struct hearth_schema node_69 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .check = hearth_check_settings,
};
static const struct hearth_schema_property top_model_create_properties[] = {
    {"name", &node_56, false},
    {"source", &node_57, true},
    {"version", &node_58, false},
    {"task", &node_61, false},
    {"task_type", &node_62, false},
    {"description", &node_63, false},
    {"tags", &node_64, false},
    {"base_model", &node_66, false},
    {"device", &node_67, false},
    {"settings", &node_68, false},
    {"config", &node_69, false},
};
const struct hearth_schema hearth_schema_model_create = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_model_create_properties,
    .property_count = 11,
    .closed = true,
};
static const struct hearth_schema node_70 = {
    .expected = "a string of 1 to 4,096 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 4096,
    .check = hearth_check_source,
};
static const struct hearth_schema node_71 = {
    .expected = "a string of at most 128 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 128,
};
static const struct hearth_schema_property top_version_create_properties[] = {
    {"source", &node_70, true},
    {"label", &node_71, false},
};
const struct hearth_schema hearth_schema_version_create = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_version_create_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_72 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
    .check = hearth_check_task,
};
static const struct hearth_schema node_73 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
    .check = hearth_check_task,
};
static const struct hearth_schema node_74 = {
    .expected = "a string of at most 16,384 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 16384,
};
static const struct hearth_schema node_75 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 256,
};
static const struct hearth_schema node_76 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
    .check = hearth_check_device,
};
static const struct hearth_schema node_77 = {
    .expected = "an integer of at least 0",
    .types = HEARTH_SCHEMA_INTEGER,
    .minimum = &(const double){0.0},
};
static const struct hearth_schema_property top_model_update_properties[] = {
    {"task", &node_72, false},
    {"task_type", &node_73, false},
    {"description", &node_74, false},
    {"tags", &hearth_schema_tags, false},
    {"base_model", &node_75, false},
    {"device", &node_76, false},
    {"settings", &hearth_schema_settings, false},
    {"config", &hearth_schema_settings, false},
    {"revision", &node_77, false},
};
const struct hearth_schema hearth_schema_model_update = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_model_update_properties,
    .property_count = 9,
    .closed = true,
};
static const struct hearth_schema node_78 = {
    .expected = "an integer of at least 1",
    .types = HEARTH_SCHEMA_INTEGER,
    .minimum = &(const double){1.0},
};
static const struct hearth_schema node_79 = {
    .expected = "an integer of at least 0",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
};
static const struct hearth_schema_property top_alias_set_properties[] = {
    {"version", &node_78, true},
    {"revision", &node_79, false},
};
const struct hearth_schema hearth_schema_alias_set = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_alias_set_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_80 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_83 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_84 = {
    .expected = "an integer from 0 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_87 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_88 = {
    .expected = "an integer from 0 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_86 = {
    .expected = "a string or an integer from 0 to 2,147,483,647",
    .any_of = (const struct hearth_schema *const[]){&node_87, &node_88, NULL},
};
static const struct hearth_schema node_85 = {
    .expected = "an array of strings or an integer from 0 to 2,147,483,647 of 1 to 1,048,576 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 1048576,
    .items = &node_86,
};
static const struct hearth_schema node_82 = {
    .expected = "a string or an integer from 0 to 2,147,483,647 or an array of strings or an integer from 0 to 2,147,483,647 of 1 to 1,048,576 items",
    .any_of = (const struct hearth_schema *const[]){&node_83, &node_84, &node_85, NULL},
};
static const struct hearth_schema node_81 = {
    .expected = "an array of strings or an integer from 0 to 2,147,483,647 or an array of strings or an integer from 0 to 2,147,483,647 of 1 to 1,048,576 items of 1 to 1,048,576 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 1048576,
    .items = &node_82,
};
const struct hearth_schema hearth_schema_native_prompt = {
    .expected = "a text, a list of token ids or of texts and ids, or a list of 1 to 64 of these",
    .any_of = (const struct hearth_schema *const[]){&node_80, &node_81, NULL},
};
static const struct hearth_schema node_89 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_90 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_91 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_92 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_93 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_94 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_95 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_96 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_97 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_98 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_99 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_100 = {
    .expected = "a number from -1 to 1000",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){1000.0},
};
static const struct hearth_schema node_101 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_102 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_103 = {
    .expected = "a number over 0 and at most 10",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){10.0},
};
static const struct hearth_schema node_104 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_105 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_106 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_107 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_108 = {
    .expected = "a number from 1 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_109 = {
    .expected = "an integer from 0 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_110 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_112 = {
    .expected = "a string of 1 to 40 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 40,
};
static const struct hearth_schema node_111 = {
    .expected = "a list of up to 16 texts of 1 to 40 bytes",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 16,
    .items = &node_112,
};
static const struct hearth_schema node_113 = {
    .expected = "0: mirostat is not available here; top_p, min_p, typical_p, top_n_sigma, xtc and dry are",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){0.0},
};
static const struct hearth_schema node_114 = {
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_115 = {
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_118 = {
    .expected = "a string of at most 32 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 32,
};
static const struct hearth_schema node_117 = {
    .expected = "an array of strings of at most 32 characters of at most 16 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_max = 16,
    .items = &node_118,
};
static const struct hearth_schema node_119 = {
    .expected = "a string of at most 16 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 16,
};
static const struct hearth_schema node_120 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_116 = {
    .expected = "an array of strings of at most 32 characters of at most 16 items or a string of at most 16 characters",
    .any_of = (const struct hearth_schema *const[]){&node_117, &node_119, &node_120, NULL},
};
static const struct hearth_schema node_121 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_122 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_125 = {
    .expected = "a number from -100 to 100",
    .types = HEARTH_SCHEMA_NUMBER,
    .minimum = &(const double){-100.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_124 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .additional = &node_125,
};
static const struct hearth_schema node_127 = {
    .expected = "an array of 2 to 2 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 2,
    .length_max = 2,
};
static const struct hearth_schema node_126 = {
    .expected = "an array of arrays of 2 to 2 items of at most 1,024 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_max = 1024,
    .items = &node_127,
};
static const struct hearth_schema node_128 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_123 = {
    .expected = "an object or an array of arrays of 2 to 2 items of at most 1,024 items",
    .any_of = (const struct hearth_schema *const[]){&node_124, &node_126, &node_128, NULL},
};
static const struct hearth_schema node_129 = {
    .expected = "an integer from 0 to 20",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){20.0},
};
static const struct hearth_schema node_130 = {
    .expected = "a string of at most 1,048,576 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 1048576,
};
static const struct hearth_schema node_131 = {
    .expected = "any value",
};
static const struct hearth_schema node_132 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_133 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_134 = {
    .expected = "nothing",
    .refused = "probabilities behind the sampling rules are not known here; n_probs gives those before",
};
static const struct hearth_schema node_135 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_136 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_137 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_138 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_139 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_140 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_141 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_142 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_143 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_144 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_146 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_145 = {
    .expected = "an array of strings of at most 64 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 64,
    .items = &node_146,
};
static const struct hearth_schema_property top_native_completion_request_properties[] = {
    {"prompt", &hearth_schema_native_prompt, true},
    {"model", &node_89, false},
    {"stream", &node_90, false},
    {"n_predict", &node_91, false},
    {"max_tokens", &node_92, false},
    {"temperature", &node_93, false},
    {"dynatemp_range", &node_94, false},
    {"dynatemp_exponent", &node_95, false},
    {"top_k", &node_96, false},
    {"top_p", &node_97, false},
    {"min_p", &node_98, false},
    {"typical_p", &node_99, false},
    {"top_n_sigma", &node_100, false},
    {"xtc_probability", &node_101, false},
    {"xtc_threshold", &node_102, false},
    {"repeat_penalty", &node_103, false},
    {"repeat_last_n", &node_104, false},
    {"presence_penalty", &node_105, false},
    {"frequency_penalty", &node_106, false},
    {"dry_multiplier", &node_107, false},
    {"dry_base", &node_108, false},
    {"dry_allowed_length", &node_109, false},
    {"dry_penalty_last_n", &node_110, false},
    {"dry_sequence_breakers", &node_111, false},
    {"mirostat", &node_113, false},
    {"mirostat_tau", &node_114, false},
    {"mirostat_eta", &node_115, false},
    {"samplers", &node_116, false},
    {"seed", &node_121, false},
    {"stop", &hearth_schema_stop, false},
    {"ignore_eos", &node_122, false},
    {"logit_bias", &node_123, false},
    {"n_probs", &node_129, false},
    {"grammar", &node_130, false},
    {"json_schema", &node_131, false},
    {"response_format", &hearth_schema_response_format, false},
    {"lora", &hearth_schema_lora, false},
    {"return_tokens", &node_132, false},
    {"timings_per_token", &node_133, false},
    {"post_sampling_probs", &node_134, false},
    {"cache_prompt", &node_135, false},
    {"id_slot", &node_136, false},
    {"n_keep", &node_137, false},
    {"n_discard", &node_138, false},
    {"n_indent", &node_139, false},
    {"min_keep", &node_140, false},
    {"t_max_predict_ms", &node_141, false},
    {"t_max_prompt_ms", &node_142, false},
    {"n_cache_reuse", &node_143, false},
    {"return_progress", &node_144, false},
    {"response_fields", &node_145, false},
};
const struct hearth_schema hearth_schema_native_completion_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_native_completion_request_properties,
    .property_count = 51,
    .closed = true,
};
static const struct hearth_schema node_147 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_148 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_149 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_152 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_153 = {
    .expected = "a string of at most 4,096 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 4096,
};
static const struct hearth_schema_property node_151_properties[] = {
    {"text", &node_152, true},
    {"filename", &node_153, false},
};
static const struct hearth_schema node_151 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = node_151_properties,
    .property_count = 2,
};
static const struct hearth_schema node_150 = {
    .expected = "an array of objects of at most 256 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 256,
    .items = &node_151,
};
static const struct hearth_schema node_154 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_155 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_156 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_157 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_158 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_159 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_160 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_161 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_162 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_163 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_164 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_165 = {
    .expected = "a number from -1 to 1000",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){1000.0},
};
static const struct hearth_schema node_166 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_167 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_168 = {
    .expected = "a number over 0 and at most 10",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){10.0},
};
static const struct hearth_schema node_169 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_170 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_171 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_172 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_173 = {
    .expected = "a number from 1 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_174 = {
    .expected = "an integer from 0 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_175 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_177 = {
    .expected = "a string of 1 to 40 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 40,
};
static const struct hearth_schema node_176 = {
    .expected = "a list of up to 16 texts of 1 to 40 bytes",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 16,
    .items = &node_177,
};
static const struct hearth_schema node_178 = {
    .expected = "0: mirostat is not available here; top_p, min_p, typical_p, top_n_sigma, xtc and dry are",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){0.0},
};
static const struct hearth_schema node_179 = {
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_180 = {
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_183 = {
    .expected = "a string of at most 32 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 32,
};
static const struct hearth_schema node_182 = {
    .expected = "an array of strings of at most 32 characters of at most 16 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_max = 16,
    .items = &node_183,
};
static const struct hearth_schema node_184 = {
    .expected = "a string of at most 16 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 16,
};
static const struct hearth_schema node_185 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_181 = {
    .expected = "an array of strings of at most 32 characters of at most 16 items or a string of at most 16 characters",
    .any_of = (const struct hearth_schema *const[]){&node_182, &node_184, &node_185, NULL},
};
static const struct hearth_schema node_186 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_187 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_190 = {
    .expected = "a number from -100 to 100",
    .types = HEARTH_SCHEMA_NUMBER,
    .minimum = &(const double){-100.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_189 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .additional = &node_190,
};
static const struct hearth_schema node_192 = {
    .expected = "an array of 2 to 2 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 2,
    .length_max = 2,
};
static const struct hearth_schema node_191 = {
    .expected = "an array of arrays of 2 to 2 items of at most 1,024 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_max = 1024,
    .items = &node_192,
};
static const struct hearth_schema node_193 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_188 = {
    .expected = "an object or an array of arrays of 2 to 2 items of at most 1,024 items",
    .any_of = (const struct hearth_schema *const[]){&node_189, &node_191, &node_193, NULL},
};
static const struct hearth_schema node_194 = {
    .expected = "an integer from 0 to 20",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){20.0},
};
static const struct hearth_schema node_195 = {
    .expected = "a string of at most 1,048,576 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 1048576,
};
static const struct hearth_schema node_196 = {
    .expected = "any value",
};
static const struct hearth_schema node_197 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_198 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_199 = {
    .expected = "nothing",
    .refused = "probabilities behind the sampling rules are not known here; n_probs gives those before",
};
static const struct hearth_schema node_200 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_201 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_202 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_203 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_204 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_205 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_206 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_207 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_208 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_209 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_211 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_210 = {
    .expected = "an array of strings of at most 64 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 64,
    .items = &node_211,
};
static const struct hearth_schema_property top_native_infill_request_properties[] = {
    {"input_prefix", &node_147, true},
    {"input_suffix", &node_148, true},
    {"prompt", &node_149, false},
    {"input_extra", &node_150, false},
    {"model", &node_154, false},
    {"stream", &node_155, false},
    {"n_predict", &node_156, false},
    {"max_tokens", &node_157, false},
    {"temperature", &node_158, false},
    {"dynatemp_range", &node_159, false},
    {"dynatemp_exponent", &node_160, false},
    {"top_k", &node_161, false},
    {"top_p", &node_162, false},
    {"min_p", &node_163, false},
    {"typical_p", &node_164, false},
    {"top_n_sigma", &node_165, false},
    {"xtc_probability", &node_166, false},
    {"xtc_threshold", &node_167, false},
    {"repeat_penalty", &node_168, false},
    {"repeat_last_n", &node_169, false},
    {"presence_penalty", &node_170, false},
    {"frequency_penalty", &node_171, false},
    {"dry_multiplier", &node_172, false},
    {"dry_base", &node_173, false},
    {"dry_allowed_length", &node_174, false},
    {"dry_penalty_last_n", &node_175, false},
    {"dry_sequence_breakers", &node_176, false},
    {"mirostat", &node_178, false},
    {"mirostat_tau", &node_179, false},
    {"mirostat_eta", &node_180, false},
    {"samplers", &node_181, false},
    {"seed", &node_186, false},
    {"stop", &hearth_schema_stop, false},
    {"ignore_eos", &node_187, false},
    {"logit_bias", &node_188, false},
    {"n_probs", &node_194, false},
    {"grammar", &node_195, false},
    {"json_schema", &node_196, false},
    {"response_format", &hearth_schema_response_format, false},
    {"lora", &hearth_schema_lora, false},
    {"return_tokens", &node_197, false},
    {"timings_per_token", &node_198, false},
    {"post_sampling_probs", &node_199, false},
    {"cache_prompt", &node_200, false},
    {"id_slot", &node_201, false},
    {"n_keep", &node_202, false},
    {"n_discard", &node_203, false},
    {"n_indent", &node_204, false},
    {"min_keep", &node_205, false},
    {"t_max_predict_ms", &node_206, false},
    {"t_max_prompt_ms", &node_207, false},
    {"n_cache_reuse", &node_208, false},
    {"return_progress", &node_209, false},
    {"response_fields", &node_210, false},
};
const struct hearth_schema hearth_schema_native_infill_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_native_infill_request_properties,
    .property_count = 54,
    .closed = true,
};
static const struct hearth_schema node_212 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_213 = {
    .expected = "an array of objects of 1 to 65,536 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 65536,
    .items = &hearth_schema_message,
};
static const struct hearth_schema node_214 = {
    .expected = "an array of objects of at most 1,024 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 1024,
    .items = &hearth_schema_tool,
};
static const struct hearth_schema node_216 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_217 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
};
static const struct hearth_schema node_218 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_215 = {
    .expected = "a string or an object",
    .any_of = (const struct hearth_schema *const[]){&node_216, &node_217, &node_218, NULL},
};
static const struct hearth_schema node_219 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_220 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_221 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_222 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_native_template_request_properties[] = {
    {"model", &node_212, false},
    {"messages", &node_213, true},
    {"tools", &node_214, false},
    {"tool_choice", &node_215, false},
    {"parallel_tool_calls", &node_219, false},
    {"add_generation_prompt", &node_220, false},
    {"chat_template_kwargs", &node_221, false},
    {"reasoning_effort", &node_222, false},
};
const struct hearth_schema hearth_schema_native_template_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_native_template_request_properties,
    .property_count = 8,
    .closed = true,
};
static const struct hearth_schema node_223 = {
    .expected = "an integer from -2 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_224 = {
    .expected = "a number from 0 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_225 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_226 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_227 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_228 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_229 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_230 = {
    .expected = "a number over 0 and at most 10",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){10.0},
};
static const struct hearth_schema node_231 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_232 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_233 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_234 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_235 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_236 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_237 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_238 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_239 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_240 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_241 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_242 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_243 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_244 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
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
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_248 = {
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_249 = {
    .expected = "0: mirostat is not available here; top_p, min_p and the others are",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){0.0},
};
static const struct hearth_schema node_250 = {
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_251 = {
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_ollama_options_properties[] = {
    {"num_predict", &node_223, false},
    {"temperature", &node_224, false},
    {"top_k", &node_225, false},
    {"top_p", &node_226, false},
    {"min_p", &node_227, false},
    {"typical_p", &node_228, false},
    {"repeat_last_n", &node_229, false},
    {"repeat_penalty", &node_230, false},
    {"presence_penalty", &node_231, false},
    {"frequency_penalty", &node_232, false},
    {"seed", &node_233, false},
    {"stop", &hearth_schema_stop, false},
    {"num_ctx", &node_234, false},
    {"num_batch", &node_235, false},
    {"num_gpu", &node_236, false},
    {"main_gpu", &node_237, false},
    {"num_thread", &node_238, false},
    {"num_keep", &node_239, false},
    {"numa", &node_240, false},
    {"low_vram", &node_241, false},
    {"vocab_only", &node_242, false},
    {"use_mmap", &node_243, false},
    {"use_mlock", &node_244, false},
    {"f16_kv", &node_245, false},
    {"logits_all", &node_246, false},
    {"penalize_newline", &node_247, false},
    {"tfs_z", &node_248, false},
    {"mirostat", &node_249, false},
    {"mirostat_tau", &node_250, false},
    {"mirostat_eta", &node_251, false},
};
const struct hearth_schema hearth_schema_ollama_options = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .properties = top_ollama_options_properties,
    .property_count = 30,
    .closed = true,
};
static const struct hearth_schema node_252 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_254 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_255 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_257 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
};
static const struct hearth_schema node_258 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_259 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_256 = {
    .expected = "an object or a string",
    .any_of = (const struct hearth_schema *const[]){&node_257, &node_258, &node_259, NULL},
};
static const struct hearth_schema_property node_253_properties[] = {
    {"name", &node_254, true},
    {"index", &node_255, false},
    {"arguments", &node_256, false},
};
static const struct hearth_schema node_253 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = node_253_properties,
    .property_count = 3,
};
static const struct hearth_schema_property top_ollama_tool_call_properties[] = {
    {"id", &node_252, false},
    {"function", &node_253, true},
};
const struct hearth_schema hearth_schema_ollama_tool_call = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_ollama_tool_call_properties,
    .property_count = 2,
};
static const struct hearth_schema node_260 = {
    .expected = "\"system\", \"user\", \"assistant\" or \"tool\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"system", "user", "assistant", "tool", NULL},
};
static const struct hearth_schema node_261 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_262 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_263 = {
    .expected = "nothing",
    .refused = "the models here read text only, no images",
};
static const struct hearth_schema node_264 = {
    .expected = "an array of objects of at most 1,024 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 1024,
    .items = &hearth_schema_ollama_tool_call,
};
static const struct hearth_schema node_265 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_266 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_ollama_message_properties[] = {
    {"role", &node_260, true},
    {"content", &node_261, false},
    {"thinking", &node_262, false},
    {"images", &node_263, false},
    {"tool_calls", &node_264, false},
    {"tool_name", &node_265, false},
    {"tool_call_id", &node_266, false},
};
const struct hearth_schema hearth_schema_ollama_message = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_ollama_message_properties,
    .property_count = 7,
};
static const struct hearth_schema node_267 = {
    .expected = "a string of at most 512 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 512,
};
static const struct hearth_schema node_268 = {
    .expected = "an array of objects of at most 65,536 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 65536,
    .items = &hearth_schema_ollama_message,
};
static const struct hearth_schema node_269 = {
    .expected = "an array of objects of at most 1,024 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 1024,
    .items = &hearth_schema_tool,
};
static const struct hearth_schema node_271 = {
    .expected = "\"none\", \"auto\" or \"required\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"none", "auto", "required", NULL},
};
static const struct hearth_schema node_272 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
};
static const struct hearth_schema node_273 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_270 = {
    .expected = "\"none\", \"auto\" or \"required\" or an object",
    .any_of = (const struct hearth_schema *const[]){&node_271, &node_272, &node_273, NULL},
};
static const struct hearth_schema node_275 = {
    .expected = "\"json\" or \"\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"json", "", NULL},
};
static const struct hearth_schema node_276 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
};
static const struct hearth_schema node_277 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_274 = {
    .expected = "\"json\" or \"\" or an object",
    .any_of = (const struct hearth_schema *const[]){&node_275, &node_276, &node_277, NULL},
};
static const struct hearth_schema node_278 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_280 = {
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER,
};
static const struct hearth_schema node_281 = {
    .expected = "a string of at most 64 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 64,
};
static const struct hearth_schema node_282 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_279 = {
    .expected = "a number or a string of at most 64 characters",
    .any_of = (const struct hearth_schema *const[]){&node_280, &node_281, &node_282, NULL},
};
static const struct hearth_schema node_284 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN,
};
static const struct hearth_schema node_285 = {
    .expected = "\"low\", \"medium\", \"high\" or \"max\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"low", "medium", "high", "max", NULL},
};
static const struct hearth_schema node_286 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_283 = {
    .expected = "true or false or \"low\", \"medium\", \"high\" or \"max\"",
    .any_of = (const struct hearth_schema *const[]){&node_284, &node_285, &node_286, NULL},
};
static const struct hearth_schema node_287 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_288 = {
    .expected = "an integer from 0 to 20",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){20.0},
};
static const struct hearth_schema node_289 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_290 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_ollama_chat_request_properties[] = {
    {"model", &node_267, false},
    {"messages", &node_268, false},
    {"tools", &node_269, false},
    {"tool_choice", &node_270, false},
    {"format", &node_274, false},
    {"options", &hearth_schema_ollama_options, false},
    {"stream", &node_278, false},
    {"keep_alive", &node_279, false},
    {"think", &node_283, false},
    {"logprobs", &node_287, false},
    {"top_logprobs", &node_288, false},
    {"truncate", &node_289, false},
    {"shift", &node_290, false},
};
const struct hearth_schema hearth_schema_ollama_chat_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_ollama_chat_request_properties,
    .property_count = 13,
    .closed = true,
};
static const struct hearth_schema node_291 = {
    .expected = "a string of at most 512 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 512,
};
static const struct hearth_schema node_292 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_293 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_294 = {
    .expected = "nothing",
    .refused = "the models here read text only, no images",
};
static const struct hearth_schema node_295 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_297 = {
    .expected = "\"json\" or \"\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"json", "", NULL},
};
static const struct hearth_schema node_298 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
};
static const struct hearth_schema node_299 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_296 = {
    .expected = "\"json\" or \"\" or an object",
    .any_of = (const struct hearth_schema *const[]){&node_297, &node_298, &node_299, NULL},
};
static const struct hearth_schema node_300 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_301 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_303 = {
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER,
};
static const struct hearth_schema node_304 = {
    .expected = "a string of at most 64 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 64,
};
static const struct hearth_schema node_305 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_302 = {
    .expected = "a number or a string of at most 64 characters",
    .any_of = (const struct hearth_schema *const[]){&node_303, &node_304, &node_305, NULL},
};
static const struct hearth_schema node_307 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN,
};
static const struct hearth_schema node_308 = {
    .expected = "\"low\", \"medium\", \"high\" or \"max\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"low", "medium", "high", "max", NULL},
};
static const struct hearth_schema node_309 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_306 = {
    .expected = "true or false or \"low\", \"medium\", \"high\" or \"max\"",
    .any_of = (const struct hearth_schema *const[]){&node_307, &node_308, &node_309, NULL},
};
static const struct hearth_schema node_310 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_311 = {
    .expected = "an integer from 0 to 20",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){20.0},
};
static const struct hearth_schema node_312 = {
    .expected = "nothing",
    .refused = "the model's own template is used, which its setting chat_template replaces",
};
static const struct hearth_schema node_313 = {
    .expected = "nothing",
    .refused = "token ids of a conversation are neither given nor taken here; send its messages to /api/chat",
};
static const struct hearth_schema node_314 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_315 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_ollama_generate_request_properties[] = {
    {"model", &node_291, false},
    {"prompt", &node_292, false},
    {"suffix", &node_293, false},
    {"images", &node_294, false},
    {"system", &node_295, false},
    {"format", &node_296, false},
    {"options", &hearth_schema_ollama_options, false},
    {"stream", &node_300, false},
    {"raw", &node_301, false},
    {"keep_alive", &node_302, false},
    {"think", &node_306, false},
    {"logprobs", &node_310, false},
    {"top_logprobs", &node_311, false},
    {"template", &node_312, false},
    {"context", &node_313, false},
    {"truncate", &node_314, false},
    {"shift", &node_315, false},
};
const struct hearth_schema hearth_schema_ollama_generate_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_ollama_generate_request_properties,
    .property_count = 17,
    .closed = true,
};
static const struct hearth_schema node_316 = {
    .expected = "a string of at most 512 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 512,
};
static const struct hearth_schema node_318 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_320 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_319 = {
    .expected = "an array of strings of at most 2,048 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_max = 2048,
    .items = &node_320,
};
static const struct hearth_schema node_317 = {
    .expected = "a text or a list of up to 2,048 texts",
    .takes_nul = true,
    .any_of = (const struct hearth_schema *const[]){&node_318, &node_319, NULL},
};
static const struct hearth_schema node_321 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_322 = {
    .expected = "an integer from 0 to 1,048,576",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1048576.0},
};
static const struct hearth_schema node_324 = {
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER,
};
static const struct hearth_schema node_325 = {
    .expected = "a string of at most 64 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 64,
};
static const struct hearth_schema node_326 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_323 = {
    .expected = "a number or a string of at most 64 characters",
    .any_of = (const struct hearth_schema *const[]){&node_324, &node_325, &node_326, NULL},
};
static const struct hearth_schema node_327 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_ollama_embed_request_properties[] = {
    {"model", &node_316, false},
    {"input", &node_317, true},
    {"truncate", &node_321, false},
    {"dimensions", &node_322, false},
    {"keep_alive", &node_323, false},
    {"options", &node_327, false},
};
const struct hearth_schema hearth_schema_ollama_embed_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_ollama_embed_request_properties,
    .property_count = 6,
    .closed = true,
};
static const struct hearth_schema node_328 = {
    .expected = "a string of at most 512 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 512,
};
static const struct hearth_schema node_329 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
    .takes_nul = true,
};
static const struct hearth_schema node_331 = {
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER,
};
static const struct hearth_schema node_332 = {
    .expected = "a string of at most 64 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 64,
};
static const struct hearth_schema node_333 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_330 = {
    .expected = "a number or a string of at most 64 characters",
    .any_of = (const struct hearth_schema *const[]){&node_331, &node_332, &node_333, NULL},
};
static const struct hearth_schema node_334 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_ollama_embeddings_request_properties[] = {
    {"model", &node_328, false},
    {"prompt", &node_329, true},
    {"keep_alive", &node_330, false},
    {"options", &node_334, false},
};
const struct hearth_schema hearth_schema_ollama_embeddings_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_ollama_embeddings_request_properties,
    .property_count = 4,
    .closed = true,
};
static const struct hearth_schema node_335 = {
    .expected = "a string of at most 512 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 512,
};
static const struct hearth_schema node_336 = {
    .expected = "a string of at most 512 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 512,
};
static const struct hearth_schema node_337 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
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
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_ollama_show_request_properties[] = {
    {"model", &node_335, false},
    {"name", &node_336, false},
    {"verbose", &node_337, false},
    {"system", &node_338, false},
    {"template", &node_339, false},
    {"options", &node_340, false},
};
const struct hearth_schema hearth_schema_ollama_show_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_ollama_show_request_properties,
    .property_count = 6,
    .closed = true,
};
static const struct hearth_schema node_341 = {
    .expected = "a string of at most 4,096 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 4096,
};
static const struct hearth_schema node_342 = {
    .expected = "a string of at most 4,096 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 4096,
};
static const struct hearth_schema node_343 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_344 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_345 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_346 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_ollama_pull_request_properties[] = {
    {"model", &node_341, false},
    {"name", &node_342, false},
    {"insecure", &node_343, false},
    {"stream", &node_344, false},
    {"username", &node_345, false},
    {"password", &node_346, false},
};
const struct hearth_schema hearth_schema_ollama_pull_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_ollama_pull_request_properties,
    .property_count = 6,
    .closed = true,
};
static const struct hearth_schema node_347 = {
    .expected = "a string of at most 512 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 512,
};
static const struct hearth_schema node_348 = {
    .expected = "a string of at most 512 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 512,
};
static const struct hearth_schema_property top_ollama_copy_request_properties[] = {
    {"source", &node_347, true},
    {"destination", &node_348, true},
};
const struct hearth_schema hearth_schema_ollama_copy_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_ollama_copy_request_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_349 = {
    .expected = "a string of at most 512 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 512,
};
static const struct hearth_schema node_350 = {
    .expected = "a string of at most 512 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 512,
};
static const struct hearth_schema_property top_ollama_delete_request_properties[] = {
    {"model", &node_349, false},
    {"name", &node_350, false},
};
const struct hearth_schema hearth_schema_ollama_delete_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_ollama_delete_request_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_351 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
    .check = hearth_check_text_part,
};
static const struct hearth_schema node_352 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema_property top_text_part_properties[] = {
    {"type", &node_351, true},
    {"text", &node_352, true},
};
const struct hearth_schema hearth_schema_text_part = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_text_part_properties,
    .property_count = 2,
};
static const struct hearth_schema node_353 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_354 = {
    .expected = "an array of objects of at most 4,096 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_max = 4096,
    .items = &hearth_schema_text_part,
};
static const struct hearth_schema node_355 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
const struct hearth_schema hearth_schema_content = {
    .expected = "a string or an array of objects of at most 4,096 items",
    .any_of = (const struct hearth_schema *const[]){&node_353, &node_354, &node_355, NULL},
};
static const struct hearth_schema node_356 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_357 = {
    .expected = "\"function\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"function", NULL},
};
static const struct hearth_schema node_359 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_361 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_362 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
};
static const struct hearth_schema node_363 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_360 = {
    .expected = "a string or an object",
    .any_of = (const struct hearth_schema *const[]){&node_361, &node_362, &node_363, NULL},
};
static const struct hearth_schema_property node_358_properties[] = {
    {"name", &node_359, true},
    {"arguments", &node_360, false},
};
static const struct hearth_schema node_358 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = node_358_properties,
    .property_count = 2,
};
static const struct hearth_schema_property top_tool_call_properties[] = {
    {"id", &node_356, false},
    {"type", &node_357, false},
    {"function", &node_358, true},
};
const struct hearth_schema hearth_schema_tool_call = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_tool_call_properties,
    .property_count = 3,
};
static const struct hearth_schema node_364 = {
    .expected = "\"system\", \"developer\", \"user\", \"assistant\", \"tool\" or \"function\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"system", "developer", "user", "assistant", "tool", "function", NULL},
};
static const struct hearth_schema node_365 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_366 = {
    .expected = "an array of objects of at most 1,024 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 1024,
    .items = &hearth_schema_tool_call,
};
static const struct hearth_schema node_367 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_368 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_369 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_message_properties[] = {
    {"role", &node_364, true},
    {"content", &hearth_schema_content, false},
    {"name", &node_365, false},
    {"tool_calls", &node_366, false},
    {"tool_call_id", &node_367, false},
    {"reasoning_content", &node_368, false},
    {"refusal", &node_369, false},
};
const struct hearth_schema hearth_schema_message = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_message_properties,
    .property_count = 7,
};
static const struct hearth_schema node_370 = {
    .expected = "a string of 1 to 256 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 256,
};
static const struct hearth_schema node_371 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_372 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_373 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_function_properties[] = {
    {"name", &node_370, true},
    {"description", &node_371, false},
    {"parameters", &node_372, false},
    {"strict", &node_373, false},
};
const struct hearth_schema hearth_schema_function = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_function_properties,
    .property_count = 4,
};
static const struct hearth_schema node_374 = {
    .expected = "\"function\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"function", NULL},
};
static const struct hearth_schema_property top_tool_properties[] = {
    {"type", &node_374, false},
    {"function", &hearth_schema_function, true},
};
const struct hearth_schema hearth_schema_tool = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_tool_properties,
    .property_count = 2,
};
static const struct hearth_schema node_375 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_376 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_stream_options_properties[] = {
    {"include_usage", &node_375, false},
    {"include_obfuscation", &node_376, false},
};
const struct hearth_schema hearth_schema_stream_options = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_stream_options_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_377 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_379 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_378 = {
    .expected = "an array of strings that are not empty of at most 16 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_max = 16,
    .items = &node_379,
};
static const struct hearth_schema node_380 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
const struct hearth_schema hearth_schema_stop = {
    .expected = "a string or an array of strings that are not empty of at most 16 items",
    .any_of = (const struct hearth_schema *const[]){&node_377, &node_378, &node_380, NULL},
};
static const struct hearth_schema node_381 = {
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
    .items = &node_381,
};
static const struct hearth_schema node_383 = {
    .expected = "an integer from 0 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_384 = {
    .expected = "a number",
    .types = HEARTH_SCHEMA_NUMBER,
};
static const struct hearth_schema_property node_382_properties[] = {
    {"id", &node_383, true},
    {"scale", &node_384, true},
};
static const struct hearth_schema node_382 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = node_382_properties,
    .property_count = 2,
    .closed = true,
};
const struct hearth_schema hearth_schema_lora = {
    .expected = "an array of objects of at most 32 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 32,
    .items = &node_382,
};
static const struct hearth_schema node_385 = {
    .expected = "a string of 1 to 40 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 40,
};
const struct hearth_schema hearth_schema_dry_breakers = {
    .expected = "a list of up to 16 texts of 1 to 40 bytes",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_max = 16,
    .items = &node_385,
};
static const struct hearth_schema node_386 = {
    .expected = "a number from -100 to 100",
    .types = HEARTH_SCHEMA_NUMBER,
    .minimum = &(const double){-100.0},
    .maximum = &(const double){100.0},
};
const struct hearth_schema hearth_schema_logit_bias = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .additional = &node_386,
};
static const struct hearth_schema node_387 = {
    .expected = "\"text\", \"json_object\" or \"json_schema\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"text", "json_object", "json_schema", NULL},
};
static const struct hearth_schema_property top_response_format_properties[] = {
    {"type", &node_387, true},
};
const struct hearth_schema hearth_schema_response_format = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .properties = top_response_format_properties,
    .property_count = 1,
};
static const struct hearth_schema node_388 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_389 = {
    .expected = "an array of objects of 1 to 65,536 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 65536,
    .items = &hearth_schema_message,
};
static const struct hearth_schema node_390 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_392 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_393 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property node_391_properties[] = {
    {"include_usage", &node_392, false},
    {"include_obfuscation", &node_393, false},
};
static const struct hearth_schema node_391 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .properties = node_391_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_394 = {
    .expected = "an integer from 1 to 2,147,483,647, or -1 or null for no limit",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
    .check = hearth_check_max_tokens,
};
static const struct hearth_schema node_395 = {
    .expected = "an integer from 1 to 2,147,483,647, or -1 or null for no limit",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
    .check = hearth_check_max_tokens,
};
static const struct hearth_schema node_396 = {
    .expected = "a number from 0 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_397 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_398 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_399 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_400 = {
    .expected = "a number over 0 and at most 10",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){10.0},
};
static const struct hearth_schema node_401 = {
    .expected = "a number over 0 and at most 10",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){10.0},
};
static const struct hearth_schema node_402 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_403 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_404 = {
    .expected = "a number from -1 to 1000",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){1000.0},
};
static const struct hearth_schema node_405 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_406 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_407 = {
    .expected = "a number from 0 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_408 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_409 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_410 = {
    .expected = "a number from 1 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_411 = {
    .expected = "an integer from 0 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_412 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_414 = {
    .expected = "a string of 1 to 40 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 40,
};
static const struct hearth_schema node_413 = {
    .expected = "a list of up to 16 texts of 1 to 40 bytes",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 16,
    .items = &node_414,
};
static const struct hearth_schema node_415 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_416 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_417 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_418 = {
    .expected = "an integer from 1 to 128",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){128.0},
};
static const struct hearth_schema node_419 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_420 = {
    .expected = "an integer from 0 to 20",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){20.0},
};
static const struct hearth_schema node_421 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_422 = {
    .expected = "an array of objects of at most 1,024 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 1024,
    .items = &hearth_schema_tool,
};
static const struct hearth_schema node_424 = {
    .expected = "\"none\", \"auto\" or \"required\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"none", "auto", "required", NULL},
};
static const struct hearth_schema node_425 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
};
static const struct hearth_schema node_426 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_423 = {
    .expected = "\"none\", \"auto\" or \"required\" or an object",
    .any_of = (const struct hearth_schema *const[]){&node_424, &node_425, &node_426, NULL},
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
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_430 = {
    .expected = "an array of objects of at most 512 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 512,
    .items = &hearth_schema_function,
};
static const struct hearth_schema node_432 = {
    .expected = "\"none\" or \"auto\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"none", "auto", NULL},
};
static const struct hearth_schema node_433 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
};
static const struct hearth_schema node_434 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_431 = {
    .expected = "\"none\" or \"auto\" or an object",
    .any_of = (const struct hearth_schema *const[]){&node_432, &node_433, &node_434, NULL},
};
static const struct hearth_schema node_435 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_436 = {
    .expected = "\"none\", \"minimal\", \"low\", \"medium\", \"high\" or \"xhigh\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"none", "minimal", "low", "medium", "high", "xhigh", NULL},
};
static const struct hearth_schema node_437 = {
    .expected = "\"none\", \"auto\", \"deepseek\" or \"deepseek-legacy\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"none", "auto", "deepseek", "deepseek-legacy", NULL},
};
static const struct hearth_schema node_438 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_439 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_441 = {
    .expected = "\"text\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"text", NULL},
};
static const struct hearth_schema node_440 = {
    .expected = "an array of \"text\" of at most 8 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 8,
    .items = &node_441,
};
static const struct hearth_schema node_442 = {
    .expected = "\"auto\", \"default\", \"flex\", \"scale\" or \"priority\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"auto", "default", "flex", "scale", "priority", NULL},
};
static const struct hearth_schema node_443 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_444 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_445 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_446 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_447 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_448 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_449 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_450 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_451 = {
    .expected = "nothing",
    .refused = "there is no beam search here; leave it out to sample, or set temperature to 0",
};
static const struct hearth_schema node_452 = {
    .expected = "nothing",
    .refused = "the tokens of an answer cannot be limited to a list here; logit_bias changes single ones",
};
static const struct hearth_schema node_453 = {
    .expected = "nothing",
    .refused = "words cannot be forbidden here; logit_bias forbids tokens",
};
static const struct hearth_schema node_454 = {
    .expected = "nothing",
    .refused = "code of clients does not run here",
};
static const struct hearth_schema node_455 = {
    .expected = "nothing",
    .refused = "prompts are texts or token ids here",
};
static const struct hearth_schema node_456 = {
    .expected = "nothing",
    .refused = "this server answers with text only",
};
static const struct hearth_schema node_457 = {
    .expected = "nothing",
    .refused = "this server has no web search",
};
static const struct hearth_schema node_458 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_459 = {
    .expected = "any value",
};
static const struct hearth_schema node_460 = {
    .expected = "any value",
};
static const struct hearth_schema node_461 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_463 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_462 = {
    .expected = "an array of strings that are not empty of 1 to 1,000 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_min = 1,
    .length_max = 1000,
    .items = &node_463,
};
static const struct hearth_schema node_464 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_465 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_466 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_468 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_467 = {
    .expected = "an array of strings that are not empty of 1 to 1,000 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_min = 1,
    .length_max = 1000,
    .items = &node_468,
};
static const struct hearth_schema_property top_chat_request_properties[] = {
    {"model", &node_388, false},
    {"messages", &node_389, true},
    {"stream", &node_390, false},
    {"stream_options", &node_391, false},
    {"max_tokens", &node_394, false},
    {"max_completion_tokens", &node_395, false},
    {"temperature", &node_396, false},
    {"top_p", &node_397, false},
    {"top_k", &node_398, false},
    {"min_p", &node_399, false},
    {"repeat_penalty", &node_400, false},
    {"repetition_penalty", &node_401, false},
    {"repeat_last_n", &node_402, false},
    {"typical_p", &node_403, false},
    {"top_n_sigma", &node_404, false},
    {"xtc_probability", &node_405, false},
    {"xtc_threshold", &node_406, false},
    {"dynatemp_range", &node_407, false},
    {"dynatemp_exponent", &node_408, false},
    {"dry_multiplier", &node_409, false},
    {"dry_base", &node_410, false},
    {"dry_allowed_length", &node_411, false},
    {"dry_penalty_last_n", &node_412, false},
    {"dry_sequence_breakers", &node_413, false},
    {"presence_penalty", &node_415, false},
    {"frequency_penalty", &node_416, false},
    {"seed", &node_417, false},
    {"stop", &hearth_schema_stop, false},
    {"n", &node_418, false},
    {"logit_bias", &hearth_schema_logit_bias, false},
    {"lora", &hearth_schema_lora, false},
    {"logprobs", &node_419, false},
    {"top_logprobs", &node_420, false},
    {"ignore_eos", &node_421, false},
    {"tools", &node_422, false},
    {"tool_choice", &node_423, false},
    {"parallel_tool_calls", &node_427, false},
    {"response_format", &hearth_schema_response_format, false},
    {"chat_template_kwargs", &node_428, false},
    {"add_generation_prompt", &node_429, false},
    {"functions", &node_430, false},
    {"function_call", &node_431, false},
    {"continue_final_message", &node_435, false},
    {"reasoning_effort", &node_436, false},
    {"reasoning_format", &node_437, false},
    {"enable_thinking", &node_438, false},
    {"verbosity", &node_439, false},
    {"modalities", &node_440, false},
    {"service_tier", &node_442, false},
    {"cache_prompt", &node_443, false},
    {"user", &node_444, false},
    {"safety_identifier", &node_445, false},
    {"prompt_cache_key", &node_446, false},
    {"prompt_cache_retention", &node_447, false},
    {"store", &node_448, false},
    {"metadata", &node_449, false},
    {"prediction", &node_450, false},
    {"use_beam_search", &node_451, false},
    {"allowed_token_ids", &node_452, false},
    {"bad_words", &node_453, false},
    {"logits_processors", &node_454, false},
    {"prompt_embeds", &node_455, false},
    {"audio", &node_456, false},
    {"web_search_options", &node_457, false},
    {"grammar", &node_458, false},
    {"json_schema", &node_459, false},
    {"guided_json", &node_460, false},
    {"guided_regex", &node_461, false},
    {"guided_choice", &node_462, false},
    {"guided_grammar", &node_464, false},
    {"structured_outputs", &node_465, false},
    {"regex", &node_466, false},
    {"choice", &node_467, false},
};
const struct hearth_schema hearth_schema_chat_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_chat_request_properties,
    .property_count = 73,
    .closed = true,
};
static const struct hearth_schema node_469 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_471 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_473 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING,
};
static const struct hearth_schema node_472 = {
    .expected = "an array of strings of 1 to 2,048 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2048,
    .items = &node_473,
};
static const struct hearth_schema node_474 = {
    .expected = "an array of a list of 1 to 1,048,576 token ids of 1 to 2,048 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2048,
    .items = &hearth_schema_tokens,
};
static const struct hearth_schema node_470 = {
    .expected = "a text, a list of 1 to 2,048 texts, a list of token ids, or a list of such lists",
    .any_of = (const struct hearth_schema *const[]){&node_471, &node_472, &hearth_schema_tokens, &node_474, NULL},
};
static const struct hearth_schema node_475 = {
    .expected = "nothing",
    .refused = "models here continue a text, they do not fill in",
};
static const struct hearth_schema node_476 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_478 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_479 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property node_477_properties[] = {
    {"include_usage", &node_478, false},
    {"include_obfuscation", &node_479, false},
};
static const struct hearth_schema node_477 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .properties = node_477_properties,
    .property_count = 2,
    .closed = true,
};
static const struct hearth_schema node_480 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_481 = {
    .expected = "an integer from 1 to 128",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){128.0},
};
static const struct hearth_schema node_482 = {
    .expected = "an integer from 0 to 2,147,483,647, or -1 for no limit",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_483 = {
    .expected = "a number from 0 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_484 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_485 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_486 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_487 = {
    .expected = "a number over 0 and at most 10",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){10.0},
};
static const struct hearth_schema node_488 = {
    .expected = "a number over 0 and at most 10",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .minimum_exclusive = true,
    .maximum = &(const double){10.0},
};
static const struct hearth_schema node_489 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_490 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_491 = {
    .expected = "a number from -1 to 1000",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){1000.0},
};
static const struct hearth_schema node_492 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_493 = {
    .expected = "a number from 0 to 1",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){1.0},
};
static const struct hearth_schema node_494 = {
    .expected = "a number from 0 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_495 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_496 = {
    .expected = "a number from 0 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_497 = {
    .expected = "a number from 1 to 100",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){100.0},
};
static const struct hearth_schema node_498 = {
    .expected = "an integer from 0 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_499 = {
    .expected = "an integer from -1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_501 = {
    .expected = "a string of 1 to 40 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 40,
};
static const struct hearth_schema node_500 = {
    .expected = "a list of up to 16 texts of 1 to 40 bytes",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 16,
    .items = &node_501,
};
static const struct hearth_schema node_502 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_503 = {
    .expected = "a number from -2 to 2",
    .types = HEARTH_SCHEMA_NUMBER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){-2.0},
    .maximum = &(const double){2.0},
};
static const struct hearth_schema node_504 = {
    .expected = "an integer",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_505 = {
    .expected = "an integer from 1 to 128",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){128.0},
};
static const struct hearth_schema node_506 = {
    .expected = "an integer from 0 to 20",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){0.0},
    .maximum = &(const double){20.0},
};
static const struct hearth_schema node_507 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_508 = {
    .expected = "nothing",
    .refused = "there is no beam search here; leave it out to sample, or set temperature to 0",
};
static const struct hearth_schema node_509 = {
    .expected = "nothing",
    .refused = "the tokens of an answer cannot be limited to a list here; logit_bias changes single ones",
};
static const struct hearth_schema node_510 = {
    .expected = "nothing",
    .refused = "words cannot be forbidden here; logit_bias forbids tokens",
};
static const struct hearth_schema node_511 = {
    .expected = "nothing",
    .refused = "code of clients does not run here",
};
static const struct hearth_schema node_512 = {
    .expected = "nothing",
    .refused = "prompts are texts or token ids here",
};
static const struct hearth_schema node_513 = {
    .expected = "\"auto\", \"default\", \"flex\", \"scale\" or \"priority\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"auto", "default", "flex", "scale", "priority", NULL},
};
static const struct hearth_schema node_514 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_515 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_516 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_517 = {
    .expected = "any value",
};
static const struct hearth_schema node_518 = {
    .expected = "any value",
};
static const struct hearth_schema node_519 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_521 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_520 = {
    .expected = "an array of strings that are not empty of 1 to 1,000 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_min = 1,
    .length_max = 1000,
    .items = &node_521,
};
static const struct hearth_schema node_522 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_523 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_524 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_526 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_525 = {
    .expected = "an array of strings that are not empty of 1 to 1,000 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_min = 1,
    .length_max = 1000,
    .items = &node_526,
};
static const struct hearth_schema_property top_completion_request_properties[] = {
    {"model", &node_469, false},
    {"prompt", &node_470, true},
    {"suffix", &node_475, false},
    {"stream", &node_476, false},
    {"stream_options", &node_477, false},
    {"echo", &node_480, false},
    {"best_of", &node_481, false},
    {"max_tokens", &node_482, false},
    {"temperature", &node_483, false},
    {"top_p", &node_484, false},
    {"top_k", &node_485, false},
    {"min_p", &node_486, false},
    {"repeat_penalty", &node_487, false},
    {"repetition_penalty", &node_488, false},
    {"repeat_last_n", &node_489, false},
    {"typical_p", &node_490, false},
    {"top_n_sigma", &node_491, false},
    {"xtc_probability", &node_492, false},
    {"xtc_threshold", &node_493, false},
    {"dynatemp_range", &node_494, false},
    {"dynatemp_exponent", &node_495, false},
    {"dry_multiplier", &node_496, false},
    {"dry_base", &node_497, false},
    {"dry_allowed_length", &node_498, false},
    {"dry_penalty_last_n", &node_499, false},
    {"dry_sequence_breakers", &node_500, false},
    {"presence_penalty", &node_502, false},
    {"frequency_penalty", &node_503, false},
    {"seed", &node_504, false},
    {"stop", &hearth_schema_stop, false},
    {"n", &node_505, false},
    {"logit_bias", &hearth_schema_logit_bias, false},
    {"lora", &hearth_schema_lora, false},
    {"logprobs", &node_506, false},
    {"ignore_eos", &node_507, false},
    {"use_beam_search", &node_508, false},
    {"allowed_token_ids", &node_509, false},
    {"bad_words", &node_510, false},
    {"logits_processors", &node_511, false},
    {"prompt_embeds", &node_512, false},
    {"service_tier", &node_513, false},
    {"cache_prompt", &node_514, false},
    {"user", &node_515, false},
    {"grammar", &node_516, false},
    {"json_schema", &node_517, false},
    {"response_format", &hearth_schema_response_format, false},
    {"guided_json", &node_518, false},
    {"guided_regex", &node_519, false},
    {"guided_choice", &node_520, false},
    {"guided_grammar", &node_522, false},
    {"structured_outputs", &node_523, false},
    {"regex", &node_524, false},
    {"choice", &node_525, false},
};
const struct hearth_schema hearth_schema_completion_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_completion_request_properties,
    .property_count = 53,
    .closed = true,
};
static const struct hearth_schema node_527 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_529 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_531 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_530 = {
    .expected = "a list of 1 to 2,048 texts",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2048,
    .items = &node_531,
};
static const struct hearth_schema node_532 = {
    .expected = "a list of 1 to 2,048 lists of token ids",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2048,
    .items = &hearth_schema_tokens,
};
static const struct hearth_schema node_528 = {
    .expected = "a text that is not empty, a list of token ids, or a list of 1 to 2,048 of either",
    .takes_nul = true,
    .any_of = (const struct hearth_schema *const[]){&node_529, &node_530, &hearth_schema_tokens, &node_532, NULL},
};
static const struct hearth_schema node_533 = {
    .expected = "\"float\" or \"base64\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"float", "base64", NULL},
};
static const struct hearth_schema node_534 = {
    .expected = "an integer from 1 to 1,048,576",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){1048576.0},
};
static const struct hearth_schema node_536 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN,
};
static const struct hearth_schema node_537 = {
    .expected = "\"NONE\", \"NEVER\", \"START\", \"END\", \"none\", \"never\", \"start\" or \"end\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"NONE", "NEVER", "START", "END", "none", "never", "start", "end", NULL},
};
static const struct hearth_schema node_538 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_535 = {
    .expected = "true or false or \"NONE\", \"NEVER\", \"START\", \"END\", \"none\", \"never\", \"start\" or \"end\"",
    .any_of = (const struct hearth_schema *const[]){&node_536, &node_537, &node_538, NULL},
};
static const struct hearth_schema node_539 = {
    .expected = "a string of at most 127 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 127,
};
static const struct hearth_schema node_540 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_541 = {
    .expected = "\"auto\", \"default\", \"flex\", \"scale\" or \"priority\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"auto", "default", "flex", "scale", "priority", NULL},
};
static const struct hearth_schema node_542 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_embedding_request_properties[] = {
    {"model", &node_527, false},
    {"input", &node_528, true},
    {"encoding_format", &node_533, false},
    {"dimensions", &node_534, false},
    {"truncate", &node_535, false},
    {"prompt_name", &node_539, false},
    {"timeout", &hearth_schema_time_limit, false},
    {"partial", &node_540, false},
    {"service_tier", &node_541, false},
    {"user", &node_542, false},
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
static const struct hearth_schema node_543 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_544 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .takes_nul = true,
    .length_min = 1,
};
static const struct hearth_schema node_547 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_549 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema_property node_548_properties[] = {
    {"text", &node_549, true},
};
static const struct hearth_schema node_548 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = node_548_properties,
    .property_count = 1,
};
static const struct hearth_schema node_546 = {
    .expected = "a string that is not empty or an object",
    .any_of = (const struct hearth_schema *const[]){&node_547, &node_548, NULL},
};
static const struct hearth_schema node_545 = {
    .expected = "an array of strings that are not empty or an object of 1 to 2,048 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .takes_nul = true,
    .length_min = 1,
    .length_max = 2048,
    .items = &node_546,
};
static const struct hearth_schema node_551 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_550 = {
    .expected = "an array of strings that are not empty of 1 to 2,048 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .takes_nul = true,
    .length_min = 1,
    .length_max = 2048,
    .items = &node_551,
};
static const struct hearth_schema node_552 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_553 = {
    .expected = "\"Right\" or \"right\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"Right", "right", NULL},
};
static const struct hearth_schema node_554 = {
    .expected = "an integer from 1 to 2,147,483,647",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){2147483647.0},
};
static const struct hearth_schema node_555 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_556 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_558 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN,
};
static const struct hearth_schema node_559 = {
    .expected = "\"NONE\", \"NEVER\", \"END\", \"none\", \"never\" or \"end\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"NONE", "NEVER", "END", "none", "never", "end", NULL},
};
static const struct hearth_schema node_560 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_557 = {
    .expected = "true or false or \"NONE\", \"NEVER\", \"END\", \"none\", \"never\" or \"end\"",
    .any_of = (const struct hearth_schema *const[]){&node_558, &node_559, &node_560, NULL},
};
static const struct hearth_schema node_561 = {
    .expected = "\"auto\", \"default\", \"flex\", \"scale\" or \"priority\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"auto", "default", "flex", "scale", "priority", NULL},
};
static const struct hearth_schema node_562 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_rerank_request_properties[] = {
    {"model", &node_543, false},
    {"query", &node_544, true},
    {"documents", &node_545, false},
    {"texts", &node_550, false},
    {"return_text", &node_552, false},
    {"truncation_direction", &node_553, false},
    {"top_n", &node_554, false},
    {"return_documents", &node_555, false},
    {"raw_scores", &node_556, false},
    {"truncate", &node_557, false},
    {"timeout", &hearth_schema_time_limit, false},
    {"service_tier", &node_561, false},
    {"user", &node_562, false},
};
const struct hearth_schema hearth_schema_rerank_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_rerank_request_properties,
    .property_count = 13,
    .closed = true,
};
static const struct hearth_schema node_563 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_565 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_567 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_566 = {
    .expected = "a list of 1 to 2,048 texts",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2048,
    .items = &node_567,
};
static const struct hearth_schema node_564 = {
    .expected = "a text that is not empty, or a list of 1 to 2,048",
    .takes_nul = true,
    .any_of = (const struct hearth_schema *const[]){&node_565, &node_566, NULL},
};
static const struct hearth_schema node_568 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_569 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_570 = {
    .expected = "\"Left\", \"Right\", \"left\" or \"right\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"Left", "Right", "left", "right", NULL},
};
static const struct hearth_schema node_571 = {
    .expected = "a string of at most 127 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 127,
};
static const struct hearth_schema node_572 = {
    .expected = "an integer from 1 to 1,048,576",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){1048576.0},
};
static const struct hearth_schema_property top_embed_request_properties[] = {
    {"model", &node_563, false},
    {"inputs", &node_564, true},
    {"normalize", &node_568, false},
    {"truncate", &node_569, false},
    {"truncation_direction", &node_570, false},
    {"prompt_name", &node_571, false},
    {"dimensions", &node_572, false},
};
const struct hearth_schema hearth_schema_embed_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_embed_request_properties,
    .property_count = 7,
    .closed = true,
};
static const struct hearth_schema node_573 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_575 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_574 = {
    .expected = "an array of strings that are not empty of 1 to 2,048 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .takes_nul = true,
    .length_min = 1,
    .length_max = 2048,
    .items = &node_575,
};
static const struct hearth_schema node_576 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_578 = {
    .expected = "\"float\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"float", NULL},
};
static const struct hearth_schema node_577 = {
    .expected = "an array of \"float\" of at most 8 items",
    .types = HEARTH_SCHEMA_ARRAY | HEARTH_SCHEMA_NULL,
    .length_max = 8,
    .items = &node_578,
};
static const struct hearth_schema node_579 = {
    .expected = "an integer from 1 to 1,048,576",
    .types = HEARTH_SCHEMA_INTEGER | HEARTH_SCHEMA_NULL,
    .minimum = &(const double){1.0},
    .maximum = &(const double){1048576.0},
};
static const struct hearth_schema node_580 = {
    .expected = "\"NONE\", \"START\" or \"END\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"NONE", "START", "END", NULL},
};
static const struct hearth_schema node_581 = {
    .expected = "a string of at most 127 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 127,
};
static const struct hearth_schema node_582 = {
    .expected = "nothing",
    .refused = "models here embed text only",
};
static const struct hearth_schema node_583 = {
    .expected = "nothing",
    .refused = "send texts",
};
static const struct hearth_schema_property top_cohere_embed_request_properties[] = {
    {"model", &node_573, false},
    {"texts", &node_574, true},
    {"input_type", &node_576, false},
    {"embedding_types", &node_577, false},
    {"output_dimension", &node_579, false},
    {"truncate", &node_580, false},
    {"prompt_name", &node_581, false},
    {"images", &node_582, false},
    {"inputs", &node_583, false},
};
const struct hearth_schema hearth_schema_cohere_embed_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_cohere_embed_request_properties,
    .property_count = 9,
    .closed = true,
};
static const struct hearth_schema node_584 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_586 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_585 = {
    .expected = "a list of 1 to 2,048 texts",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2048,
    .items = &node_586,
};
static const struct hearth_schema node_587 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
const struct hearth_schema hearth_schema_score_texts = {
    .expected = "a text that is not empty, or a list of 1 to 2,048",
    .any_of = (const struct hearth_schema *const[]){&node_584, &node_585, &node_587, NULL},
};
static const struct hearth_schema node_588 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_589 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_591 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN,
};
static const struct hearth_schema node_592 = {
    .expected = "\"NONE\", \"NEVER\", \"END\", \"none\", \"never\" or \"end\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"NONE", "NEVER", "END", "none", "never", "end", NULL},
};
static const struct hearth_schema node_593 = {
    .expected = "any value",
    .types = HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_590 = {
    .expected = "true or false or \"NONE\", \"NEVER\", \"END\", \"none\", \"never\" or \"end\"",
    .any_of = (const struct hearth_schema *const[]){&node_591, &node_592, &node_593, NULL},
};
static const struct hearth_schema node_594 = {
    .expected = "\"auto\", \"default\", \"flex\", \"scale\" or \"priority\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"auto", "default", "flex", "scale", "priority", NULL},
};
static const struct hearth_schema node_595 = {
    .expected = "a string",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_score_request_properties[] = {
    {"model", &node_588, false},
    {"text_1", &hearth_schema_score_texts, false},
    {"text_2", &hearth_schema_score_texts, false},
    {"queries", &hearth_schema_score_texts, false},
    {"documents", &hearth_schema_score_texts, false},
    {"raw_scores", &node_589, false},
    {"truncate", &node_590, false},
    {"timeout", &hearth_schema_time_limit, false},
    {"service_tier", &node_594, false},
    {"user", &node_595, false},
};
const struct hearth_schema hearth_schema_score_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_score_request_properties,
    .property_count = 10,
    .closed = true,
};
static const struct hearth_schema node_596 = {
    .expected = "a string of at most 256 characters",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .length_max = 256,
};
static const struct hearth_schema node_598 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_600 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_599 = {
    .expected = "an array of strings that are not empty of 2 to 2 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 2,
    .length_max = 2,
    .items = &node_600,
};
static const struct hearth_schema node_603 = {
    .expected = "a string that is not empty",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
};
static const struct hearth_schema node_602 = {
    .expected = "an array of strings that are not empty of 1 to 2 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2,
    .items = &node_603,
};
static const struct hearth_schema node_601 = {
    .expected = "an array of arrays of strings that are not empty of 1 to 2 items of 1 to 2,048 items",
    .types = HEARTH_SCHEMA_ARRAY,
    .length_min = 1,
    .length_max = 2048,
    .items = &node_602,
};
static const struct hearth_schema node_597 = {
    .expected = "a text, a list of two texts, or a list of 1 to 2,048 lists of one or two texts",
    .any_of = (const struct hearth_schema *const[]){&node_598, &node_599, &node_601, NULL},
};
static const struct hearth_schema node_604 = {
    .expected = "true or false",
    .types = HEARTH_SCHEMA_BOOLEAN | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema node_605 = {
    .expected = "\"Right\" or \"right\"",
    .types = HEARTH_SCHEMA_STRING | HEARTH_SCHEMA_NULL,
    .choices = (const char *const[]){"Right", "right", NULL},
};
static const struct hearth_schema node_606 = {
    .expected = "nothing",
    .refused = "scores are the probabilities of labels",
};
static const struct hearth_schema_property top_predict_request_properties[] = {
    {"model", &node_596, false},
    {"inputs", &node_597, true},
    {"truncate", &node_604, false},
    {"truncation_direction", &node_605, false},
    {"raw_scores", &node_606, false},
};
const struct hearth_schema hearth_schema_predict_request = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_predict_request_properties,
    .property_count = 5,
    .closed = true,
};
static const struct hearth_schema node_607 = {
    .expected = "a string of 1 to 63 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_min = 1,
    .length_max = 63,
};
static const struct hearth_schema node_608 = {
    .expected = "\"/v1/chat/completions\", \"/v1/completions\", \"/v1/embeddings\" or \"/v1/responses\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/responses", NULL},
};
static const struct hearth_schema node_609 = {
    .expected = "\"24h\"",
    .types = HEARTH_SCHEMA_STRING,
    .choices = (const char *const[]){"24h", NULL},
};
static const struct hearth_schema node_611 = {
    .expected = "a string of at most 512 characters",
    .types = HEARTH_SCHEMA_STRING,
    .length_max = 512,
};
static const struct hearth_schema node_610 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
    .additional = &node_611,
};
static const struct hearth_schema node_612 = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT | HEARTH_SCHEMA_NULL,
};
static const struct hearth_schema_property top_batch_create_properties[] = {
    {"input_file_id", &node_607, true},
    {"endpoint", &node_608, true},
    {"completion_window", &node_609, true},
    {"metadata", &node_610, false},
    {"output_expires_after", &node_612, false},
};
const struct hearth_schema hearth_schema_batch_create = {
    .expected = "an object",
    .types = HEARTH_SCHEMA_OBJECT,
    .properties = top_batch_create_properties,
    .property_count = 5,
    .closed = true,
};
