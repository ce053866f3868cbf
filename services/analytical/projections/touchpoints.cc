#include "services/analytical/projections/touchpoints.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "crm/collaborative/v1/survey_response.pb.h"
#include "services/analytical/projections/order_facts.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm::analytical {
namespace {

using collaborative::v1::SurveyResponse;

// How many rows one statement returns; well within kMaxRows.
constexpr int64_t kRowsAtATime = 20'000;

// What to do and what to remember is of the business alone.
constexpr char kMeetings[] =
    "producer = 'operational' AND type = 'crm/Activity' AND state = 'DONE' AND "
    "category IN ('CALL', 'MEETING', 'VISIT')";

// Reads the touchpoints of one table, page by page.
struct Source {
  // Everything before the conditions below; the first two columns are customer
  // and name.
  std::string select;
  std::vector<SqlValue> params;
  std::string time;
  TouchpointFact (*read)(SqlRow row);
};

TouchpointFact ReadOrder(SqlRow row) {
  return {.customer = std::get<std::string>(std::move(row[0])),
          .origin = std::get<std::string>(std::move(row[1])),
          .kind = v1::Touchpoint::ORDER,
          .time = absl::FromUnixMicros(std::get<int64_t>(row[2]))};
}

AnswerTells WhatTells(const std::string& kind) {
  SurveyResponse::Kind parsed = SurveyResponse::KIND_UNSPECIFIED;
  if (!SurveyResponse::Kind_Parse(kind, &parsed)) return AnswerTells::kNothing;
  return parsed == SurveyResponse::EASE ? AnswerTells::kEase
                                        : AnswerTells::kSentiment;
}

TouchpointFact ReadOther(SqlRow row) {
  TouchpointFact fact{.customer = std::get<std::string>(std::move(row[0])),
                      .origin = std::get<std::string>(std::move(row[1])),
                      .kind = v1::Touchpoint::ACTIVITY,
                      .channel = std::get<std::string>(std::move(row[4])),
                      .time = absl::FromUnixMicros(std::get<int64_t>(row[2]))};
  if (std::get<std::string>(row[3]) == "crm/SurveyResponse") {
    fact.kind = v1::Touchpoint::SURVEY;
    fact.tells = WhatTells(std::get<std::string>(row[5]));
    // Amounts in the warehouse are written by ToDecimal().
    fact.answer = FromDecimal(std::get<std::string>(row[6])).value_or(0);
  }
  return fact;
}

absl::Status Visit(SqlReader& reader, const TouchpointQuestion& question,
                   const Source& source, int64_t& count,
                   absl::FunctionRef<void(const TouchpointFact&)> visit) {
  std::string sql =
      absl::StrCat(source.select, " AND customer <> '' AND ", source.time,
                   " >= ? AND ", source.time, " < ?");
  std::vector<SqlValue> params = source.params;
  params.push_back(absl::ToUnixMicros(question.start));
  params.push_back(absl::ToUnixMicros(question.end));
  if (!question.customer.empty()) {
    absl::StrAppend(&sql, " AND customer = ?");
    params.push_back(question.customer);
  }
  absl::StrAppend(&sql,
                  " AND (customer > ? OR (customer = ? AND name > ?)) ORDER BY "
                  "customer, name LIMIT ?");
  std::string customer;
  std::string name;
  for (;;) {
    std::vector<SqlValue> page = params;
    page.insert(page.end(), {customer, customer, name, kRowsAtATime});
    CRM_ASSIGN_OR_RETURN(SqlRows rows, reader.Query(sql, page));
    count += std::ssize(rows);
    if (count > question.most) {
      return ResourceExhausted(
          "TOO_MANY_ROWS", absl::StrCat("There are more than ", question.most,
                                        " touchpoints to look at."));
    }
    for (SqlRow& row : rows) {
      const TouchpointFact fact = source.read(std::move(row));
      customer = fact.customer;
      name = fact.origin;
      visit(fact);
    }
    if (std::ssize(rows) < kRowsAtATime) return absl::OkStatus();
  }
}

}  // namespace

absl::Status VisitTouchpoints(
    SqlReader& reader, const TouchpointQuestion& question,
    absl::FunctionRef<void(const TouchpointFact&)> visit) {
  int64_t count = 0;
  CRM_RETURN_IF_ERROR(
      Visit(reader, question,
            {.select = "SELECT customer, name, order_time FROM orders WHERE "
                       "producer = ? AND tenant = ? AND state = 'CONFIRMED'",
             .params = {std::string(kOrderProducer), question.tenant},
             .time = "order_time",
             .read = ReadOrder},
            count, visit));
  return Visit(
      reader, question,
      {.select = absl::StrCat(
           "SELECT customer, name, end_time, type, category, state, "
           "CAST(value AS TEXT) FROM resource_facts WHERE tenant = ? AND ((",
           kMeetings, ") OR type = 'crm/SurveyResponse')"),
       .params = {question.tenant},
       .time = "end_time",
       .read = ReadOther},
      count, visit);
}

absl::StatusOr<std::map<std::string, LastMeeting>> ReadLastMeetings(
    SqlReader& reader, const std::string& tenant, const std::string& first,
    const std::string& last, absl::Time as_of) {
  // Of two at one instant the last by name is taken.
  CRM_ASSIGN_OR_RETURN(
      SqlRows rows,
      reader.Query(
          absl::StrCat(
              "SELECT customer, name, end_time FROM (SELECT customer, name, "
              "end_time, ROW_NUMBER() OVER (PARTITION BY customer ORDER BY "
              "end_time DESC, name DESC) AS place FROM resource_facts WHERE "
              "tenant = ? AND ",
              kMeetings,
              " AND customer >= ? AND customer <= ? AND end_time <= ?) AS "
              "meetings WHERE place = 1"),
          {tenant, first, last, absl::ToUnixMicros(as_of)}));
  std::map<std::string, LastMeeting> meetings;
  for (SqlRow& row : rows) {
    meetings[std::get<std::string>(std::move(row[0]))] = {
        .activity = std::get<std::string>(std::move(row[1])),
        .time = absl::FromUnixMicros(std::get<int64_t>(row[2]))};
  }
  return meetings;
}

}  // namespace crm::analytical
