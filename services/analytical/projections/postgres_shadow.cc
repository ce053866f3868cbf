#include "services/analytical/projections/postgres_shadow.h"

#include <optional>
#include <utility>

#include "services/analytical/projections/postgres_tables.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/storage/lease.h"

namespace crm::analytical {
namespace {

constexpr char kPool[] = "warehouse";
constexpr char kLease[] = "shadow";

// How long one transaction may take that empties tables.
constexpr absl::Duration kEmptyTimeout = absl::Seconds(30);

absl::Status InUse() {
  return Aborted("WAREHOUSE_IN_USE",
                 "Another process replays the warehouse; wait for its end.");
}

}  // namespace

PostgresShadow::PostgresShadow(Database& database, const Clock& clock,
                               std::string holder)
    : database_(database),
      clock_(clock),
      keeper_(database, clock,
              {.pool = kPool, .names = {kLease}, .holder = std::move(holder)}) {
}

PostgresShadow::~PostgresShadow() {
  // Whatever stays is removed before the next replay.
  if (!unread_.empty()) Empty().IgnoreError();
  keeper_.GiveUp().IgnoreError();
}

absl::Status PostgresShadow::Begin() {
  CRM_RETURN_IF_ERROR(
      Write(kEmptyTimeout, [&](SqlWriter& writer) -> absl::Status {
        CRM_ASSIGN_OR_RETURN(const std::string live, LiveTables(writer));
        tables_ = TablesBeside(live);
        return absl::OkStatus();
      }));
  unread_ = tables_;
  return Empty();
}

absl::Status PostgresShadow::Write(
    absl::Duration timeout, absl::FunctionRef<absl::Status(SqlWriter&)> body) {
  keeper_.Tick();
  const std::optional<Lease> lease = keeper_.Find(kLease);
  if (!lease.has_value()) {
    CRM_RETURN_IF_ERROR(keeper_.status());
    return InUse();
  }
  return database_.WriteAndWait(
      clock_.Now() + timeout, [&](SqlWriter& writer) -> absl::Status {
        CRM_RETURN_IF_ERROR(CheckLease(writer, *lease));
        return body(writer);
      });
}

absl::Status PostgresShadow::Empty() {
  bool removed = true;
  while (removed) {
    CRM_RETURN_IF_ERROR(
        Write(kEmptyTimeout, [&](SqlWriter& writer) -> absl::Status {
          // They are read after all, if nobody learned that the commit by which
          // they were adopted went well.
          CRM_ASSIGN_OR_RETURN(const std::string live, LiveTables(writer));
          if (live == unread_) return InUse();
          const EnterSql enter = EnterTables(unread_);
          CRM_RETURN_IF_ERROR(writer.Post(enter.text, enter.params));
          CRM_ASSIGN_OR_RETURN(removed, RemoveSome(writer));
          return absl::OkStatus();
        }));
  }
  return absl::OkStatus();
}

}  // namespace crm::analytical
