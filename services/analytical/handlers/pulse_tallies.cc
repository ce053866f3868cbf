#include "services/analytical/handlers/pulse_tallies.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm::analytical {

SqlTable PulseRespondentsTable() {
  return {.name = "pulse_respondent",
          .columns = {{"tenant", SqlType::kText, false},
                      {"program", SqlType::kText, false},
                      {"survey", SqlType::kText, false},
                      {"subject", SqlType::kText, false}},
          .primary_key = {"tenant", "program", "survey", "subject"}};
}

SqlTable PulseTalliesTable() {
  return {.name = "pulse_tally",
          .columns = {{"tenant", SqlType::kText, false},
                      {"program", SqlType::kText, false},
                      {"survey", SqlType::kText, false},
                      {"team", SqlType::kText, false},
                      {"response_count", SqlType::kInteger, false},
                      {"points", SqlType::kInteger, false}},
          .primary_key = {"tenant", "program", "survey", "team"}};
}

absl::Status CountAnswer(SqlWriter& writer, const PulseKey& key,
                         const std::string& subject, const std::string& team,
                         int64_t points) {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows answered,
      writer.Query("SELECT 1 FROM pulse_respondent WHERE tenant = ? AND "
                   "program = ? AND survey = ? AND subject = ?",
                   {key.tenant, key.program_uid, key.survey_id, subject}));
  if (!answered.empty()) {
    return AlreadyExists("SURVEY_ANSWERED",
                         absl::StrCat("You have answered survey '",
                                      key.survey_id, "' already."));
  }
  CRM_RETURN_IF_ERROR(
      writer
          .Execute("INSERT INTO pulse_respondent (tenant, program, survey, "
                   "subject) VALUES (?, ?, ?, ?)",
                   {key.tenant, key.program_uid, key.survey_id, subject})
          .status());
  return writer
      .Execute(
          "INSERT INTO pulse_tally (tenant, program, survey, team, "
          "response_count, points) VALUES (?, ?, ?, ?, 1, ?) "
          "ON CONFLICT (tenant, program, survey, team) DO UPDATE SET "
          "response_count = pulse_tally.response_count + 1, "
          "points = pulse_tally.points + excluded.points",
          {key.tenant, key.program_uid, key.survey_id, team, points})
      .status();
}

absl::StatusOr<std::vector<PulseTally>> ReadTallies(SqlReader& reader,
                                                    const PulseKey& key) {
  CRM_ASSIGN_OR_RETURN(
      SqlRows rows,
      reader.Query("SELECT team, response_count, points FROM pulse_tally "
                   "WHERE tenant = ? AND program = ? AND survey = ?",
                   {key.tenant, key.program_uid, key.survey_id}));
  std::vector<PulseTally> tallies;
  for (SqlRow& row : rows) {
    tallies.push_back({std::get<std::string>(std::move(row[0])),
                       std::get<int64_t>(row[1]), std::get<int64_t>(row[2])});
  }
  return tallies;
}

}  // namespace crm::analytical
