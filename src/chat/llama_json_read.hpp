/* Reading JSON of a client's, with errors that name the place. Throws a hearth_chat_fault. C++. */
#ifndef HEARTH_LLAMA_JSON_READ_H
#define HEARTH_LLAMA_JSON_READ_H

#include "chat/llama_chat_parts.hpp"

[[noreturn]] inline void refuse(const std::string &place, const std::string &what)
{
    throw hearth_chat_fault{HEARTH_EINVAL, place + " " + what};
}

/* A member that is null is as absent as one that is not there. */
inline bool has(const common_json &object, const char *name)
{
    return object.contains(name) && !object.at(name).is_null();
}

inline std::string text_of(const common_json &object, const char *name, const std::string &place)
{
    if (!has(object, name))
        return "";
    if (!object.at(name).is_string())
        refuse(place + "." + name, "must be a text");
    return object.at(name).get<std::string>();
}

inline std::string needed_text(const common_json &object, const char *name,
                               const std::string &place)
{
    if (!has(object, name))
        refuse(place + "." + name, "is missing");
    return text_of(object, name, place);
}

inline std::string element(const std::string &place, size_t index)
{
    return place + "[" + std::to_string(index) + "]";
}

inline void need_object(const common_json &value, const std::string &place)
{
    if (!value.is_object())
        refuse(place, "must be an object");
}

/* The list of this name, or NULL where it is absent. */
inline const common_json *list_of(const common_json &object, const char *name,
                                  const std::string &place)
{
    if (!has(object, name))
        return nullptr;
    if (!object.at(name).is_array())
        refuse(place, "must be a list");
    return &object.at(name);
}

inline void need_function_type(const common_json &object, const std::string &place)
{
    if (has(object, "type") && text_of(object, "type", place) != "function")
        refuse(place + ".type", "must be \"function\"");
}

inline const common_json &function_of(const common_json &object, const std::string &place)
{
    if (!has(object, "function"))
        refuse(place + ".function", "is missing");
    need_object(object.at("function"), place + ".function");
    return object.at("function");
}

inline bool truth_of(const common_json &body, const char *name, bool otherwise)
{
    if (!has(body, name))
        return otherwise;
    if (!body.at(name).is_boolean())
        refuse(name, "must be true or false");
    return body.at(name).get<bool>();
}

#endif
