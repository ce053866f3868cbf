// Reads JSON objects that come from outside: tokens and key sets.

#ifndef CRM_SHARED_AUTH_JSON_OBJECT_H_
#define CRM_SHARED_AUTH_JSON_OBJECT_H_

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace crm {

// The deepest nesting that ParseJsonObject reads.
inline constexpr int kMaxJsonDepth = 8;

// Returns the object that `text` is, or nothing unless it is one JSON object in
// UTF-8, nested at most kMaxJsonDepth deep, in which no object has two members
// of one name: readers differ in which of them counts.
std::optional<nlohmann::json> ParseJsonObject(absl::string_view text);

// Returns the member `name` of `object` if it is a string, else nothing.
std::optional<std::string> FindString(const nlohmann::json& object,
                                      const char* name);

}  // namespace crm

#endif  // CRM_SHARED_AUTH_JSON_OBJECT_H_
