// gRPC-Web through the gateway, and the pages of other origins that use it.

#include <string>

#include "absl/strings/escaping.h"
#include "gateway/transcode/grpc_wire.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/errors.h"
#include "tests/gateway/gateway_fixture.h"

namespace crm::gateway {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr char kGetLead[] = "/crm.operational.v1.LeadService/GetLead";
constexpr char kOrigin[] = "https://crm.example.com";

class GrpcWeb : public GatewayTest {
 protected:
  GrpcWeb() {
    operational_.Handle(kGetLead, [](const BackendCall& call) {
      BackendReply reply;
      for (const std::string& message : call.messages) {
        reply.messages.push_back(message + "!");
      }
      reply.trailers = {{"x-tail", "t"}};
      return reply;
    });
  }

  Headers Web(const std::string& type) const {
    Headers headers = AsAdmin();
    headers.push_back({"content-type", type});
    headers.push_back({"x-grpc-web", "1"});
    headers.push_back({"accept-encoding", "gzip"});
    return headers;
  }
};

// The bytes of answers of each of whose pieces the base64 was padded.
std::string Decoded(absl::string_view text) {
  std::string bytes;
  while (!text.empty()) {
    std::string group;
    EXPECT_TRUE(absl::Base64Unescape(text.substr(0, 4), &group)) << text;
    bytes += group;
    text.remove_prefix(std::min<size_t>(4, text.size()));
  }
  return bytes;
}

TEST_F(GrpcWeb, PutsTrailersIntoTheBody) {
  const Response response =
      client_->Fetch("POST", kGetLead, Web("application/grpc-web+proto"),
                     GrpcFrame("hello") + GrpcFrame("again"));

  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.Header("content-type"), "application/grpc-web+proto");
  EXPECT_EQ(response.Header("crm-trace-id").size(), 32u);
  EXPECT_THAT(response.trailers, IsEmpty());
  const std::string messages = GrpcFrame("hello!") + GrpcFrame("again!");
  EXPECT_THAT(response.body, StartsWith(messages));
  const std::string last = response.body.substr(messages.size());
  EXPECT_EQ(last[0], '\x80');
  EXPECT_THAT(last, HasSubstr("grpc-status: 0\r\n"));
  EXPECT_THAT(last, HasSubstr("x-tail: t\r\n"));
}

TEST_F(GrpcWeb, IsGrpcToTheServiceBehind) {
  client_->Fetch("POST", kGetLead, Web("application/grpc-web+proto"),
                 GrpcFrame("hello"));

  const Headers headers = operational_.Calls(kGetLead).at(0).head.headers;
  EXPECT_EQ(*FindHeader(headers, "content-type"), "application/grpc+proto");
  EXPECT_EQ(FindHeader(headers, "x-grpc-web"), nullptr);
  EXPECT_EQ(FindHeader(headers, "accept-encoding"), nullptr);
}

TEST_F(GrpcWeb, TakesAndGivesText) {
  std::string large(200'000, '\0');
  for (size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * 7);

  const Response response =
      client_->Fetch("POST", kGetLead, Web("application/grpc-web-text"),
                     absl::Base64Escape(GrpcFrame("a")) +
                         absl::Base64Escape(GrpcFrame(large)));

  EXPECT_EQ(response.Header("content-type"), "application/grpc-web-text+proto");
  const std::string bytes = Decoded(response.body);
  EXPECT_THAT(bytes, StartsWith(GrpcFrame("a!") + GrpcFrame(large + "!")));
  EXPECT_THAT(bytes, HasSubstr("grpc-status: 0\r\n"));
}

TEST_F(GrpcWeb, SaysWhatIsWrongInTheLastFrame) {
  operational_.Handle(kGetLead, [](const BackendCall&) {
    BackendReply reply;
    reply.status = NotFound("LEAD_NOT_FOUND", "There is none.");
    return reply;
  });

  const Response response = client_->Fetch(
      "POST", kGetLead, Web("application/grpc-web"), GrpcFrame("x"));

  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body[0], '\x80');
  EXPECT_THAT(response.body, HasSubstr("grpc-status: 5\r\n"));
  EXPECT_THAT(response.body, HasSubstr("grpc-message: There is none.\r\n"));
  EXPECT_THAT(response.body, HasSubstr("grpc-status-details-bin: "));
}

TEST_F(GrpcWeb, RefusesCallersItDoesNotKnow) {
  const Response response = client_->Fetch(
      "POST", kGetLead, {{"content-type", "application/grpc-web+proto"}},
      GrpcFrame("x"));

  EXPECT_THAT(response.body, HasSubstr("grpc-status: 16\r\n"));
  EXPECT_THAT(operational_.Calls(kGetLead), IsEmpty());
}

TEST_F(GrpcWeb, EndsACallWhoseTextIsNone) {
  for (const char* body : {"!!!!", "AAAA!!!!", "AAA"}) {
    const Response response = client_->Fetch(
        "POST", kGetLead, Web("application/grpc-web-text"), body);

    const std::string bytes = Decoded(response.body);
    EXPECT_THAT(bytes, HasSubstr("grpc-status: 3\r\n")) << body;
  }
}

TEST_F(GrpcWeb, ReachesTheServicesOfTheGatewayItself) {
  const Response response =
      client_->Fetch("POST", "/grpc.health.v1.Health/Check",
                     Web("application/grpc-web+proto"), GrpcFrame(""));

  EXPECT_THAT(response.body, HasSubstr("grpc-status: 0\r\n"));
}

TEST_F(GrpcWeb, LetsPagesOfItsOriginsAskAndRead) {
  const Response asked =
      client_->Fetch("OPTIONS", kGetLead,
                     {{"origin", kOrigin},
                      {"access-control-request-method", "POST"},
                      {"access-control-request-headers", "authorization"}});
  Headers headers = Web("application/grpc-web+proto");
  headers.push_back({"origin", kOrigin});
  const Response called =
      client_->Fetch("POST", kGetLead, headers, GrpcFrame("x"));

  EXPECT_EQ(asked.status, 204);
  EXPECT_EQ(asked.Header("access-control-allow-origin"), kOrigin);
  EXPECT_THAT(asked.Header("access-control-allow-headers"),
              HasSubstr("x-grpc-web"));
  EXPECT_THAT(called.body, StartsWith(GrpcFrame("x!")));
  EXPECT_EQ(called.Header("access-control-allow-origin"), kOrigin);
  EXPECT_THAT(called.Header("access-control-expose-headers"),
              HasSubstr("grpc-status"));
}

TEST_F(GrpcWeb, TellsPagesOfOtherOriginsNothing) {
  const Response asked =
      client_->Fetch("OPTIONS", "/v1/leads",
                     {{"origin", "https://evil.example.com"},
                      {"access-control-request-method", "POST"}});
  Headers headers = AsAdmin();
  headers.push_back({"origin", "https://evil.example.com"});
  const Response called = client_->Fetch("GET", "/v1/leads/a", headers);

  EXPECT_EQ(asked.Header("access-control-allow-origin"), "");
  EXPECT_NE(asked.status, 204);
  EXPECT_EQ(called.Header("access-control-allow-origin"), "");
}

}  // namespace
}  // namespace crm::gateway
