#include "shared/resource/directory_filter.h"

#include <algorithm>

#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm {
namespace {

bool TellsOfAccess(const ConsistencyToken& token) {
  return token.service == kDirectoryOwner &&
         std::any_of(token.keys.begin(), token.keys.end(),
                     [](const auto& key) { return key.directory; });
}

}  // namespace

absl::Status DirectoryFilter::Begin(Call& call) {
  for (const std::string& text : call.context.consistency_tokens) {
    const auto token = DecodeConsistencyToken(text, secret_);
    if (!token.ok() || !TellsOfAccess(*token)) continue;
    CRM_RETURN_IF_ERROR(Check(text, *token, call.context));
  }
  return absl::OkStatus();
}

absl::Status DirectoryFilter::Check(const std::string& text,
                                    const ConsistencyToken& token,
                                    const CallContext& call) {
  const std::string key = call.principal.tenant + " " + text;
  {
    std::lock_guard lock(mutex_);
    if (covered_.contains(key)) return absl::OkStatus();
  }
  bool covers = false;
  CRM_RETURN_IF_ERROR(
      database_.Read(call.deadline, [&](SqlReader& reader) -> absl::Status {
        CRM_ASSIGN_OR_RETURN(
            covers, tables_.Covers(reader, call.principal.tenant, token));
        return absl::OkStatus();
      }));
  if (!covers) {
    return WithRetryAfter(
        Unavailable("DIRECTORY_BEHIND",
                    "This service has not learned yet of a change of access "
                    "that your consistency token tells of. Try again."),
        kDirectoryRetry);
  }
  // What is remembered of the store may be older.
  directories_.Invalidate(call.principal.tenant);
  std::lock_guard lock(mutex_);
  if (covered_.size() >= kMaxCovered) covered_.clear();
  covered_.insert(key);
  return absl::OkStatus();
}

}  // namespace crm
