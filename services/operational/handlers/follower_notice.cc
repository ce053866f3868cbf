#include "services/operational/handlers/follower_notice.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/follower.pb.h"
#include "services/operational/domain/follower_notice.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/resource/read_view.h"

namespace crm::operational {
namespace {

using ::crm::internal::v1::Event;

constexpr absl::Duration kTimeout = absl::Seconds(30);

// Returns the bodies and names of the next followers of `resource` after the
// name `after`.
absl::StatusOr<SqlRows> NextFollowers(const ReadView& view,
                                      const std::string& resource,
                                      const std::string& after, int limit) {
  return view.reader().Query(
      absl::StrCat(
          "SELECT body, name FROM ",
          view.catalog().Find(v1::Follower::descriptor())->schema.table(),
          " WHERE tenant = ? AND c_resource = ? AND name > ? "
          "ORDER BY name LIMIT ?"),
      {view.tenant(), resource, after, int64_t{limit}});
}

absl::Status TellNext(Transaction& transaction, const Timer& timer,
                      const Event& event) {
  CRM_ASSIGN_OR_RETURN(const SqlRows rows,
                       NextFollowers(transaction.view(), event.resource(),
                                     timer.payload, kToldAtOnce));
  for (const SqlRow& row : rows) {
    v1::Follower follower;
    if (!follower.ParseFromString(std::get<SqlBlob>(row[0]).bytes)) {
      return Internal("ROW_UNREADABLE", "A stored row could not be read.");
    }
    if (Tell(event, follower)) transaction.Update(follower);
  }
  if (static_cast<int>(rows.size()) == kToldAtOnce) {
    transaction.Schedule(timer.kind, timer.key, transaction.now(),
                         std::get<std::string>(rows.back()[1]));
  }
  return transaction.status();
}

}  // namespace

absl::Status NoticeChange(const Kernel& /*kernel*/, Transaction& transaction,
                          const Event& event) {
  if (!IsWorthTelling(event)) return absl::OkStatus();
  CRM_ASSIGN_OR_RETURN(
      const SqlRows first,
      NextFollowers(transaction.view(), event.resource(), "", 1));
  if (first.empty()) return absl::OkStatus();
  transaction.Schedule(kFollowerNotice, event.id(), transaction.now());
  return absl::OkStatus();
}

absl::StatusOr<TimerCommit> TellFollowers(const InnerCalls& calls,
                                          const Timer& timer) {
  const Kernel& kernel = calls.kernel();
  auto event = std::make_shared<Event>();
  CRM_RETURN_IF_ERROR(kernel.database.Read(
      kernel.clock.Now() + kTimeout, [&](SqlReader& reader) -> absl::Status {
        auto found = kernel.outbox.Find(reader, timer.tenant, timer.key);
        // What the log has no more is told to nobody.
        if (absl::IsNotFound(found.status())) return absl::OkStatus();
        CRM_ASSIGN_OR_RETURN(*event, std::move(found));
        return absl::OkStatus();
      }));
  return [timer, event](Transaction& transaction) {
    return event->id().empty() ? absl::OkStatus()
                               : TellNext(transaction, timer, *event);
  };
}

}  // namespace crm::operational
