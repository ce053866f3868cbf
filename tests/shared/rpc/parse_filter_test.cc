#include "shared/rpc/parse_filter.h"

#include <string>
#include <utility>

#include "google/protobuf/wrappers.pb.h"
#include "gtest/gtest.h"
#include "tests/shared/rpc/echo_service.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::EchoMethod;
using ::crm::testing::EqualsProto;
using ::crm::testing::IsOk;
using ::crm::testing::kEcho;
using ::crm::testing::Pack;
using ::crm::testing::StatusIs;

absl::Status Parse(std::string bytes) {
  ParseFilter filter;
  Call call;
  call.context.method = EchoMethod(kEcho);
  call.request_bytes = std::move(bytes);
  return filter.Begin(call);
}

// An unknown group nested `depth` times.
std::string Nested(int depth) {
  return std::string(depth, '\x13') + std::string(depth, '\x14');
}

TEST(ParseFilter, ReplacesTheBytesByTheMessage) {
  ParseFilter filter;
  Call call;
  call.context.method = EchoMethod(kEcho);
  call.request_bytes = Pack("hello");

  ASSERT_THAT(filter.Begin(call), IsOk());

  EXPECT_THAT(dynamic_cast<const google::protobuf::StringValue&>(*call.request),
              EqualsProto("value: 'hello'"));
  EXPECT_EQ(call.request_bytes, "");
}

TEST(ParseFilter, F40_KeepsUnknownFields) {
  EXPECT_THAT(Parse("\x50\x01"), IsOk());
}

TEST(ParseFilter, TakesNestingUpToTheLimit) {
  EXPECT_THAT(Parse(Nested(100)), IsOk());
}

TEST(ParseFilter, RefusesWhatIsNoMessage) {
  const struct {
    const char* name;
    std::string bytes;
  } cases[] = {
      {"broken tag", "\xff\xff\xff"},
      {"cut short", Pack("hello").substr(0, 4)},
      {"not UTF-8", std::string("\x0a\x02\xc3\x28")},
      {"nested too deep", Nested(101)},
      {"group never ends", "\x13"},
  };
  for (const auto& test : cases) {
    EXPECT_THAT(Parse(test.bytes), StatusIs(absl::StatusCode::kInvalidArgument,
                                            "REQUEST_MALFORMED"))
        << test.name;
  }
}

}  // namespace
}  // namespace crm
