#include "services/operational/handlers/activity.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/operational/domain/activity.h"
#include "services/operational/domain/free_busy.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm::operational {
namespace {

// The most activities that are looked at for one user.
constexpr int kMaxBusyRows = 5'000;

// Stores `activity`, with the one that follows it in its series.
void UpdateWithNext(Transaction& transaction, v1::Activity& activity) {
  if (activity.recurrence_rule().empty() ||
      !activity.next_occurrence().empty()) {
    transaction.Update(activity);
    return;
  }
  std::optional<v1::Activity> next = NextInSeries(activity, transaction.now());
  if (next.has_value()) {
    next->set_name(transaction.NewName<v1::Activity>());
    transaction.Create(*next);
    activity.set_next_occurrence(next->name());
  } else {
    activity.set_series_ended(true);
  }
  transaction.Update(activity);
}

// Returns the activity of a timer; nothing if it is deleted by now.
absl::StatusOr<std::optional<v1::Activity>> ActivityOf(
    const Transaction& transaction, const Timer& timer) {
  auto activity = transaction.view().GetLive<v1::Activity>(timer.key);
  if (absl::IsNotFound(activity.status())) return std::nullopt;
  CRM_RETURN_IF_ERROR(activity.status());
  return *std::move(activity);
}

// Reads what may keep `subject` busy: also what the caller may not read, since
// no more than the times of it is told.
absl::StatusOr<std::vector<TimeSpan>> BusySpans(const ReadView& view,
                                                const std::string& subject,
                                                const TimeSpan& window) {
  constexpr char kWhere[] =
      " AND delete_time IS NULL AND c_start_time >= ? AND c_start_time < ? "
      "AND c_end_time > ? ORDER BY c_start_time LIMIT ?";
  const std::vector<SqlValue> times = {
      absl::ToUnixMicros(window.start - kMaxActivityLength),
      absl::ToUnixMicros(window.end), absl::ToUnixMicros(window.start),
      int64_t{kMaxBusyRows + 1}};
  const auto read = [&](absl::string_view condition,
                        std::vector<SqlValue> params) {
    params.insert(params.end(), times.begin(), times.end());
    return view.reader().Query(
        absl::StrCat("SELECT body FROM activities WHERE tenant = ? AND ",
                     condition, kWhere),
        params);
  };
  CRM_ASSIGN_OR_RETURN(SqlRows rows,
                       read("c_owner = ?", {view.tenant(), subject}));
  CRM_ASSIGN_OR_RETURN(
      SqlRows more,
      read("name IN (SELECT v_name FROM repeated_values WHERE tenant = ? AND "
           "v_field = 'activities.participants' AND v_value = ?)",
           {view.tenant(), view.tenant(), subject}));
  std::move(more.begin(), more.end(), std::back_inserter(rows));
  if (rows.size() > kMaxBusyRows) {
    return ResourceExhausted(
        "TOO_MANY_ACTIVITIES",
        absl::StrCat("'", subject, "' has more than ", kMaxBusyRows,
                     " activities in that time; ask for a shorter one."));
  }
  std::vector<TimeSpan> spans;
  for (const SqlRow& row : rows) {
    v1::Activity activity;
    if (!activity.ParseFromString(std::get<SqlBlob>(row[0]).bytes)) {
      return Internal("ROW_UNREADABLE", "A stored row could not be read.");
    }
    if (!KeepsBusy(activity)) continue;
    spans.push_back({FromTimestamp(activity.start_time()),
                     FromTimestamp(activity.end_time())});
  }
  return spans;
}

}  // namespace

absl::StatusOr<v1::Activity> HandleCompleteActivity(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::CompleteActivityRequest& request) {
  CRM_ASSIGN_OR_RETURN(v1::Activity activity,
                       transaction.Move<v1::Activity>(request));
  UpdateWithNext(transaction, activity);
  return activity;
}

absl::StatusOr<v1::Activity> HandleCancelActivity(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::CancelActivityRequest& request) {
  CRM_ASSIGN_OR_RETURN(v1::Activity activity,
                       transaction.Move<v1::Activity>(request));
  if (request.end_series()) {
    activity.set_series_ended(!activity.recurrence_rule().empty());
    transaction.Update(activity);
  } else {
    UpdateWithNext(transaction, activity);
  }
  return activity;
}

absl::StatusOr<v1::GetFreeBusyResponse> HandleGetFreeBusy(
    const ReadView& view, const CallContext& /*call*/,
    const v1::GetFreeBusyRequest& request) {
  CRM_RETURN_IF_ERROR(CheckFreeBusyRequest(request));
  const TimeSpan window = {FromTimestamp(request.start_time()),
                           FromTimestamp(request.end_time())};
  v1::GetFreeBusyResponse response;
  for (const std::string& subject : request.subjects()) {
    CRM_ASSIGN_OR_RETURN(std::vector<TimeSpan> spans,
                         BusySpans(view, subject, window));
    v1::FreeBusy& free_busy = *response.add_free_busy();
    free_busy.set_subject(subject);
    for (const TimeSpan& span : JoinSpans(std::move(spans), window)) {
      v1::BusyInterval& interval = *free_busy.add_busy_intervals();
      *interval.mutable_start_time() = ToTimestamp(span.start);
      *interval.mutable_end_time() = ToTimestamp(span.end);
    }
  }
  return response;
}

absl::Status RemindOfActivity(Transaction& transaction, const Timer& timer) {
  CRM_ASSIGN_OR_RETURN(std::optional<v1::Activity> activity,
                       ActivityOf(transaction, timer));
  // A change after the timer was read has moved it.
  if (!activity.has_value() || ReminderTime(*activity) > transaction.now()) {
    return absl::OkStatus();
  }
  *activity->mutable_reminded_time() = ToTimestamp(transaction.now());
  transaction.Update(*activity);
  return transaction.status();
}

absl::Status PassActivity(Transaction& transaction, const Timer& timer) {
  CRM_ASSIGN_OR_RETURN(std::optional<v1::Activity> activity,
                       ActivityOf(transaction, timer));
  if (!activity.has_value() || PassingTime(*activity) > transaction.now()) {
    return absl::OkStatus();
  }
  UpdateWithNext(transaction, *activity);
  return transaction.status();
}

}  // namespace crm::operational
