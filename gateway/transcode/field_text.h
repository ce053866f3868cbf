// Sets a field of a message from text, as path variables and query parameters
// give it.

#ifndef CRM_GATEWAY_TRANSCODE_FIELD_TEXT_H_
#define CRM_GATEWAY_TRANSCODE_FIELD_TEXT_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "gateway/routing/route_table.h"
#include "google/protobuf/message.h"

namespace crm::gateway {

// Sets the field at `path` below `message` from `text`, by the rules of JSON
// without the quotes: `true`, `42`, an enum's name or number, base64,
// `2017-01-02T03:04:05Z`, `1.5s`, `displayName,state`. A repeated field gets
// one more value. Returns what is wrong with `text` as a sentence, or nothing
// when the field was set.
std::optional<std::string> SetFieldFromText(google::protobuf::Message& message,
                                            const FieldPath& path,
                                            absl::string_view text);

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_TRANSCODE_FIELD_TEXT_H_
