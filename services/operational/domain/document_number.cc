#include "services/operational/domain/document_number.h"

#include "absl/strings/str_format.h"

namespace crm::operational {

std::string DocumentNumber(absl::string_view series, int64_t count) {
  return absl::StrFormat("%s-%06d", series, count);
}

}  // namespace crm::operational
