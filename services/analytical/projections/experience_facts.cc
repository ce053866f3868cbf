#include "services/analytical/projections/experience_facts.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/analytical/projections/customer_facts.h"
#include "services/analytical/projections/order_facts.h"
#include "shared/base/status_macros.h"

namespace crm::analytical {

absl::StatusOr<std::vector<AnswerSum>> ReadAnswers(
    SqlReader& reader, const MeasureQuestion& question, int64_t most) {
  SqlFragment facts = FactCondition(question, "crm/SurveyResponse");
  facts.params.push_back(most);
  CRM_ASSIGN_OR_RETURN(
      SqlRows rows,
      reader.Query(
          absl::StrCat("SELECT category, state, COUNT(*), CAST(SUM(value) AS "
                       "TEXT) FROM resource_facts WHERE ",
                       facts.text,
                       " GROUP BY category, state ORDER BY category, state "
                       "LIMIT ?"),
          facts.params));
  std::vector<AnswerSum> answers;
  for (SqlRow& row : rows) {
    AnswerSum& sum = answers.emplace_back();
    CRM_ASSIGN_OR_RETURN(sum.nanos, FromDecimal(std::get<std::string>(row[3])));
    sum.touchpoint = std::get<std::string>(std::move(row[0]));
    sum.question = std::get<std::string>(std::move(row[1]));
    sum.count = std::get<int64_t>(row[2]);
  }
  return answers;
}

}  // namespace crm::analytical
