#include "shared/call/criticality.h"

#include <gtest/gtest.h>

namespace crm {
namespace {

TEST(Criticality, IsReadAsItIsNamed) {
  for (int level = 0; level < kCriticalityCount; ++level) {
    const auto criticality = static_cast<Criticality>(level);
    EXPECT_EQ(ParseCriticality(CriticalityName(criticality)), criticality);
  }
}

TEST(ParseCriticality, TakesWhatIsNoClassForTheDefault) {
  for (const char* text : {"", "critical_plus", "CRITICAL_PLUS ", "5"}) {
    EXPECT_EQ(ParseCriticality(text), Criticality::kCritical) << text;
  }
}

}  // namespace
}  // namespace crm
