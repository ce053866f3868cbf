// Remembers the answers of mutating calls by request id (AIP-155), in the
// commit that they made, so that a repeat answers the same and changes nothing.

#ifndef CRM_SHARED_RESOURCE_REQUEST_LOG_H_
#define CRM_SHARED_RESOURCE_REQUEST_LOG_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "crm/internal/v1/event.pb.h"
#include "shared/storage/database.h"

namespace crm {

// For how long a request id is remembered.
inline constexpr absl::Duration kRequestMemory = absl::Hours(72);
// The longest request id, in bytes.
inline constexpr size_t kMaxRequestIdBytes = 128;

// Whose request it is.
struct RequestKey {
  std::string tenant;
  std::string principal;
  std::string method;
  std::string request_id;
};

// What was answered.
struct RememberedAnswer {
  std::string response;
  std::string token;
};

// Returns the table.
SqlTable RequestLogTable();

// Returns what FindAnswer() asks first.
SqlFragment AnswerQuery(const RequestKey& key);

// Returns the answer remembered for `key`, or nothing. Returns INVALID_ARGUMENT
// (REQUEST_ID_REUSED) if the id came with another request before: `hash` is the
// SHA-256 of the request.
absl::StatusOr<std::optional<RememberedAnswer>> FindAnswer(
    SqlReader& reader, const RequestKey& key, const std::string& hash,
    absl::Time now);

// Says that the body will remember an answer for `key`, so that others of its
// transaction look for it. Called before anything else is written.
void ExpectAnswer(SqlWriter& writer, const RequestKey& key);

// Remembers `answer`, by posting it. Where it is the resource of one of
// `events`, only the event's id is stored.
absl::Status RememberAnswer(SqlWriter& writer, const RequestKey& key,
                            const std::string& hash,
                            const RememberedAnswer& answer,
                            const std::vector<internal::v1::Event>& events,
                            absl::Time now);

// Forgets up to `limit` answers that are older than kRequestMemory. Returns how
// many.
absl::StatusOr<int64_t> ForgetAnswers(SqlWriter& writer, absl::Time now,
                                      int64_t limit);

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_REQUEST_LOG_H_
