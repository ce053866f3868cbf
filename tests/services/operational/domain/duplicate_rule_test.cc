#include "services/operational/domain/duplicate_rule.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/contact.pb.h"
#include "crm/operational/v1/customer.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using testing::EqualsProto;
using testing::IsOk;
using testing::StatusIs;
using ::testing::UnorderedElementsAre;

constexpr char kRule[] =
    "name: 'duplicateRules/r' resource_type: 'crm/Contact' terms { field: "
    "'display_name' comparison: FUZZY weight: 600000 close_weight: 400000 "
    "differ_penalty: 300000 } terms { field: 'email' comparison: EMAIL weight: "
    "700000 } terms { field: 'phone' comparison: PHONE weight: 500000 } "
    "block_keys { parts { field: 'email' form: WHOLE } } block_keys { parts { "
    "field: 'display_name' form: PREFIX length: 3 } parts { field: 'phone' "
    "form: WHOLE } } threshold_millionths: 1000000 action: BLOCK";

template <typename T>
T Proto(const std::string& text) {
  T message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message))
      << text;
  return message;
}

v1::DuplicateRule Rule(const std::string& more = "") {
  return Proto<v1::DuplicateRule>(absl::StrCat(kRule, " ", more));
}

RuleContext Context() {
  RuleContext context;
  context.find_type =
      [](absl::string_view type) -> const google::protobuf::Descriptor* {
    return type == "crm/Contact" ? v1::Contact::descriptor() : nullptr;
  };
  return context;
}

std::vector<std::string> Blamed(const absl::Status& status) {
  std::vector<std::string> fields;
  for (const FieldViolation& violation : FieldViolations(status)) {
    fields.push_back(violation.field);
  }
  return fields;
}

MatchRecord Record(const std::string& id, const std::string& text) {
  return MatchRecordOf(Rule(), Proto<v1::Contact>(absl::StrCat(
                                   "name: 'contacts/", id, "' ", text)));
}

TEST(PrepareDuplicateRule, TakesOneThatFits) {
  v1::DuplicateRule rule = Rule("state: ACTIVE");
  EXPECT_THAT(PrepareDuplicateRule(nullptr, rule, Context()), IsOk());
  EXPECT_EQ(rule.active_key(), "crm/Contact");
  rule.set_state(v1::DuplicateRule::RETIRED);
  EXPECT_THAT(PrepareDuplicateRule(nullptr, rule, Context()), IsOk());
  EXPECT_EQ(rule.active_key(), "");
}

TEST(PrepareDuplicateRule, A39_SaysAllThatIsWrongAtOnce) {
  auto rule = Proto<v1::DuplicateRule>(
      "resource_type: 'crm/Contact' "
      "terms { field: 'nothing' comparison: EXACT weight: 1 } "
      "terms { field: 'etag' comparison: EXACT weight: 1 } "
      "terms { field: 'account' comparison: EXACT weight: 1 } "
      "terms { field: 'labels' comparison: EXACT weight: 1 } "
      "terms { field: 'email' comparison: EMAIL weight: 1 close_weight: 2 } "
      "terms { field: 'email' comparison: EXACT weight: 1 "
      "        min_similarity_millionths: 7 } "
      "block_keys { parts { field: 'phone' form: WHOLE } } "
      "block_keys { parts { field: 'email' form: PREFIX } } "
      "block_keys { parts { field: 'email' form: WHOLE length: 3 } } "
      "block_keys { parts { field: 'email' form: SOUNDEX } } "
      "block_keys { parts { field: 'email' form: SOUNDEX } } "
      "threshold_millionths: 7 action: WARN");

  const absl::Status status = PrepareDuplicateRule(nullptr, rule, Context());

  EXPECT_THAT(
      Blamed(status),
      UnorderedElementsAre(
          "duplicate_rule.terms[0].field", "duplicate_rule.terms[1].field",
          "duplicate_rule.terms[2].field", "duplicate_rule.terms[3].field",
          "duplicate_rule.terms[4].close_weight",
          "duplicate_rule.terms[5].field",
          "duplicate_rule.terms[5].min_similarity_millionths",
          "duplicate_rule.block_keys[0].parts[0].field",
          "duplicate_rule.block_keys[1].parts[0].length",
          "duplicate_rule.block_keys[2].parts[0].length",
          "duplicate_rule.block_keys[4]",
          "duplicate_rule.threshold_millionths"));
}

