#include "services/operational/domain/free_busy.h"

#include <algorithm>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"

namespace crm::operational {

absl::Status CheckFreeBusyRequest(const v1::GetFreeBusyRequest& request) {
  std::vector<FieldViolation> violations;
  std::set<std::string> seen;
  for (int i = 0; i < request.subjects_size(); ++i) {
    if (request.subjects(i).empty() ||
        !seen.insert(request.subjects(i)).second) {
      violations.push_back(
          {absl::StrCat("subjects[", i, "]"), "must be a subject, each once."});
    }
  }
  const absl::Duration length =
      FromTimestamp(request.end_time()) - FromTimestamp(request.start_time());
  if (length <= absl::ZeroDuration() || length > kMaxFreeBusyTime) {
    violations.push_back(
        {"end_time", "must be after start_time, by at most 62 days."});
  }
  return violations.empty() ? absl::OkStatus() : BadRequest(violations);
}

bool KeepsBusy(const v1::Activity& activity) {
  const bool takes_time = activity.kind() == v1::Activity::MEETING ||
                          activity.kind() == v1::Activity::CALL ||
                          activity.kind() == v1::Activity::VISIT;
  return takes_time && activity.has_start_time() && activity.has_end_time() &&
         activity.state() != v1::Activity::CANCELLED;
}

std::vector<TimeSpan> JoinSpans(std::vector<TimeSpan> busy,
                                const TimeSpan& window) {
  std::sort(busy.begin(), busy.end(),
            [](const auto& a, const auto& b) { return a.start < b.start; });
  std::vector<TimeSpan> joined;
  for (TimeSpan span : busy) {
    span.start = std::max(span.start, window.start);
    span.end = std::min(span.end, window.end);
    if (span.start >= span.end) continue;
    if (!joined.empty() && span.start <= joined.back().end) {
      joined.back().end = std::max(joined.back().end, span.end);
    } else {
      joined.push_back(span);
    }
  }
  return joined;
}

}  // namespace crm::operational
