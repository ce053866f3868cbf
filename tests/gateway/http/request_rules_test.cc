#include "gateway/http/request_rules.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace crm::gateway {
namespace {

RequestHead Get(const std::string& path) {
  return {.method = "GET", .authority = "a:80", .path = path};
}

TEST(CheckRequest, PassesWhatIsInOrder) {
  EXPECT_EQ(CheckRequest(Get("/v1/customers/x:convert?filter=a%20b")), 0);
  EXPECT_EQ(CheckRequest({.method = "OPTIONS", .path = "*"}), 0);
}

TEST(CheckRequest, RefusesPathsThatAreNone) {
  for (const char* path : {"", "*", "v1", "http:/a", "/a b", "/a#b", "/\x01"}) {
    EXPECT_EQ(CheckRequest(Get(path)), 400) << path;
  }
}

TEST(CheckRequest, RefusesMethodsThatAreNotServed) {
  EXPECT_EQ(CheckRequest({.method = "TRACE", .path = "/"}), 405);
  EXPECT_EQ(CheckRequest({.method = "CONNECT", .path = ""}), 405);
  EXPECT_EQ(CheckRequest({.method = "G T", .path = "/"}), 400);
}

TEST(CheckRequest, RefusesAuthoritiesThatHideAnother) {
  RequestHead head = Get("/");
  for (const char* authority : {"user@a", "a b", "a\tb"}) {
    head.authority = authority;
    EXPECT_EQ(CheckRequest(head), 400) << authority;
  }
}

TEST(CheckRequest, RefusesNamesThatOthersTakeForAnother) {
  RequestHead head = Get("/");
  head.headers = {{"content_length", "5"}};

  EXPECT_EQ(CheckRequest(head), 400);
}

TEST(RefusalBody, IsAStatusWithReasonAndDomain) {
  EXPECT_EQ(
      RefusalBody(413),
      R"({"code":8,"message":"The body is too large; send less at once.",)"
      R"("details":[{"@type":)"
      R"("type.googleapis.com/google.rpc.ErrorInfo",)"
      R"("reason":"BODY_TOO_LARGE","domain":"crm"}]})"
      "\n");
}

TEST(RefusalBody, HasAReasonForEachStatus) {
  const auto reason_of = [](int status) {
    const std::string body = RefusalBody(status);
    const size_t begin = body.find("\"reason\":\"") + 10;
    return body.substr(begin, body.find('"', begin) - begin);
  };

  EXPECT_EQ(reason_of(400), "MALFORMED_REQUEST");
  EXPECT_EQ(reason_of(405), "METHOD_NOT_ALLOWED");
  EXPECT_EQ(reason_of(408), "REQUEST_TIMEOUT");
  EXPECT_EQ(reason_of(431), "HEADERS_TOO_LARGE");
  EXPECT_EQ(reason_of(501), "TRANSFER_CODING_UNSUPPORTED");
  EXPECT_EQ(reason_of(505), "HTTP_VERSION_UNSUPPORTED");
}

TEST(CheckH1Head, TakesLengthsUpToEighteenDigits) {
  const auto check = [](absl::string_view length) {
    return CheckH1Head(absl::StrCat(
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ", length, "\r\n\r\n"));
  };

  EXPECT_EQ(check("0"), 0);
  EXPECT_EQ(check(std::string(18, '9')), 0);
  EXPECT_EQ(check(std::string(19, '9')), 400);
  EXPECT_EQ(check(""), 400);
  EXPECT_EQ(check("-1"), 400);
  EXPECT_EQ(check("0x5"), 400);
}

TEST(CheckH1Head, RefusesControlCharactersInValues) {
  for (const char* value : {"a\rb", "a\nb", "a\x01", "\x7f"}) {
    EXPECT_EQ(CheckH1Head(absl::StrCat(
                  "GET / HTTP/1.1\r\nHost: a\r\nX: ", value, "\r\n\r\n")),
              400);
  }
  EXPECT_EQ(CheckH1Head("GET / HTTP/1.1\r\nHost: a\r\nX: a\t\xc3\xa4\r\n\r\n"),
            0);
}

}  // namespace
}  // namespace crm::gateway
