#include "services/operational/domain/scoring_model.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "shared/base/errors.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;

v1::ScoringModel Parse(const std::string& text) {
  v1::ScoringModel model;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &model));
  return model;
}

TEST(PrepareScoringModel, B05_RefusesWhatCannotBeScored) {
  const struct {
    const char* text;
    // The field that is blamed; empty for none.
    const char* field;
  } kCases[] = {
      {"terms { filter: 'company:*' points: 1 }", ""},
      {"terms { filter: 'no_field = 1' points: 1 }",
       "scoring_model.terms[0].filter"},
      {"terms { filter: 'customer.segment = \"x\"' points: 1 }",
       "scoring_model.terms[0].filter"},
      {"terms { filter: 'company:*' }", "scoring_model.terms[0].points"},
      {"terms { points: 1 time_field: 'create_time' half_life_days: 7 }", ""},
      {"terms { points: 1 time_field: 'create_time' }",
       "scoring_model.terms[0].half_life_days"},
      {"terms { points: 1 half_life_days: 7 }",
       "scoring_model.terms[0].half_life_days"},
      {"terms { points: 1 time_field: 'email' half_life_days: 7 }",
       "scoring_model.terms[0].time_field"},
      {"terms { points: 1 time_field: 'update_time' half_life_days: 7 }",
       "scoring_model.terms[0].time_field"},
      {"grades { grade: 'A' min_score: 5 } grades { grade: 'B' min_score: 4 }",
       ""},
      {"grades { grade: 'A' min_score: 5 } grades { grade: 'B' min_score: 5 }",
       "scoring_model.grades[1].min_score"},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.text);
    v1::ScoringModel model = Parse(c.text);
    const absl::Status status = PrepareScoringModel(nullptr, model, {});
    const auto violations = FieldViolations(status);
    if (std::string(c.field).empty()) {
      EXPECT_THAT(status, IsOk());
    } else {
      ASSERT_EQ(violations.size(), 1U);
      EXPECT_EQ(violations[0].field, c.field);
    }
  }
}

TEST(PrepareScoringModel, KeepsTermsAndGradesAfterTheDraft) {
  const v1::ScoringModel before = Parse(
      "state: ACTIVE terms { filter: 'company:*' points: 1 } grades { grade: "
      "'A' }");
  v1::ScoringModel after = before;
  after.set_display_name("Other");
  EXPECT_THAT(PrepareScoringModel(&before, after, {}), IsOk());

  after.mutable_terms(0)->set_points(2);
  EXPECT_THAT(
      PrepareScoringModel(&before, after, {}),
      StatusIs(absl::StatusCode::kFailedPrecondition, "MODEL_NOT_DRAFT"));
  after = before;
  after.clear_grades();
  EXPECT_THAT(
      PrepareScoringModel(&before, after, {}),
      StatusIs(absl::StatusCode::kFailedPrecondition, "MODEL_NOT_DRAFT"));
}

TEST(PrepareScoringModel, TheActiveOneAloneHoldsTheKey) {
  v1::ScoringModel before = Parse("state: DRAFT");
  v1::ScoringModel after = before;
  after.set_state(v1::ScoringModel::ACTIVE);
  EXPECT_THAT(PrepareScoringModel(&before, after, {}), IsOk());
  EXPECT_EQ(after.active_key(), kActiveKey);

  before = after;
  after.set_state(v1::ScoringModel::RETIRED);
  EXPECT_THAT(PrepareScoringModel(&before, after, {}), IsOk());
  EXPECT_EQ(after.active_key(), "");
}

TEST(CheckScoringModelDeletable, KeepsWhatLeadsReferTo) {
  EXPECT_THAT(CheckScoringModelDeletable(Parse("state: DRAFT")), IsOk());
  for (const char* state : {"ACTIVE", "RETIRED"}) {
    EXPECT_THAT(
        CheckScoringModelDeletable(Parse(absl::StrCat("state: ", state))),
        StatusIs(absl::StatusCode::kFailedPrecondition, "MODEL_IN_USE"));
  }
}

}  // namespace
}  // namespace crm::operational
