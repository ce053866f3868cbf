#include "gateway/transcode/grpc_wire.h"

#include <map>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/errors.h"
#include "tests/support/matchers.h"

namespace crm::gateway {
namespace {

using ::crm::testing::IsOkAndHolds;
using ::crm::testing::StatusIs;
using ::testing::Eq;
using ::testing::Optional;

TEST(GrpcFrameReader, PutsMessagesTogetherFromSingleBytes) {
  const std::string bytes = GrpcFrame("hello") + GrpcFrame("") + GrpcFrame("x");
  GrpcFrameReader reader;
  std::vector<std::string> messages;
  for (const char c : bytes) {
    reader.Append(absl::string_view(&c, 1));
    for (auto next = reader.Next(); next.ok() && next->has_value();
         next = reader.Next()) {
      messages.push_back(**next);
    }
  }

  EXPECT_THAT(messages, ::testing::ElementsAre("hello", "", "x"));
  EXPECT_TRUE(reader.empty());
}

TEST(GrpcFrameReader, RefusesLargeAndCompressedMessages) {
  GrpcFrameReader large;
  large.Append(std::string("\0\0\x40\0\1", 5));
  GrpcFrameReader compressed;
  compressed.Append(std::string("\1\0\0\0\1x", 6));
  GrpcFrameReader largest;
  largest.Append(std::string("\0\0\x40\0\0", 5));

  EXPECT_THAT(large.Next(), StatusIs(absl::StatusCode::kResourceExhausted,
                                     "MESSAGE_TOO_LARGE"));
  EXPECT_THAT(compressed.Next(), StatusIs(absl::StatusCode::kUnimplemented,
                                          "COMPRESSION_UNSUPPORTED"));
  EXPECT_THAT(largest.Next(), IsOkAndHolds(Eq(std::nullopt)));
}

TEST(StatusTrailers, CarryCodeMessageAndDetails) {
  const absl::Status status =
      NotFound("LEAD_NOT_FOUND", "100 % g\xC3\xB6ne\n", {{"name", "leads/a"}});

  std::map<std::string, std::string> trailers;
  for (const auto& [name, value] : StatusTrailers(status)) {
    trailers[name] = value;
  }

  EXPECT_EQ(trailers["grpc-status"], "5");
  EXPECT_EQ(trailers["grpc-message"], "100 %25 g%C3%B6ne%0A");
  EXPECT_EQ(
      StatusFromTrailers(&trailers["grpc-status"], &trailers["grpc-message"],
                         &trailers["grpc-status-details-bin"]),
      status);
}

TEST(StatusTrailers, SayNothingMoreOfOk) {
  EXPECT_THAT(StatusTrailers(absl::OkStatus()),
              ::testing::ElementsAre(::testing::Pair("grpc-status", "0")));
}

TEST(StatusFromTrailers, TakesAMessageWithoutDetails) {
  const std::string code = "8";
  const std::string message = "a%2Fb%zz%4";
  const absl::Status status = StatusFromTrailers(&code, &message, nullptr);

  EXPECT_EQ(status, absl::ResourceExhaustedError("a/b%zz%4"));
}

TEST(StatusFromTrailers, IsUnknownWithoutAStatus) {
  const std::string bad = "99";
  EXPECT_THAT(StatusFromTrailers(nullptr, nullptr, nullptr),
              StatusIs(absl::StatusCode::kUnknown, "GRPC_STATUS_MISSING"));
  EXPECT_THAT(StatusFromTrailers(&bad, nullptr, nullptr),
              StatusIs(absl::StatusCode::kUnknown, "GRPC_STATUS_MISSING"));
}

TEST(GrpcTimeout, ReadsEveryUnit) {
  EXPECT_THAT(ParseGrpcTimeout("1H"), Optional(absl::Hours(1)));
  EXPECT_THAT(ParseGrpcTimeout("2M"), Optional(absl::Minutes(2)));
  EXPECT_THAT(ParseGrpcTimeout("3S"), Optional(absl::Seconds(3)));
  EXPECT_THAT(ParseGrpcTimeout("99999999m"),
              Optional(absl::Milliseconds(99999999)));
  EXPECT_THAT(ParseGrpcTimeout("5u"), Optional(absl::Microseconds(5)));
  EXPECT_THAT(ParseGrpcTimeout("6n"), Optional(absl::Nanoseconds(6)));
}

TEST(GrpcTimeout, RefusesTheRest) {
  for (const char* text :
       {"", "S", "1", "1s", "-1S", "1 S", "+1S", "123456789S", "1.5S"}) {
    SCOPED_TRACE(text);
    EXPECT_EQ(ParseGrpcTimeout(text), std::nullopt);
  }
}

TEST(GrpcTimeout, WritesMillisecondsAndNeverZero) {
  EXPECT_EQ(FormatGrpcTimeout(absl::Seconds(1.5)), "1500m");
  EXPECT_EQ(FormatGrpcTimeout(absl::ZeroDuration()), "1m");
  EXPECT_EQ(FormatGrpcTimeout(absl::Hours(100)), "360000S");
}

}  // namespace
}  // namespace crm::gateway
