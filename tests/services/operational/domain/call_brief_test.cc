#include "services/operational/domain/call_brief.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "shared/base/clock.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::EqualsProto;
using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;
using ::testing::ElementsAre;

constexpr int64_t kNowSeconds = 1'735'732'800;  // 1 January 2025, noon
constexpr int64_t kDay = 86'400;
const absl::Time kNow = absl::FromUnixSeconds(kNowSeconds);

template <typename T>
T Parse(const std::string& text) {
  T message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message))
      << text;
  return message;
}

// Fields of `text` take the place of those that are there.
v1::Opportunity OpportunityOf(const std::string& id, const std::string& text) {
  auto opportunity = Parse<v1::Opportunity>(
      absl::StrCat("name: 'opportunities/", id, "' display_name: '", id,
                   "' state: OPEN update_time { seconds: 50 }"));
  EXPECT_TRUE(
      google::protobuf::TextFormat::MergeFromString(text, &opportunity));
  return opportunity;
}

v1::Activity ActivityOf(const std::string& id, const std::string& text) {
  auto activity = Parse<v1::Activity>(
      absl::StrCat("name: 'activities/", id, "' subject: '", id,
                   "' kind: CALL update_time { seconds: 60 }"));
  EXPECT_TRUE(google::protobuf::TextFormat::MergeFromString(text, &activity));
  return activity;
}

v1::Activity Contact(const std::string& id, int64_t days_ago) {
  return ActivityOf(id, absl::StrCat("state: DONE complete_time { seconds: ",
                                     kNowSeconds - days_ago * kDay, " }"));
}

BriefRecords Records() {
  BriefRecords records;
  records.customer = Parse<v1::Customer>(
      "name: 'customers/c' display_name: 'Ada' update_time { seconds: 9 }");
  return records;
}

v1::CallBrief Make(const BriefRecords& records) {
  auto brief = MakeCallBrief(records, kNow);
  EXPECT_THAT(brief, IsOk());
  return brief.ok() ? *std::move(brief) : v1::CallBrief();
}

const v1::BriefFigure* FigureOf(const v1::CallBrief& brief,
                                v1::BriefFigure::Kind kind,
                                const std::string& currency = "") {
  for (const v1::BriefFigure& figure : brief.figures()) {
    if (figure.kind() == kind && figure.amount().currency_code() == currency) {
      return &figure;
    }
  }
  return nullptr;
}

TEST(MakeCallBrief, OP_20_SumsEachCurrencyWithItsSources) {
  BriefRecords records = Records();
  records.opportunities = {
      OpportunityOf("a", "amount { currency_code: 'EUR' units: 5 }"),
      OpportunityOf("b",
                    "amount { currency_code: 'EUR' units: 7 } "
                    "update_time { seconds: 70 }"),
      OpportunityOf("c", "amount { currency_code: 'USD' units: 11 }"),
      OpportunityOf("d", ""),
      OpportunityOf("e",
                    "state: WON amount { currency_code: 'EUR' units: 9 }")};

  const v1::CallBrief brief = Make(records);

  const auto* count = FigureOf(brief, v1::BriefFigure::OPEN_OPPORTUNITIES);
  ASSERT_NE(count, nullptr);
  EXPECT_EQ(count->count(), 4);
  const auto* euros =
      FigureOf(brief, v1::BriefFigure::OPEN_OPPORTUNITY_AMOUNT, "EUR");
  ASSERT_NE(euros, nullptr);
  EXPECT_THAT(*euros, EqualsProto("kind: OPEN_OPPORTUNITY_AMOUNT "
                                  "amount { currency_code: 'EUR' units: 12 } "
                                  "as_of_time { seconds: 70 } "
                                  "sources: 'opportunities/a' "
                                  "sources: 'opportunities/b'"));
  EXPECT_NE(FigureOf(brief, v1::BriefFigure::OPEN_OPPORTUNITY_AMOUNT, "USD"),
            nullptr);
}

