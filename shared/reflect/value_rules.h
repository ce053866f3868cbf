// The rules for single values: text, names, and the well-known message types.
// Pure functions; each returns what is wrong as a sentence, or "" if nothing
// is.

#ifndef CRM_SHARED_REFLECT_VALUE_RULES_H_
#define CRM_SHARED_REFLECT_VALUE_RULES_H_

#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace crm {

// Checks that `text` has at most `max_length` code points and no control
// characters but tab and line ends. Bidirectional overrides, which make text
// read as what it is not, are refused in texts of up to one line's length
// (256).
std::string CheckText(absl::string_view text, int max_length);

// Checks that `name` has the form of a resource name: collections and valid ids
// in turn.
std::string CheckName(absl::string_view name);

// Checks a google.type.Money, google.type.Date, Timestamp or Duration; messages
// of other types are fine.
std::string CheckWellKnown(const google::protobuf::Message& message);

}  // namespace crm

#endif  // CRM_SHARED_REFLECT_VALUE_RULES_H_
