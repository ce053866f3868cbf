#include "shared/events/consumer_registry.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/events/sql_values.h"

namespace crm {
namespace {

using internal::v1::AcknowledgeFeedRequest;

constexpr size_t kMaxNameBytes = 128;

absl::Status Validate(const AcknowledgeFeedRequest& request, int partitions) {
  std::vector<FieldViolation> violations;
  if (request.consumer().empty() || request.consumer().size() > kMaxNameBytes) {
    violations.push_back({"consumer", absl::StrCat("Must have 1 to ",
                                                   kMaxNameBytes, " bytes.")});
  }
  if (request.feed_epoch() < 1) {
    violations.push_back({"feed_epoch", "Must be positive."});
  }
  if (request.positions_size() > partitions) {
    violations.push_back({"positions", "Must name each partition once."});
    return BadRequest(violations);
  }
  for (int i = 0; i < request.positions_size(); ++i) {
    const auto& position = request.positions(i);
    if (position.partition() < 0 || position.partition() >= partitions) {
      violations.push_back(
          {absl::StrCat("positions[", i, "].partition"),
           absl::StrCat("Must be from 0 to ", partitions - 1, ".")});
    }
    if (position.seq() < 0) {
      violations.push_back(
          {absl::StrCat("positions[", i, "].seq"), "Must not be negative."});
    }
  }
  return violations.empty() ? absl::OkStatus() : BadRequest(violations);
}

absl::Status CheckRoom(SqlWriter& writer, const std::string& consumer) {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      writer.Query("SELECT DISTINCT consumer FROM feed_consumer", {}));
  const bool known = std::any_of(
      rows.begin(), rows.end(),
      [&](const SqlRow& row) { return row[0] == SqlValue(consumer); });
  if (known || rows.size() < kMaxFeedConsumers) return absl::OkStatus();
  return ResourceExhausted(
      "TOO_MANY_CONSUMERS",
      absl::StrCat("The feed has ", rows.size(),
                   " consumers already; it takes no more until one is "
                   "expelled."));
}

}  // namespace

SqlTable ConsumerRegistryTable() {
  return {.name = "feed_consumer",
          .columns = {{"consumer", SqlType::kText, false, {}},
                      {"part", SqlType::kInteger, false, {}},
                      {"feed_epoch", SqlType::kInteger, false, {}},
                      {"seq", SqlType::kInteger, false, {}},
                      {"report_time", SqlType::kInteger, false, {}}},
          .primary_key = {"consumer", "part"},
          .clustered = true};
}

absl::Status RecordPositions(SqlWriter& writer,
                             const AcknowledgeFeedRequest& request,
                             int partitions, absl::Time now) {
  CRM_RETURN_IF_ERROR(Validate(request, partitions));
  CRM_RETURN_IF_ERROR(CheckRoom(writer, request.consumer()));
  if (request.validate_only()) return absl::OkStatus();
  // Those it does not name it has not begun, or another of its processes
  // reports them.
  for (int part = 0; part < partitions; ++part) {
    CRM_RETURN_IF_ERROR(
        writer
            .Execute("INSERT INTO feed_consumer (consumer, part, feed_epoch, "
                     "seq, report_time) VALUES (?, ?, ?, 0, ?) "
                     "ON CONFLICT (consumer, part) DO NOTHING",
                     {request.consumer(), int64_t{part}, request.feed_epoch(),
                      absl::ToUnixMicros(now)})
            .status());
  }
  for (const auto& position : request.positions()) {
    CRM_RETURN_IF_ERROR(
        writer
            .Execute("UPDATE feed_consumer SET feed_epoch = ?, seq = ? WHERE "
                     "consumer = ? AND part = ? AND (feed_epoch < ? OR "
                     "(feed_epoch = ? AND seq < ?))",
                     {request.feed_epoch(), position.seq(), request.consumer(),
                      int64_t{position.partition()}, request.feed_epoch(),
                      request.feed_epoch(), position.seq()})
            .status());
  }
  return writer
      .Execute("UPDATE feed_consumer SET report_time = ? WHERE consumer = ?",
               {absl::ToUnixMicros(now), request.consumer()})
      .status();
}

absl::StatusOr<std::vector<int64_t>> ConsumedSeqs(SqlReader& reader,
                                                  int64_t feed_epoch,
                                                  std::vector<int64_t> heads) {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query("SELECT part, feed_epoch, seq FROM feed_consumer", {}));
  for (const SqlRow& row : rows) {
    const auto part = static_cast<size_t>(IntegerOr(row, 0, 0));
    if (part >= heads.size()) continue;
    const int64_t seq =
        IntegerOr(row, 1, 0) == feed_epoch ? IntegerOr(row, 2, 0) : 0;
    heads[part] = std::min(heads[part], seq);
  }
  return heads;
}

absl::StatusOr<std::vector<std::string>> ExpelConsumers(SqlWriter& writer,
                                                        absl::Time before) {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      writer.Query("SELECT DISTINCT consumer FROM feed_consumer WHERE "
                   "report_time < ? ORDER BY consumer",
                   {absl::ToUnixMicros(before)}));
  std::vector<std::string> names;
  for (const SqlRow& row : rows) {
    CRM_ASSIGN_OR_RETURN(std::string name, TextAt(row, 0));
    CRM_RETURN_IF_ERROR(
        writer.Execute("DELETE FROM feed_consumer WHERE consumer = ?", {name})
            .status());
    names.push_back(std::move(name));
  }
  return names;
}

}  // namespace crm
