#include "shared/call/call.h"

namespace crm {

absl::string_view FindMetadata(const Metadata& metadata,
                               absl::string_view name) {
  for (const auto& [key, value] : metadata) {
    if (key == name) return value;
  }
  return "";
}

void CallFilter::End(const Call& /*call*/, const absl::Status& /*status*/) {}

}  // namespace crm