TEST(MakeCallBrief, OP_20_EveryFigureAndItemSaysWhereItIsFromAndOfWhen) {
  BriefRecords records = Records();
  records.opportunities = {OpportunityOf("a", "")};
  records.activities = {Contact("x", 3), ActivityOf("y", "state: PLANNED")};
  for (const BriefRecords& given : {records, Records()}) {
    const v1::CallBrief brief = Make(given);
    EXPECT_GE(brief.figures_size(), 5);
    for (const v1::BriefFigure& figure : brief.figures()) {
      EXPECT_GE(figure.sources_size(), 1) << figure.DebugString();
      EXPECT_TRUE(figure.has_as_of_time()) << figure.DebugString();
    }
    for (const auto* items :
         {&brief.open_opportunities(), &brief.open_quotes(),
          &brief.open_activities(), &brief.last_contacts()}) {
      for (const v1::BriefItem& item : *items) {
        EXPECT_NE(item.source(), "");
        EXPECT_TRUE(item.has_as_of_time());
      }
    }
  }
}

TEST(MakeCallBrief, OP_20_ShowsTheLastContactsFirst) {
  BriefRecords records = Records();
  for (int days = 1; days <= 8; ++days) {
    records.activities.push_back(Contact(absl::StrCat("x", days), days));
  }
  records.activities.push_back(ActivityOf(
      "note", "kind: NOTE state: DONE complete_time { seconds: 1 }"));

  const v1::CallBrief brief = Make(records);

  std::vector<std::string> contacts;
  for (const auto& item : brief.last_contacts())
    contacts.push_back(item.title());
  EXPECT_THAT(contacts, ElementsAre("x1", "x2", "x3", "x4", "x5"));
  const auto* days = FigureOf(brief, v1::BriefFigure::DAYS_SINCE_CONTACT);
  ASSERT_NE(days, nullptr);
  EXPECT_EQ(days->count(), 1);
  EXPECT_THAT(days->sources(), ElementsAre("activities/x1"));
}

TEST(MakeCallBrief, OP_20_SaysWhatToDoNext) {
  const v1::Activity late =
      ActivityOf("late", absl::StrCat("state: PLANNED due_time { seconds: ",
                                      kNowSeconds - 1, " }"));
  const v1::Activity early =
      ActivityOf("early", absl::StrCat("state: PLANNED due_time { seconds: ",
                                       kNowSeconds + 1, " }"));
  const auto quote = [](int64_t days) {
    return Parse<v1::Quote>(
        absl::StrCat("name: 'quotes/q' state: SENT expire_time { seconds: ",
                     kNowSeconds + days * kDay, " }"));
  };
  const v1::Opportunity passed =
      OpportunityOf("passed", "close_date { year: 2024 month: 12 day: 31 }");
  const v1::Opportunity today =
      OpportunityOf("today", "close_date { year: 2025 month: 1 day: 1 }");
  struct Case {
    BriefRecords records;
    v1::BriefAction::Kind kind;
    const char* source;
  };
  const auto with = [](const auto& fill) {
    BriefRecords records = Records();
    fill(records);
    return records;
  };
  const std::vector<Case> cases = {
      {with([&](BriefRecords& r) {
         r.activities = {early, late};
         r.quotes = {quote(1)};
       }),
       v1::BriefAction::DO_OVERDUE_ACTIVITY, "activities/late"},
      {with([&](BriefRecords& r) {
         r.quotes = {quote(6)};
         r.opportunities = {passed};
       }),
       v1::BriefAction::ASK_ABOUT_QUOTE, "quotes/q"},
      {with([&](BriefRecords& r) {
         r.quotes = {quote(8)};
         r.opportunities = {today, passed};
       }),
       v1::BriefAction::REVIEW_OPPORTUNITY, "opportunities/passed"},
      {with([&](BriefRecords& r) {
         r.opportunities = {today};
         r.activities = {Contact("x", 31)};
       }),
       v1::BriefAction::GET_IN_TOUCH, "opportunities/today"},
      {with([&](BriefRecords& r) {
         r.opportunities = {today};
         r.activities = {Contact("x", 29)};
       }),
       v1::BriefAction::KIND_UNSPECIFIED, ""}};
  for (const Case& test : cases) {
    const v1::CallBrief brief = Make(test.records);
    EXPECT_EQ(brief.next_action().kind(), test.kind) << test.source;
    EXPECT_EQ(brief.next_action().source(), test.source);
  }
}

