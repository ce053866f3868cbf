#include "gateway/http/h1_parser.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace crm::gateway {
namespace {

constexpr char kHead[] =
    "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n";
constexpr size_t kMaxBody = 100;

// Gives a parser the bytes of a chunked body one at a time, those not taken
// again each time, and expects it to want more until the last. Returns the
// body.
std::string ReadByteByByte(absl::string_view chunks) {
  std::string body;
  H1Parser parser(kMaxBody, [&body](absl::string_view chunk) {
    body.append(chunk.data(), chunk.size());
  });
  EXPECT_EQ(parser.ParseHead(kHead), H1Parser::Result::kNeedMore);
  std::string given;
  for (size_t i = 0; i < chunks.size(); ++i) {
    given += chunks[i];
    size_t taken = 0;
    EXPECT_EQ(parser.ParseBody(given, taken), i + 1 == chunks.size()
                                                  ? H1Parser::Result::kComplete
                                                  : H1Parser::Result::kNeedMore)
        << "after " << i + 1 << " bytes of " << chunks;
    given.erase(0, taken);
  }
  EXPECT_EQ(given, "");
  return body;
}

TEST(H1Parser, ReadsChunksThatComeByteByByte) {
  EXPECT_EQ(ReadByteByByte("1\r\nx\r\n0\r\n\r\n"), "x");
  EXPECT_EQ(ReadByteByByte("5;a=b\r\nhello\r\n1\r\n!\r\n0\r\nx-t: 1\r\n\r\n"),
            "hello!");
}

TEST(H1Parser, ReadsALastChunkThatComesFirstByteByByte) {
  EXPECT_EQ(ReadByteByByte("0\r\n\r\n"), "");
  EXPECT_EQ(ReadByteByByte("000\r\nx-t: 1\r\n\r\n"), "");
}

}  // namespace
}  // namespace crm::gateway
