#include "services/operational/domain/free_busy.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "shared/base/errors.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TimeSpan Span(int from, int to) {
  return {absl::FromUnixSeconds(from), absl::FromUnixSeconds(to)};
}

TEST(JoinSpans, JoinsWhatOverlapsOrTouches) {
  EXPECT_THAT(JoinSpans({Span(50, 60), Span(10, 20), Span(20, 30), Span(15, 17),
                         Span(55, 70)},
                        Span(0, 100)),
              ElementsAre(Span(10, 30), Span(50, 70)));
}

TEST(JoinSpans, CutsAtTheWindow) {
  EXPECT_THAT(JoinSpans({Span(0, 12), Span(18, 40), Span(0, 5), Span(30, 40)},
                        Span(10, 20)),
              ElementsAre(Span(10, 12), Span(18, 20)));
  EXPECT_THAT(JoinSpans({}, Span(10, 20)), IsEmpty());
  EXPECT_THAT(JoinSpans({Span(15, 15)}, Span(10, 20)), IsEmpty());
}

v1::Activity Parse(const std::string& text) {
  v1::Activity activity;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &activity));
  return activity;
}

TEST(KeepsBusy, IsTrueOfWhatTakesTime) {
  constexpr char kTimes[] =
      " start_time { seconds: 5 } end_time { seconds: 9 }";
  for (const char* kind : {"MEETING", "CALL", "VISIT"}) {
    EXPECT_TRUE(
        KeepsBusy(Parse(absl::StrCat("state: PLANNED kind: ", kind, kTimes))));
  }
  EXPECT_TRUE(KeepsBusy(Parse(absl::StrCat("state: DONE kind: CALL", kTimes))));
  EXPECT_FALSE(
      KeepsBusy(Parse(absl::StrCat("state: CANCELLED kind: CALL", kTimes))));
  EXPECT_FALSE(
      KeepsBusy(Parse(absl::StrCat("state: PLANNED kind: TASK", kTimes))));
  EXPECT_FALSE(
      KeepsBusy(Parse("state: PLANNED kind: CALL start_time { seconds: 5 }")));
}

TEST(CheckFreeBusyRequest, ListsAllThatIsWrong) {
  v1::GetFreeBusyRequest request;
  request.add_subjects("user:ada");
  request.mutable_start_time()->set_seconds(0);
  request.mutable_end_time()->set_seconds(62 * 24 * 3600);
  EXPECT_THAT(CheckFreeBusyRequest(request), IsOk());

  request.add_subjects("user:ada");
  request.add_subjects("");
  request.mutable_end_time()->set_seconds(62 * 24 * 3600 + 1);
  EXPECT_EQ(FieldViolations(CheckFreeBusyRequest(request)).size(), 3u);

  request.mutable_end_time()->set_seconds(0);
  EXPECT_EQ(FieldViolations(CheckFreeBusyRequest(request)).size(), 3u);
}

}  // namespace
}  // namespace crm::operational
