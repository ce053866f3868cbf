#include "services/analytical/domain/treatment/treatment_choice.h"

#include <algorithm>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/services/analytical/text_proto.h"

namespace crm::analytical {
namespace {

using testing::Proto;
using v1::Treatment;
using v1::TreatmentAssignment;

struct Case {
  const char* what;
  std::vector<const char*> treatments;
  const char* chosen;
  int32_t fitting;
};

const Case kCases[] = {
    {"none fits", {"name: 'a' needs_group: 'Price'"}, "", 0},
    {"an unset condition takes all", {"name: 'a'"}, "a", 1},
    {"all conditions have to hold",
     {"name: 'a' needs_group: 'Care' value_tier: LOW", "name: 'b'"},
     "b",
     1},
    {"the stage is one",
     {"name: 'a' stage: VIRGIN", "name: 'b' stage: LATENT"},
     "b",
     1},
    {"priority is before the number of conditions",
     {"name: 'a' needs_group: 'Care' value_tier: TOP", "name: 'b' priority: 1"},
     "b",
     2},
    {"more conditions are before the name",
     {"name: 'a' needs_group: 'Care'",
      "name: 'b' needs_group: 'Care' value_tier: TOP"},
     "b",
     2},
    {"the name is last", {"name: 'b'", "name: 'a'", "name: 'c'"}, "a", 3},
};

TEST(ChooseTreatment, ID_04_TakesTheOneThatFitsBestInWhateverOrder) {
  for (const Case& one : kCases) {
    std::vector<Treatment> treatments;
    for (const char* text : one.treatments) {
      treatments.push_back(Proto<Treatment>(text));
    }
    for (int turn = 0; turn < std::ssize(treatments); ++turn) {
      std::rotate(treatments.begin(), treatments.begin() + 1, treatments.end());
      auto assignment = Proto<TreatmentAssignment>(
          "needs_group: 'Care' value_tier: TOP stage: LATENT");
      ChooseTreatment(treatments, assignment);
      EXPECT_EQ(assignment.treatment(), one.chosen) << one.what;
      EXPECT_EQ(assignment.fitting_count(), one.fitting) << one.what;
    }
  }
}

TEST(AssignDay, IsTheDayInUtc) {
  EXPECT_EQ(AssignDay(absl::FromUnixSeconds(0)), "1970-01-01");
  EXPECT_EQ(AssignDay(absl::FromUnixSeconds(-1)), "1969-12-31");
}

}  // namespace
}  // namespace crm::analytical