// The slice of the scores, in a state.
profile::v1::Slice Scores(const std::string& text) {
  return Parse<profile::v1::Slice>(absl::StrCat("kind: SCORES ", text));
}

constexpr char kKnownScores[] =
    "scores { as_of_time { seconds: 7 } recency_days: 12 frequency: 3 "
    "monetary { currency_code: 'EUR' units: 90 } recency_score: 5 "
    "frequency_score: 4 monetary_score: 3 rfm_cell: '543' }";

TEST(MakeCallBrief, OP_20_EachScoreSaysHowOldItIsAndWhereItIsFrom) {
  struct Case {
    const char* state;
    bool stale;
  };
  for (const Case& test :
       {Case{"FRESH", false}, Case{"DEGRADED", false}, Case{"STALE", true}}) {
    BriefRecords records = Records();
    records.scores =
        Scores(absl::StrCat("state: ", test.state, " ", kKnownScores));

    const v1::CallBrief brief = Make(records);

    EXPECT_TRUE(brief.partial().empty());
    std::vector<int64_t> values;
    for (const v1::BriefScore& score : brief.scores()) {
      values.push_back(score.value());
      EXPECT_EQ(score.as_of_time().seconds(), 7);
      EXPECT_EQ(score.source(), "customers/c/profile");
      EXPECT_EQ(score.stale(), test.stale) << test.state;
    }
    EXPECT_THAT(values, ElementsAre(12, 3, 0, 5, 4, 3, 543));
    EXPECT_THAT(brief.scores(2).amount(),
                EqualsProto("currency_code: 'EUR' units: 90"));
  }
}

TEST(MakeCallBrief, OP_20_NamesWhatCouldNotBeRead) {
  struct Case {
    const char* slice;
    const char* reason;
  };
  const Case kCases[] = {
      {"state: MISSING reason: 'SERVICE_UNREACHABLE'", "SERVICE_UNREACHABLE"},
      {"state: ERASED", "ERASED"},
      {"", "PERMISSION_DENIED"},
  };
  for (const Case& test : kCases) {
    BriefRecords records = Records();
    if (*test.slice != '\0') records.scores = Scores(test.slice);
    records.denied = {"orders"};

    const v1::CallBrief brief = Make(records);

    EXPECT_TRUE(brief.scores().empty());
    ASSERT_EQ(brief.partial_size(), 2);
    EXPECT_EQ(brief.partial(0).part(), "SCORES");
    EXPECT_EQ(brief.partial(0).reason(), test.reason);
    EXPECT_THAT(brief.partial(1),
                EqualsProto("part: 'orders' reason: 'PERMISSION_DENIED'"));
  }
}

// That is known, and no gap.
TEST(MakeCallBrief, OP_20_ACustomerWithoutOrdersHasNoScores) {
  BriefRecords records = Records();
  records.scores = Scores("state: FRESH scores { as_of_time { seconds: 7 } }");

  const v1::CallBrief brief = Make(records);

  EXPECT_TRUE(brief.scores().empty());
  EXPECT_TRUE(brief.partial().empty());
}

// Whatever else is there, or not.
TEST(MakeCallBrief, OP_20_SaysWhatNoServiceTells) {
  BriefRecords records = Records();
  records.scores = Scores("state: FRESH scores { frequency: 3 }");
  for (const BriefRecords& known : {Records(), records}) {
    EXPECT_THAT(Make(known).missing(),
                ElementsAre("VALUE_TIER", "CHURN_PROBABILITY", "OPEN_TICKETS"));
  }
}

TEST(MakeCallBrief, ASumThatFitsNoMoneyIsAnError) {
  BriefRecords records = Records();
  for (const char* id : {"a", "b"}) {
    records.opportunities.push_back(OpportunityOf(
        id, "amount { currency_code: 'EUR' units: 9223372036854775807 }"));
  }
  EXPECT_THAT(MakeCallBrief(records, kNow),
              StatusIs(absl::StatusCode::kOutOfRange, "AMOUNT_OUT_OF_RANGE"));
}

}  // namespace
}  // namespace crm::operational
