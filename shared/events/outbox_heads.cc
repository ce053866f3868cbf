// The part of the outbox that says where the feed stands.

#include <algorithm>
#include <vector>

#include "absl/time/time.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/events/outbox.h"
#include "shared/events/sql_values.h"

namespace crm {

absl::StatusOr<int64_t> Outbox::Epoch(SqlReader& reader) const {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query("SELECT feed_epoch FROM feed_state WHERE service = ?",
                   {service_}));
  if (rows.empty()) {
    return Internal("FEED_NOT_OPEN", "The outbox was not opened.");
  }
  return IntegerOr(rows.front(), 0, 0);
}

absl::StatusOr<int64_t> Outbox::RaiseEpoch(SqlWriter& writer,
                                           absl::Time now) const {
  CRM_ASSIGN_OR_RETURN(const int64_t last, Epoch(writer));
  const int64_t next = std::max(last + 1, absl::ToUnixSeconds(now));
  CRM_RETURN_IF_ERROR(
      writer.Post("UPDATE feed_state SET feed_epoch = ? WHERE service = ?",
                  {next, service_}));
  return next;
}

absl::StatusOr<std::vector<int64_t>> Outbox::HeadSeqs(SqlReader& reader) const {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query("SELECT part, seq FROM partition_head", {}));
  std::vector<int64_t> heads(static_cast<size_t>(partitions_));
  for (const SqlRow& row : rows) {
    const int64_t part = IntegerOr(row, 0, -1);
    if (part < 0 || part >= partitions_) {
      return Internal("FEED_PARTITION", "A partition is out of range.");
    }
    heads[static_cast<size_t>(part)] = IntegerOr(row, 1, 0);
  }
  return heads;
}

}  // namespace crm
