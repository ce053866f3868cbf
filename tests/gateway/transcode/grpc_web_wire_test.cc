#include "gateway/transcode/grpc_web_wire.h"

#include <string>

#include "absl/strings/escaping.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/matchers.h"

namespace crm::gateway {
namespace {

using ::crm::testing::IsOkAndHolds;
using ::crm::testing::StatusIs;
using ::testing::Eq;
using ::testing::Optional;

TEST(GrpcWebType, IsToldByTheContentType) {
  EXPECT_THAT(ParseGrpcWebType("application/grpc-web"),
              Optional(GrpcWebType{}));
  EXPECT_THAT(ParseGrpcWebType("application/grpc-web+proto; charset=utf-8"),
              Optional(GrpcWebType{.codec = "+proto"}));
  EXPECT_THAT(ParseGrpcWebType("application/grpc-web-text+proto"),
              Optional(GrpcWebType{.text = true, .codec = "+proto"}));
  for (const char* other :
       {"", "application/grpc", "application/grpc+proto", "application/json",
        "application/grpc-website", "application/grpc-web-textual"}) {
    EXPECT_EQ(ParseGrpcWebType(other), std::nullopt) << other;
  }
}

TEST(GrpcWebType, IsAnsweredInItsOwnForm) {
  EXPECT_EQ(GrpcWebContentType({}), "application/grpc-web+proto");
  EXPECT_EQ(GrpcWebContentType({.text = true, .codec = "+thrift"}),
            "application/grpc-web-text+thrift");
}

TEST(GrpcWebTrailersFrame, HoldsALineForEach) {
  EXPECT_EQ(
      GrpcWebTrailersFrame({{"grpc-status", "5"}, {"grpc-message", "no"}}),
      std::string("\x80\0\0\0\x22", 5) +
          "grpc-status: 5\r\ngrpc-message: no\r\n");
  EXPECT_EQ(GrpcWebTrailersFrame({}), std::string("\x80\0\0\0\0", 5));
}

TEST(GrpcWebTrailersFrame, LetsNoValueBeginALineOfItsOwn) {
  EXPECT_EQ(GrpcWebTrailersFrame({{"a", "b\r\ngrpc-status: 0"}}).substr(5),
            "a: b  grpc-status: 0\r\n");
}

TEST(Base64Reader, GivesTheSameBytesHoweverTheyArePutTogether) {
  std::string bytes;
  for (int i = 0; i < 100; ++i) bytes += static_cast<char>(37 * i);
  const std::string text = absl::Base64Escape(bytes);
  for (size_t piece = 1; piece <= text.size(); ++piece) {
    Base64Reader reader;
    std::string read;
    for (size_t at = 0; at < text.size(); at += piece) {
      absl::StatusOr<std::string> more = reader.Append(text.substr(at, piece));
      ASSERT_TRUE(more.ok()) << more.status();
      read += *more;
    }
    EXPECT_EQ(read, bytes) << piece;
    EXPECT_TRUE(reader.empty());
  }
}

TEST(Base64Reader, TakesPiecesThatWereEachPadded) {
  Base64Reader reader;

  EXPECT_THAT(reader.Append(absl::Base64Escape("a") + absl::Base64Escape("bc") +
                            absl::Base64Escape("def")),
              IsOkAndHolds(Eq("abcdef")));
}

TEST(Base64Reader, SaysWhatIsLeftOver) {
  Base64Reader reader;

  EXPECT_THAT(reader.Append("YWJjZ"), IsOkAndHolds(Eq("abc")));
  EXPECT_FALSE(reader.empty());
}

TEST(Base64Reader, RefusesWhatIsNoBase64) {
  for (const char* bad : {"****", "a===", "====", "YW=j", "YQ=a", "YW Jj"}) {
    Base64Reader reader;
    EXPECT_THAT(reader.Append(bad), StatusIs(absl::StatusCode::kInvalidArgument,
                                             "BASE64_MALFORMED"))
        << bad;
  }
}

}  // namespace
}  // namespace crm::gateway
