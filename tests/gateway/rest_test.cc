// REST through the gateway.

#include <string>

#include "crm/operational/v1/customer.pb.h"
#include "crm/platform/v1/change.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.pb.h"
#include "gtest/gtest.h"
#include "shared/base/errors.h"
#include "tests/gateway/gateway_fixture.h"
#include "tests/support/matchers.h"

namespace crm::gateway {
namespace {

using ::crm::operational::v1::Customer;
using ::crm::operational::v1::UpdateCustomerRequest;
using ::crm::testing::EqualsProto;
using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kService[] = "/crm.operational.v1.CustomerService/";

using Rest = GatewayTest;

Headers Json(Headers headers) {
  headers.push_back({"content-type", "application/json; charset=utf-8"});
  return headers;
}

TEST_F(Rest, WeavesTheRequestAndAnswersWithJson) {
  operational_.Handle(
      std::string(kService) + "UpdateCustomer", [](const BackendCall& call) {
        UpdateCustomerRequest request;
        request.ParseFromString(call.messages[0]);
        request.mutable_customer()->set_etag("\"2\"");
        BackendReply reply;
        reply.metadata = {{"crm-token", "t1"}, {"x-private", "p"}};
        reply.messages = {request.customer().SerializeAsString()};
        return reply;
      });
  Headers headers = Json(AsAdmin());
  headers.push_back({"if-match", "\"1\""});
  headers.push_back({"idempotency-key", "k"});
  headers.push_back({"crm-token", "t0"});
  headers.push_back({"x-request-id", "r1"});

  const Response response =
      client_->Fetch("PATCH", "/v1/customers/ada?updateMask=displayName",
                     headers, R"({"displayName":"Ada"})");

  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body,
            "{\"name\":\"customers/ada\",\"displayName\":\"Ada\","
            "\"etag\":\"\\\"2\\\"\"}\n");
  EXPECT_EQ(response.Header("content-type"), "application/json");
  EXPECT_EQ(response.Header("etag"), "\"2\"");
  EXPECT_EQ(response.Header("crm-token"), "t1");
  EXPECT_EQ(response.Header("x-request-id"), "r1");
  EXPECT_EQ(response.Header("x-private"), "");
  EXPECT_EQ(response.Header("crm-trace-id").size(), 32u);
  const BackendCall call =
      operational_.Calls(std::string(kService) + "UpdateCustomer").at(0);
  EXPECT_EQ(*FindHeader(call.head.headers, "crm-token"), "t0");
  UpdateCustomerRequest request;
  ASSERT_TRUE(request.ParseFromString(call.messages.at(0)));
  EXPECT_THAT(
      request, EqualsProto(R"pb(
        customer { name: "customers/ada" display_name: "Ada" etag: "\"1\"" }
        update_mask { paths: "display_name" }
        request_id: "k"
      )pb"));
}

TEST_F(Rest, AnswersErrorsAsStatusJson) {
  operational_.Handle(
      std::string(kService) + "GetCustomer", [](const BackendCall&) {
        BackendReply reply;
        reply.status =
            WithRetryAfter(ResourceExhausted("SLOW_DOWN", "Too many."),
                           absl::Milliseconds(1500));
        return reply;
      });

  const Response response =
      client_->Fetch("GET", "/v1/customers/ada", AsAdmin());

  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(response.Header("retry-after"), "2");
  EXPECT_THAT(response.body, HasSubstr(R"("code":8,"message":"Too many.")"));
  EXPECT_THAT(response.body, HasSubstr(R"("reason":"SLOW_DOWN")"));
}

TEST_F(Rest, AsksForAnotherTryWhenAStoppingBackendDropsTheCall) {
  operational_.Handle(std::string(kService) + "GetCustomer",
                      [](const BackendCall&) {
                        BackendReply reply;
                        reply.status = absl::CancelledError("stopping");
                        return reply;
                      });

  const Response response =
      client_->Fetch("GET", "/v1/customers/ada", AsAdmin());

  EXPECT_EQ(response.status, 503);
  EXPECT_THAT(response.body, HasSubstr("BACKEND_UNAVAILABLE"));
}

TEST_F(Rest, RefusesBadRequestsWithoutAskingAnyone) {
  struct Case {
    std::string method;
    std::string path;
    std::string body;
    int status;
    std::string reason;
  };
  for (const Case& c : std::vector<Case>{
           {"GET", "/v1/nothing", "", 404, "ROUTE_NOT_FOUND"},
           {"GET", "/internal/v1/feed:read", "", 404, "ROUTE_NOT_FOUND"},
           {"PUT", "/v1/customers", "", 405, "METHOD_NOT_ALLOWED"},
           {"GET", "/v1/%ff", "", 400, "BAD_URL"},
           {"GET", "/v1/customers?a=1", "", 400, "BAD_REQUEST"},
           {"POST", "/v1/customers", "{", 400, "BAD_JSON"},
           {"POST", "/v1/customers", "{\"x\":1}", 400, "BAD_REQUEST"},
           {"GET", "/v1/customers", "{}", 400, "BODY_NOT_ALLOWED"},
           {"POST", "/v1/customers", std::string(1024 * 1024 + 1, ' '), 413,
            "BODY_TOO_LARGE"}}) {
    SCOPED_TRACE(c.method + " " + c.path);
    const Response response =
        client_->Fetch(c.method, c.path, Json(AsAdmin()), c.body);

    EXPECT_EQ(response.status, c.status);
    EXPECT_THAT(response.body, HasSubstr(c.reason));
  }
}

TEST_F(Rest, RefusesBodiesOfOtherTypes) {
  Headers headers = AsAdmin();
  headers.push_back({"content-type", "text/plain"});

  EXPECT_EQ(client_->Fetch("POST", "/v1/customers", headers, "{}").status, 415);
}

TEST_F(Rest, AsksWhoCallsBeforeAnythingElse) {
  const Response response = client_->Fetch("GET", "/v1/nothing");

  EXPECT_EQ(response.status, 401);
  EXPECT_EQ(response.Header("www-authenticate"), "Bearer");
}

TEST_F(Rest, StreamsChangesAsLinesAndAsEvents) {
  const auto stream = [](const BackendCall&) {
    platform::v1::Change change;
    change.set_event_id("e1");
    BackendReply reply;
    reply.messages = {change.SerializeAsString()};
    reply.hang = true;
    return reply;
  };
  const auto quiet = [](const BackendCall&) {
    BackendReply reply;
    reply.hang = true;
    return reply;
  };
  constexpr char kWatch[] = "/crm.platform.v1.ChangeService/Watch";
  operational_.Handle(kWatch, stream);
  analytical_.Handle(kWatch, quiet);
  collaborative_.Handle(kWatch, quiet);
  Headers events = AsAdmin();
  events.push_back({"accept", "text/event-stream"});
  const auto some = [](const Response& r) { return !r.body.empty(); };

  const Response lines =
      client_->FetchUntil("GET", "/v1/changes:watch", AsAdmin(), "", some);
  const Response sse =
      client_->FetchUntil("GET", "/v1/changes:watch", events, "", some);

  EXPECT_EQ(lines.Header("content-type"), "application/x-ndjson");
  EXPECT_EQ(lines.body, "{\"eventId\":\"e1\",\"resumeToken\":\"w1\"}\n");
  EXPECT_EQ(sse.Header("content-type"), "text/event-stream");
  EXPECT_EQ(sse.body, "data: {\"eventId\":\"e1\",\"resumeToken\":\"w1\"}\n\n");
}

TEST_F(Rest, ServesItsPagesToAnyone) {
  EXPECT_THAT(client_->Fetch("GET", "/").body, HasSubstr("/openapi.json"));
  EXPECT_THAT(client_->Fetch("GET", "/healthz").body, HasSubstr("SERVING"));
  const Response openapi = client_->Fetch("GET", "/openapi.json");
  EXPECT_THAT(openapi.body, HasSubstr("\"/v1/customers/{customersId}\""));
  EXPECT_THAT(openapi.body, HasSubstr("Gets a customer, a deleted one too."));
  google::protobuf::FileDescriptorSet files;
  ASSERT_TRUE(
      files.ParseFromString(client_->Fetch("GET", "/descriptors").body));
  std::vector<std::string> names;
  for (const auto& file : files.file()) names.push_back(file.name());
  EXPECT_THAT(names, Contains("crm/operational/v1/customer.proto"));
  EXPECT_THAT(names, Contains("google/api/annotations.proto"));
  EXPECT_THAT(names, Each(Not(HasSubstr("crm/internal/"))));
  EXPECT_EQ(client_->Fetch("GET", "/metrics").status, 401);
}

TEST_F(Rest, ServesMetricsToOperators) {
  client_->Fetch("GET", "/healthz");
  Client admin(app_->admin_port());

  EXPECT_THAT(admin.Fetch("GET", "/metrics").body,
              HasSubstr("crm_gateway_calls_total"));
  EXPECT_THAT(admin.Fetch("GET", "/readyz").body, HasSubstr("\"ready\":true"));
  EXPECT_EQ(admin.Fetch("GET", "/v1/customers").status, 404);
}

}  // namespace
}  // namespace crm::gateway
