#include "services/analytical/handlers/usage_days.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/base/status_macros.h"

namespace crm::analytical {
namespace {

// Days since 1970-01-01.
int64_t NumberOf(absl::CivilDay day) {
  return day - absl::CivilDay(1970, 1, 1);
}

void AddChoice(const char* column, const std::vector<std::string>& values,
               SqlFragment& condition) {
  absl::StrAppend(
      &condition.text, " AND ", column, " IN (",
      absl::StrJoin(std::vector<const char*>(values.size(), "?"), ", "), ")");
  condition.params.insert(condition.params.end(), values.begin(), values.end());
}

}  // namespace

SqlTable UsageDaysTable() {
  return {.name = "usage_day",
          .columns = {{"tenant", SqlType::kText, false},
                      {"resource_type", SqlType::kText, false},
                      {"subject", SqlType::kText, false},
                      {"day", SqlType::kInteger, false}},
          .primary_key = {"tenant", "resource_type", "subject", "day"}};
}

absl::Status NoteUsage(Transaction& transaction, const Resource& resource,
                       const google::protobuf::Message* /*before*/,
                       const google::protobuf::Message* /*after*/) {
  const CallContext& call = transaction.call();
  return transaction.writer()
      .Execute(
          "INSERT INTO usage_day (tenant, resource_type, subject, day) "
          "VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
          {call.principal.tenant, resource.schema.type(),
           call.principal.subject,
           NumberOf(absl::ToCivilDay(transaction.now(), absl::UTCTimeZone()))})
      .status();
}

absl::StatusOr<int64_t> CountActiveUsers(SqlReader& reader,
                                         const UsageQuestion& question) {
  if (question.resource_types.empty()) return 0;
  SqlFragment condition{"tenant = ? AND day >= ? AND day <= ?",
                        {question.tenant, NumberOf(question.days.first),
                         NumberOf(question.days.last)}};
  AddChoice("resource_type", question.resource_types, condition);
  if (!question.users.empty()) AddChoice("subject", question.users, condition);
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query(
          absl::StrCat("SELECT COUNT(DISTINCT subject) FROM usage_day WHERE ",
                       condition.text),
          condition.params));
  return std::get<int64_t>(rows[0][0]);
}

}  // namespace crm::analytical
