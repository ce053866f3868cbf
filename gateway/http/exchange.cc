#include "gateway/http/exchange.h"

namespace crm::gateway {

const std::string* FindHeader(const Headers& headers, absl::string_view name) {
  for (const Header& header : headers) {
    if (header.name == name) return &header.value;
  }
  return nullptr;
}

}  // namespace crm::gateway
