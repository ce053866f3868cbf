#include "gateway/local/resume_token.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/matchers.h"

namespace crm::gateway {
namespace {

using ::crm::testing::IsOkAndHolds;
using ::crm::testing::StatusIs;
using ::testing::IsEmpty;

TEST(ResumeToken, KeepsWhatEachServiceSaid) {
  const ResumeTokens tokens = {{"analytical", std::string("\0\xff.:", 4)},
                               {"operational", "p0=7"}};

  EXPECT_THAT(DecodeResumeToken(EncodeResumeToken(tokens)),
              IsOkAndHolds(tokens));
  EXPECT_THAT(DecodeResumeToken(""), IsOkAndHolds(IsEmpty()));
}

TEST(ResumeToken, RefusesWhatItDidNotMake) {
  for (const char* text : {"x", "w2", "w1.", "w1.a", "w1.a:", "w1.:YQ",
                           "w1.a:*", "w1.a:YQ.a:YQ"}) {
    SCOPED_TRACE(text);
    EXPECT_THAT(
        DecodeResumeToken(text),
        StatusIs(absl::StatusCode::kInvalidArgument, "RESUME_TOKEN_INVALID"));
  }
}

}  // namespace
}  // namespace crm::gateway
