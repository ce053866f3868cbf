#include "shared/redis/endpoint.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"

namespace crm {

absl::StatusOr<RedisEndpoint> ParseRedisEndpoint(absl::string_view text) {
  const size_t colon = text.rfind(':');
  RedisEndpoint endpoint;
  absl::string_view host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != absl::string_view::npos) {
    host = "";
  }
  if (colon == absl::string_view::npos || host.empty() ||
      !absl::SimpleAtoi(text.substr(colon + 1), &endpoint.port) ||
      endpoint.port < 1 || endpoint.port > 65535) {
    return InvalidArgument(
        "REDIS_ADDRESS",
        absl::StrCat("'", text,
                     "' is not the address of a Redis server; write it as "
                     "host:port."));
  }
  endpoint.host = std::string(host);
  return endpoint;
}

}  // namespace crm
