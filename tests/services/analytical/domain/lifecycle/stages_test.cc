#include "services/analytical/domain/lifecycle/stages.h"

#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "gtest/gtest.h"

namespace crm::analytical {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using v1::Lifecycle;

TEST(LifecycleStages, VM_03_NineOfSeventyFiveStepsAreLegal) {
  int legal = 0;
  int illegal = 0;
  for (const Lifecycle::EntryKind kind : kEntryKinds) {
    for (const Lifecycle::Stage from : kLifecycleStages) {
      for (const Lifecycle::Stage to : kLifecycleStages) {
        ++(IsLegalEdge(kind, from, to) ? legal : illegal);
      }
    }
  }

  EXPECT_EQ(legal, 9);
  EXPECT_EQ(illegal, 66);
}

TEST(LifecycleStages, EveryEdgeLeadsOn) {
  for (const LegalEdge& edge : kLegalEdges) {
    EXPECT_LT(StageIndex(edge.from), StageIndex(edge.to));
  }
}

TEST(LifecycleStages, NextOnesAreThoseOfTheKind) {
  EXPECT_THAT(NextStages(Lifecycle::NEW_PROSPECT, Lifecycle::ACTIVATED),
              ElementsAre(Lifecycle::UNSTABLE));
  EXPECT_THAT(NextStages(Lifecycle::SWITCH_BACK, Lifecycle::ACTIVATED),
              ElementsAre(Lifecycle::LATENT));
  EXPECT_THAT(NextStages(Lifecycle::WIN_BACK, Lifecycle::ACTIVATED),
              ElementsAre(Lifecycle::TERMINATED));
  EXPECT_THAT(NextStages(Lifecycle::WIN_BACK, Lifecycle::LATENT), IsEmpty());
  EXPECT_THAT(NextStages(Lifecycle::ENTRY_KIND_UNSPECIFIED, Lifecycle::VIRGIN),
              ElementsAre(Lifecycle::ACTIVATED));
  EXPECT_THAT(
      NextStages(Lifecycle::ENTRY_KIND_UNSPECIFIED, Lifecycle::TERMINATED),
      IsEmpty());
}

// The stages of a run are these, and a stage is a value, not a message that
// could have something below it.
TEST(LifecycleStages, VM_07_ActivatedHasNoStagesOfItsOwn) {
  const auto& stages = *Lifecycle::Stage_descriptor();
  ASSERT_EQ(stages.value_count(), 6);
  for (size_t i = 0; i < kLifecycleStages.size(); ++i) {
    EXPECT_EQ(stages.value(static_cast<int>(i) + 1)->number(),
              kLifecycleStages[i]);
  }
  const auto& file = *stages.file();
  for (int i = 0; i < file.message_type_count(); ++i) {
    const auto& message = *file.message_type(i);
    EXPECT_EQ(message.nested_type_count(), 0) << message.name();
    for (int j = 0; j < message.enum_type_count(); ++j) {
      const std::string& name = message.enum_type(j)->name();
      EXPECT_TRUE(name == "Stage" || name.find("Stage") == std::string::npos)
          << name;
    }
  }
}

}  // namespace
}  // namespace crm::analytical