TEST(PrepareDuplicateRule, KnowsFourTypes) {
  v1::DuplicateRule rule = Rule();
  rule.set_resource_type("crm/Order");
  EXPECT_THAT(Blamed(PrepareDuplicateRule(nullptr, rule, Context())),
              UnorderedElementsAre("duplicate_rule.resource_type"));
}

TEST(PrepareDuplicateRule, KeepsWhatIsInUseAsItIs) {
  const v1::DuplicateRule draft = Rule("state: DRAFT");
  const v1::DuplicateRule active = Rule("state: ACTIVE");
  v1::DuplicateRule changed = Rule("state: ACTIVE");
  changed.set_threshold_millionths(900'000);
  EXPECT_THAT(PrepareDuplicateRule(&active, changed, Context()), IsOk());
  changed.mutable_terms(0)->set_weight(500'000);
  EXPECT_THAT(PrepareDuplicateRule(&active, changed, Context()),
              StatusIs(absl::StatusCode::kFailedPrecondition, "RULE_IN_USE"));
  EXPECT_THAT(PrepareDuplicateRule(&draft, changed, Context()), IsOk());
  changed = Rule("state: ACTIVE");
  changed.mutable_block_keys()->RemoveLast();
  EXPECT_THAT(PrepareDuplicateRule(&active, changed, Context()),
              StatusIs(absl::StatusCode::kFailedPrecondition, "RULE_IN_USE"));
  EXPECT_THAT(CheckDuplicateRuleDeletable(active),
              StatusIs(absl::StatusCode::kFailedPrecondition, "RULE_IN_USE"));
  EXPECT_THAT(CheckDuplicateRuleDeletable(draft), IsOk());
}

TEST(MatchRecordOf, BringsValuesIntoOneForm) {
  const MatchRecord record =
      Record("a",
             "display_name: \"O'Brien,  Jos\\303\\251\" email: "
             "'Jose@Example.COM' phone: '+1 415-555-0100'");
  EXPECT_EQ(record.values.at("display_name"), "o brien jose");
  EXPECT_EQ(record.values.at("email"), "jose@example.com");
  EXPECT_EQ(record.values.at("phone"), "+14155550100");
  EXPECT_TRUE(Record("b", "").values.empty());
}

TEST(MatchRecordOf, TakesWhatIsNoAddressAsItIs) {
  const MatchRecord record =
      Record("a", "email: 'Not an ADDRESS' phone: '0415 55'");
  EXPECT_EQ(record.values.at("email"), "not an address");
  EXPECT_EQ(record.values.at("phone"), "0415 55");
}

TEST(MatchRecordOf, OP_02_ANumberIsTheSamePointHoweverItIsWritten) {
  for (const char* phone :
       {"+1 (415) 555-0100", "14155550100", "+1-415-555-0100"}) {
    EXPECT_EQ(
        Record("a", absl::StrCat("phone: '", phone, "'")).values.at("phone"),
        "+14155550100")
        << phone;
  }
}

TEST(BlocksOf, AreThoseOfKeysThatAreWhole) {
  const v1::DuplicateRule rule = Rule();
  const auto both = BlocksOf(
      rule, Record("a", "display_name: 'Ada' email: 'a@b.example' phone: '1'"));
  const auto mail =
      BlocksOf(rule, Record("b", "display_name: 'Eve' email: 'A@B.example'"));
  const auto other =
      BlocksOf(rule, Record("c", "email: 'c@b.example' phone: '1'"));
  EXPECT_EQ(both.size(), 2u);
  EXPECT_EQ(mail.size(), 1u);
  EXPECT_TRUE(both.contains(*mail.begin()));
  EXPECT_EQ(other.size(), 1u);
  EXPECT_FALSE(both.contains(*other.begin()));
  EXPECT_TRUE(BlocksOf(rule, Record("d", "")).empty());
  // The same value in another key is another block.
  EXPECT_TRUE(std::all_of(both.begin(), both.end(),
                          [](const std::string& b) { return b.size() == 32; }));
}

TEST(ScorePair, AddsUpByAgreement) {
  struct Case {
    const char* a;
    const char* b;
    double score;
    DuplicateVerdict verdict;
  };
  for (const Case& c : {
           Case{"display_name: 'Martha' email: 'm@x.example'",
                "display_name: 'MARTHA' email: 'M@X.example'", 1.3,
                DuplicateVerdict::kMatch},
           Case{"display_name: 'Martha' email: 'm@x.example'",
                "display_name: 'Marhta' email: 'm@x.example'", 1.1,
                DuplicateVerdict::kMatch},
           Case{"display_name: 'Martha' email: 'm@x.example'",
                "display_name: 'Zoe' email: 'm@x.example'", 0.4,
                DuplicateVerdict::kDistinct},
           Case{"display_name: 'Martha' phone: '+14155550100'",
                "display_name: 'Martha' email: 'm@x.example'", 0.6,
                DuplicateVerdict::kDistinct},
           Case{"", "", 0, DuplicateVerdict::kDistinct},
       }) {
    const DuplicateScore score =
        ScorePair(Rule(), Record("a", c.a), Record("b", c.b));
    EXPECT_NEAR(score.score, c.score, 1e-9) << c.a << " | " << c.b;
    EXPECT_EQ(score.verdict, c.verdict) << c.a << " | " << c.b;
  }
}

TEST(CandidateOf, IsTheSameWhicheverComesFirst) {
  const MatchRecord a = Record("a", "display_name: 'Ada' email: 'a@x.example'");
  const MatchRecord b =
      Record("b", "display_name: 'Adah' email: 'a@x.example'");
  const auto one = CandidateOf(Rule(), a, b, ScorePair(Rule(), a, b));
  const auto other = CandidateOf(Rule(), b, a, ScorePair(Rule(), b, a));

  EXPECT_THAT(other, EqualsProto(one.ShortDebugString()));
  EXPECT_EQ(one.first(), "contacts/a");
  EXPECT_EQ(one.second(), "contacts/b");
  EXPECT_EQ(one.score_millionths(), 1'100'000);
  EXPECT_EQ(one.reasons(0).agreement(), v1::CLOSE);
  EXPECT_EQ(one.reasons(0).weight(), 400'000);
  EXPECT_EQ(one.reasons(1).agreement(), v1::AGREES);
  EXPECT_EQ(one.reasons(2).agreement(), v1::MISSING);
}

TEST(CandidateOf, OtherEvidenceIsAnotherKey) {
  const MatchRecord a = Record("a", "display_name: 'Ada' email: 'a@x.example'");
  const MatchRecord b =
      Record("b", "display_name: 'Adah' email: 'a@x.example'");
  const MatchRecord c = Record("b", "display_name: 'Ada' email: 'a@x.example'");
  const auto close = CandidateOf(Rule(), a, b, ScorePair(Rule(), a, b));
  const auto equal = CandidateOf(Rule(), a, c, ScorePair(Rule(), a, c));
  EXPECT_EQ(close.pair(), equal.pair());
  EXPECT_NE(close.pair_key(), equal.pair_key());
}

TEST(IsMatchable, LeavesOutWhoIsGone) {
  EXPECT_TRUE(IsMatchable(Proto<v1::Customer>("state: ACTIVE")));
  EXPECT_FALSE(IsMatchable(Proto<v1::Customer>("state: MERGED")));
  EXPECT_FALSE(IsMatchable(Proto<v1::Customer>("state: ERASED")));
  EXPECT_FALSE(IsMatchable(Proto<v1::Contact>("delete_time { seconds: 1 }")));
  EXPECT_TRUE(IsMatchable(Proto<v1::Contact>("")));
}

}  // namespace
}  // namespace crm::operational
