// Sees to it that a caller's access is decided by nothing older than what he
// has been shown: the users, teams, roles and revocations that his consistency
// tokens tell of.

#ifndef CRM_SHARED_RESOURCE_DIRECTORY_FILTER_H_
#define CRM_SHARED_RESOURCE_DIRECTORY_FILTER_H_

#include <mutex>
#include <string>
#include <unordered_set>

#include "absl/status/status.h"
#include "shared/call/call.h"
#include "shared/call/consistency_token.h"
#include "shared/resource/directory_store.h"
#include "shared/resource/directory_tables.h"
#include "shared/storage/database.h"

namespace crm {

// When a caller who knows more than this service may come again.
inline constexpr absl::Duration kDirectoryRetry = absl::Milliseconds(50);

// Comes after authentication and before authorization. Costs nothing without a
// token that tells of access. Thread-safe.
class DirectoryFilter final : public CallFilter {
 public:
  // All outlive this. `secret` authenticates tokens.
  DirectoryFilter(Database& database, const DirectoryTables& tables,
                  DirectoryStore& directories, std::string secret)
      : database_(database),
        tables_(tables),
        directories_(directories),
        secret_(std::move(secret)) {}

  // Returns UNAVAILABLE (DIRECTORY_BEHIND), with when to come again, where the
  // service has not learned yet what a token tells of: it does not wait, since
  // it holds one of few threads. Tokens that were not made here say nothing.
  absl::Status Begin(Call& call) override;

 private:
  // Tokens beyond this many make the others be forgotten.
  static constexpr size_t kMaxCovered = 10'000;

  absl::Status Check(const std::string& text, const ConsistencyToken& token,
                     const CallContext& call);

  Database& database_;
  const DirectoryTables& tables_;
  DirectoryStore& directories_;
  const std::string secret_;
  std::mutex mutex_;
  // Tokens of which all is known here.
  std::unordered_set<std::string> covered_;
};

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_DIRECTORY_FILTER_H_
