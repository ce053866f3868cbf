#include "shared/storage/program_version.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm {
namespace {

constexpr absl::string_view kPrefix = "schema";

// Where announcements stand among those who share leases; there is no lease.
constexpr char kPool[] = "program";

}  // namespace

std::string HolderOf(int version, absl::string_view id) {
  return absl::StrCat(kPrefix, version, "-", id);
}

int VersionOfHolder(absl::string_view holder) {
  int version = 0;
  const size_t end = holder.find('-');
  if (!absl::ConsumePrefix(&holder, kPrefix) ||
      end == absl::string_view::npos ||
      !absl::SimpleAtoi(holder.substr(0, end - kPrefix.size()), &version)) {
    return 1;
  }
  return version;
}

absl::Status AnnounceProgram(SqlWriter& writer, int64_t now,
                             absl::string_view holder) {
  CRM_RETURN_IF_ERROR(writer.Post(
      "DELETE FROM lease_member WHERE pool = ? AND expire_time <= ?",
      {kPool, now}));
  return writer.Post(
      "INSERT INTO lease_member (pool, holder, expire_time) VALUES (?, ?, ?) "
      "ON CONFLICT (pool, holder) DO UPDATE SET expire_time = "
      "excluded.expire_time",
      {kPool, std::string(holder),
       now + absl::ToInt64Microseconds(kAnnouncementDuration)});
}

absl::Status CheckNoOlderProgram(SqlReader& reader, int64_t now, int version) {
  CRM_ASSIGN_OR_RETURN(const SqlRows rows,
                       reader.Query("SELECT DISTINCT holder FROM lease_member "
                                    "WHERE expire_time > ?",
                                    {now}));
  int older = 0;
  for (const SqlRow& row : rows) {
    if (VersionOfHolder(std::get<std::string>(row[0])) < version) ++older;
  }
  if (older == 0) return absl::OkStatus();
  return FailedPrecondition(
      "OLDER_PROGRAM_RUNS",
      absl::StrCat("The store is shared with ", older,
                   " older programs (by the parts they take), which know no "
                   "schema of version ",
                   version, ". Stop them first."),
      "schema_version");
}

absl::StatusOr<bool> HasMembers(SqlReader& reader, int64_t now) {
  CRM_ASSIGN_OR_RETURN(const SqlRows rows,
                       reader.Query("SELECT 1 FROM lease_member WHERE pool <> "
                                    "? AND expire_time > ? LIMIT 1",
                                    {kPool, now}));
  return !rows.empty();
}

}  // namespace crm
