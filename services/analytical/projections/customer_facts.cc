#include "services/analytical/projections/customer_facts.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/analytical/domain/frameworks/metrics.h"
#include "shared/base/status_macros.h"

namespace crm::analytical {
namespace {

constexpr absl::Duration kMicrosecond = absl::Microseconds(1);
// As many names are asked for in a statement.
constexpr size_t kNamesAtATime = 500;

std::vector<CustomerFact> ToFacts(SqlRows rows) {
  std::vector<CustomerFact> facts;
  for (SqlRow& row : rows) {
    facts.push_back(
        {.customer = std::get<std::string>(std::move(row[0])),
         .segment = std::get<std::string>(std::move(row[1])),
         .known = std::get<int64_t>(row[2]),
         .create_time = absl::FromUnixMicros(std::get<int64_t>(row[3]))});
  }
  return facts;
}

}  // namespace

SqlFragment CustomerCondition(const MeasureQuestion& question) {
  SqlFragment condition{
      "tenant = ? AND type = 'crm/Customer' AND state = 'ACTIVE' AND "
      "start_time <= ?",
      {question.tenant, absl::ToUnixMicros(question.end)}};
  if (!question.segment.empty()) {
    condition.text += " AND category = ?";
    condition.params.push_back(question.segment);
  }
  return condition;
}

SqlFragment FactCondition(const MeasureQuestion& question,
                          absl::string_view type) {
  SqlFragment condition{
      "tenant = ? AND type = ? AND end_time > ? AND end_time <= ?",
      {question.tenant, std::string(type), absl::ToUnixMicros(question.start),
       absl::ToUnixMicros(question.end)}};
  if (!question.segment.empty()) {
    condition.text +=
        " AND customer IN (SELECT name FROM resource_facts WHERE tenant = ? "
        "AND type = 'crm/Customer' AND category = ?)";
    condition.params.push_back(question.tenant);
    condition.params.push_back(question.segment);
  }
  return condition;
}

bool IsKnown(int64_t known, absl::string_view field) {
  for (const IdentifyingAttribute& attribute : IdentifyingAttributes()) {
    if (attribute.field == field) return (known & 1) != 0;
    known >>= 1;
  }
  return false;
}

std::string MonthTable(const std::vector<Month>& months) {
  return absl::StrCat(
      "(VALUES ",
      absl::StrJoin(months, ", ",
                    [](std::string* out, const Month& month) {
                      absl::StrAppend(
                          out, "(CAST(", month.number, " AS BIGINT), CAST(",
                          absl::ToUnixMicros(month.start), " AS BIGINT), CAST(",
                          absl::ToUnixMicros(month.end), " AS BIGINT))");
                    }),
      ") AS month(month_number, month_start, month_end)");
}

absl::StatusOr<Orderers> ReadOrderers(SqlReader& reader,
                                      const MeasureQuestion& question,
                                      absl::string_view currency) {
  const absl::Time earlier = question.start - (question.end - question.start);
  const std::string start = absl::StrCat(absl::ToUnixMicros(question.start));
  const SqlFragment orders =
      OrderCondition({.tenant = question.tenant,
                      .end_time = question.end + kMicrosecond,
                      .segment = question.segment,
                      .currency = std::string(currency)});
  const auto sum = [](absl::string_view condition) {
    return absl::StrCat("CAST(COALESCE(SUM(CASE WHEN ", condition,
                        " THEN 1 ELSE 0 END), 0) AS BIGINT)");
  };
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query(
          absl::StrCat(
              "SELECT ", sum("now_days > 0"), ", ", sum("was_earlier > 0"),
              ", ", sum("was_earlier > 0 AND now_days > 0"), ", ",
              sum("was_before > 0"), ", ",
              sum("was_before = 0 AND now_days > 0"), ", ", sum("now_days > 1"),
              " FROM (SELECT customer, COUNT(DISTINCT CASE WHEN order_time > ",
              start,
              " THEN order_day END) AS now_days, MAX(CASE WHEN "
              "order_time > ",
              absl::ToUnixMicros(earlier), " AND order_time <= ", start,
              " THEN 1 ELSE 0 END) AS was_earlier, MAX(CASE WHEN order_time "
              "<= ",
              start, " THEN 1 ELSE 0 END) AS was_before FROM orders WHERE ",
              orders.text, " GROUP BY customer) AS per_customer"),
          orders.params));
  const SqlRow& row = rows[0];
  return Orderers{.now = std::get<int64_t>(row[0]),
                  .earlier = std::get<int64_t>(row[1]),
                  .retained = std::get<int64_t>(row[2]),
                  .before = std::get<int64_t>(row[3]),
                  .added = std::get<int64_t>(row[4]),
                  .repeated = std::get<int64_t>(row[5])};
}

absl::StatusOr<int64_t> CountCustomerProducts(SqlReader& reader,
                                              const OrderSelection& selection) {
  const SqlFragment orders = OrderCondition(selection);
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query(
          absl::StrCat("SELECT COUNT(*) FROM (SELECT DISTINCT "
                       "counted.customer, order_lines.product FROM (SELECT "
                       "producer, tenant, name, customer FROM orders WHERE ",
                       orders.text,
                       ") AS counted JOIN order_lines ON order_lines.producer "
                       "= counted.producer AND order_lines.tenant = "
                       "counted.tenant AND order_lines.order_name = "
                       "counted.name WHERE order_lines.product <> '') AS "
                       "pairs"),
          orders.params));
  return std::get<int64_t>(rows[0][0]);
}

absl::StatusOr<int64_t> CountNamedCustomers(
    SqlReader& reader, const MeasureQuestion& question,
    const std::set<std::string>& names) {
  int64_t count = 0;
  for (auto next = names.begin(); next != names.end();) {
    SqlFragment condition = CustomerCondition(question);
    std::vector<const char*> marks;
    for (; next != names.end() && marks.size() < kNamesAtATime; ++next) {
      marks.push_back("?");
      condition.params.push_back(*next);
    }
    CRM_ASSIGN_OR_RETURN(
        const SqlRows rows,
        reader.Query(absl::StrCat("SELECT COUNT(*) FROM resource_facts WHERE ",
                                  condition.text, " AND name IN (",
                                  absl::StrJoin(marks, ", "), ")"),
                     condition.params));
    count += std::get<int64_t>(rows[0][0]);
  }
  return count;
}

absl::StatusOr<std::vector<CustomerFact>> ReadCustomers(
    SqlReader& reader, const MeasureQuestion& question,
    const std::string& after, int64_t most) {
  SqlFragment condition = CustomerCondition(question);
  condition.params.push_back(after);
  condition.params.push_back(most);
  CRM_ASSIGN_OR_RETURN(
      SqlRows rows,
      reader.Query(
          absl::StrCat("SELECT name, category, known, start_time FROM "
                       "resource_facts WHERE ",
                       condition.text, " AND name > ? ORDER BY name LIMIT ?"),
          condition.params));
  return ToFacts(std::move(rows));
}

absl::StatusOr<std::optional<CustomerFact>> FindCustomer(
    SqlReader& reader, const std::string& tenant, const std::string& name) {
  CRM_ASSIGN_OR_RETURN(
      SqlRows rows,
      reader.Query(
          "SELECT name, category, known, start_time FROM resource_facts WHERE "
          "tenant = ? AND type = 'crm/Customer' AND state = 'ACTIVE' "
          "AND name = ?",
          {tenant, name}));
  std::vector<CustomerFact> facts = ToFacts(std::move(rows));
  if (facts.empty()) return std::nullopt;
  return std::move(facts[0]);
}

}  // namespace crm::analytical
