#include "shared/redis/reply.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "shared/base/errors.h"

namespace crm {
namespace {

// Whether the error text begins with one of the words, each the first word of
// the errors that Redis groups under it.
bool HasCode(absl::string_view text,
             std::initializer_list<absl::string_view> codes) {
  const absl::string_view code = text.substr(0, text.find(' '));
  for (absl::string_view candidate : codes) {
    if (code == candidate) return true;
  }
  return false;
}

}  // namespace

const std::string* RedisReply::text() const {
  if (const auto* string = std::get_if<RedisString>(&value)) {
    return &string->bytes;
  }
  if (const auto* status = std::get_if<RedisStatus>(&value)) {
    return &status->text;
  }
  return nullptr;
}

absl::Status RedisReply::status() const {
  const auto* error = std::get_if<RedisError>(&value);
  if (error == nullptr) return absl::OkStatus();
  const std::string message =
      absl::StrCat("Redis answered with an error: ", error->text, ".");
  if (HasCode(error->text,
              {"LOADING", "MASTERDOWN", "READONLY", "BUSY", "CLUSTERDOWN",
               "TRYAGAIN", "MOVED", "ASK", "NOREPLICAS", "UNKILLABLE"})) {
    return Unavailable("REDIS_NOT_SERVING", message);
  }
  if (HasCode(error->text, {"OOM", "MISCONF"})) {
    return ResourceExhausted("REDIS_FULL", message);
  }
  if (HasCode(error->text, {"NOSCRIPT"})) {
    return NotFound("REDIS_NO_SCRIPT", message);
  }
  if (HasCode(error->text, {"NOAUTH", "NOPERM", "WRONGPASS", "DENIED"})) {
    return FailedPrecondition("REDIS_REFUSED", message);
  }
  return Internal("REDIS_ERROR", message);
}

}  // namespace crm
