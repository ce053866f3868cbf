// gRPC through the gateway.

#include <string>

#include "gmock/gmock.h"
#include "google/rpc/status.pb.h"
#include "gtest/gtest.h"
#include "shared/base/errors.h"
#include "tests/gateway/gateway_fixture.h"
#include "tests/support/matchers.h"

namespace crm::gateway {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kGetLead[] = "/crm.operational.v1.LeadService/GetLead";

std::string ValueOf(const Headers& headers, absl::string_view name) {
  const std::string* value = FindHeader(headers, name);
  return value == nullptr ? "" : *value;
}

using Grpc = GatewayTest;

TEST_F(Grpc, PassesBytesMetadataAndTrailersUntouched) {
  const std::string odd("\x00\xff not a message", 17);
  operational_.Handle(kGetLead, [&](const BackendCall& call) {
    BackendReply reply;
    reply.metadata = {{"x-head", ValueOf(call.head.headers, "x-mine")}};
    reply.messages = {call.messages[0] + "!"};
    reply.trailers = {{"x-tail-bin", "AAE"}};
    return reply;
  });
  Headers metadata = AsAdmin();
  metadata.push_back({"x-mine", "a"});
  metadata.push_back({"x-mine-bin", "AAEC"});

  const GrpcResult result = client_->Call(kGetLead, {odd}, metadata);

  EXPECT_THAT(result.status, IsOk());
  EXPECT_THAT(result.messages, ElementsAre(odd + "!"));
  EXPECT_EQ(ValueOf(result.headers, "x-head"), "a");
  EXPECT_EQ(ValueOf(result.trailers, "x-tail-bin"), "AAE");
  const BackendCall call = operational_.Calls(kGetLead).at(0);
  EXPECT_EQ(ValueOf(call.head.headers, "x-mine-bin"), "AAEC");
  EXPECT_EQ(ValueOf(call.head.headers, "authorization"), metadata[0].value);
}

TEST_F(Grpc, GivesEveryCallATraceAndADeadline) {
  const GrpcResult result = client_->Call(kGetLead, {""}, AsAdmin());

  const Headers headers = operational_.Calls(kGetLead).at(0).head.headers;
  EXPECT_THAT(ValueOf(headers, "traceparent"),
              ::testing::HasSubstr(ValueOf(result.headers, "crm-trace-id")));
  EXPECT_THAT(ValueOf(headers, "grpc-timeout"),
              ::testing::MatchesRegex("(29|30)[0-9]{3}m"));
}

TEST_F(Grpc, StripsWhatOnlyInsidersMaySay) {
  Headers metadata = AsAdmin();
  metadata.push_back({"x-crm-tenant", "other"});
  metadata.push_back({"x-forwarded-for", "1.2.3.4"});

  client_->Call(kGetLead, {""}, metadata);

  const Headers headers = operational_.Calls(kGetLead).at(0).head.headers;
  EXPECT_EQ(FindHeader(headers, "x-crm-tenant"), nullptr);
  EXPECT_EQ(FindHeader(headers, "x-forwarded-for"), nullptr);
}

TEST_F(Grpc, PassesErrorsWithTheirDetails) {
  const absl::Status error =
      FailedPrecondition("LEAD_NOT_QUALIFIED", "100 % no", "leads/a");
  operational_.Handle(kGetLead, [&](const BackendCall&) {
    BackendReply reply;
    reply.status = error;
    return reply;
  });

  EXPECT_EQ(client_->Call(kGetLead, {""}, AsAdmin()).status, error);
}

// Clients repeat only a call whose answer is a head alone.
TEST_F(Grpc, AnErrorWithoutMessagesIsAHeadAlone) {
  operational_.Handle(kGetLead, [&](const BackendCall&) {
    BackendReply reply;
    reply.metadata = {{"x-head", "h"}};
    reply.trailers = {{"grpc-retry-pushback-ms", "7"}};
    reply.status = Unavailable("OVERLOADED", "Try again.");
    return reply;
  });

  const GrpcResult passed = client_->Call(kGetLead, {""}, AsAdmin());
  const GrpcResult own = client_->Call(kGetLead, {""});

  EXPECT_EQ(ValueOf(passed.headers, "grpc-status"), "14");
  EXPECT_EQ(ValueOf(passed.headers, "grpc-retry-pushback-ms"), "7");
  EXPECT_EQ(ValueOf(passed.headers, "x-head"), "h");
  EXPECT_EQ(ValueOf(passed.headers, "crm-trace-id").size(), 32u);
  EXPECT_THAT(passed.trailers, IsEmpty());
  EXPECT_EQ(ValueOf(own.headers, "grpc-status"), "16");
  EXPECT_THAT(own.trailers, IsEmpty());
}

TEST_F(Grpc, PassesAnErrorAfterMessages) {
  operational_.Handle(kGetLead, [&](const BackendCall&) {
    BackendReply reply;
    reply.messages = {"one", std::string(300'000, 'x')};
    reply.status = Aborted("LATE", "Too late.");
    return reply;
  });

  const GrpcResult result = client_->Call(kGetLead, {""}, AsAdmin());

  EXPECT_THAT(result.status, StatusIs(absl::StatusCode::kAborted, "LATE"));
  EXPECT_EQ(result.messages.size(), 2u);
  EXPECT_EQ(result.messages.at(1).size(), 300'000u);
}

TEST_F(Grpc, RefusesCallersItDoesNotKnow) {
  EXPECT_THAT(
      client_->Call(kGetLead, {""}).status,
      StatusIs(absl::StatusCode::kUnauthenticated, "CREDENTIAL_MISSING"));
  EXPECT_THAT(
      client_->Call(kGetLead, {""}, {{"authorization", "Basic YTpi"}}).status,
      StatusIs(absl::StatusCode::kUnauthenticated, "CREDENTIAL_MALFORMED"));
  EXPECT_THAT(
      client_->Call(kGetLead, {""}, {{"authorization", "Bearer a.b.c"}}).status,
      ::testing::Property(&absl::Status::code,
                          absl::StatusCode::kUnauthenticated));
  EXPECT_THAT(operational_.Calls(kGetLead), IsEmpty());
}

TEST_F(Grpc, HidesUnknownAndInternalMethods) {
  for (const char* path :
       {"/crm.internal.v1.Feed/Read", "/crm.operational.v1.LeadService/Nope",
        "/no.such.Service/Get", "/x"}) {
    SCOPED_TRACE(path);
    EXPECT_THAT(client_->Call(path, {""}, AsAdmin()).status,
                StatusIs(absl::StatusCode::kUnimplemented, "METHOD_NOT_FOUND"));
  }
}

TEST_F(Grpc, EndsACallAtItsDeadlineOnBothSides) {
  operational_.Handle(kGetLead, [](const BackendCall&) {
    BackendReply reply;
    reply.hang = true;
    return reply;
  });
  Headers metadata = AsAdmin();
  metadata.push_back({"grpc-timeout", "50m"});

  EXPECT_THAT(
      client_->Call(kGetLead, {""}, metadata).status,
      StatusIs(absl::StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED"));
  EXPECT_TRUE(operational_.SawResets(1));
}

TEST_F(Grpc, PassesACancellationOn) {
  operational_.Handle(kGetLead, [](const BackendCall&) {
    BackendReply reply;
    reply.messages = {"first"};
    reply.hang = true;
    return reply;
  });
  Headers metadata = AsAdmin();
  metadata.push_back({"content-type", "application/grpc"});

  client_->FetchUntil("POST", kGetLead, metadata, std::string(5, '\0'),
                      [](const Response& r) { return !r.body.empty(); });

  EXPECT_TRUE(operational_.SawResets(1));
}

TEST_F(Grpc, RefusesAMalformedTimeout) {
  Headers metadata = AsAdmin();
  metadata.push_back({"grpc-timeout", "soon"});

  EXPECT_THAT(
      client_->Call(kGetLead, {""}, metadata).status,
      StatusIs(absl::StatusCode::kInvalidArgument, "TIMEOUT_MALFORMED"));
}

}  // namespace
}  // namespace crm::gateway
