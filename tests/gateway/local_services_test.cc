// The services that the gateway answers itself, through its port.

#include <map>
#include <string>
#include <vector>

#include "crm/internal/v1/slice.pb.h"
#include "crm/platform/v1/audit_chain.pb.h"
#include "crm/platform/v1/audit_entry.pb.h"
#include "crm/platform/v1/change.pb.h"
#include "crm/platform/v1/operations.pb.h"
#include "crm/profile/v1/profile.pb.h"
#include "gateway/local/resume_token.h"
#include "gateway/transcode/grpc_wire.h"
#include "gmock/gmock.h"
#include "grpc/reflection/v1/reflection.pb.h"
#include "gtest/gtest.h"
#include "shared/base/errors.h"
#include "shared/call/consistency_token.h"
#include "tests/gateway/gateway_fixture.h"
#include "tests/support/matchers.h"

namespace crm::gateway {
namespace {

using ::crm::internal::v1::ReadSlicesRequest;
using ::crm::internal::v1::ReadSlicesResponse;
using ::crm::internal::v1::SliceEnvelope;
using ::crm::platform::v1::Change;
using ::crm::platform::v1::WatchRequest;
using ::crm::profile::v1::GetProfileRequest;
using ::crm::profile::v1::Profile;
using ::crm::profile::v1::Slice;
using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;
using ::testing::ElementsAre;

constexpr char kReadSlices[] = "/crm.internal.v1.SliceService/Read";
constexpr char kGetProfile[] = "/crm.profile.v1.ProfileService/GetProfile";
constexpr char kWatch[] = "/crm.platform.v1.ChangeService/Watch";
constexpr char kListAudit[] = "/crm.platform.v1.AuditService/ListAuditEntries";

// Answers SliceService.Read with empty slices of version 3 in `state`.
FakeBackend::Handler Slices(
    SliceEnvelope::State state = SliceEnvelope::PRESENT) {
  return [state](const BackendCall& call) {
    ReadSlicesRequest request;
    request.ParseFromString(call.messages[0]);
    ReadSlicesResponse response;
    for (const std::string& name : request.slices()) {
      SliceEnvelope& slice = *response.add_slices();
      slice.set_slice(name);
      slice.set_state(state);
      slice.set_feed_epoch(1);
      slice.set_version(3);
    }
    BackendReply reply;
    reply.messages = {response.SerializeAsString()};
    return reply;
  };
}

std::string ProfileRequest() {
  GetProfileRequest request;
  request.set_name("customers/ada/profile");
  return request.SerializeAsString();
}

using LocalServicesTest = GatewayTest;

TEST_F(LocalServicesTest, ComposesAProfileOfAllOwners) {
  operational_.Handle(kReadSlices, Slices());
  analytical_.Handle(kReadSlices, Slices());
  collaborative_.Handle(kReadSlices, Slices());

  const GrpcResult result =
      client_->Call(kGetProfile, {ProfileRequest()}, AsAdmin());

  ASSERT_THAT(result.status, IsOk());
  Profile profile;
  ASSERT_TRUE(profile.ParseFromString(result.messages.at(0)));
  ASSERT_EQ(profile.slices_size(), 5);
  for (const Slice& slice : profile.slices()) {
    EXPECT_EQ(slice.state(), Slice::FRESH) << slice.DebugString();
    EXPECT_EQ(slice.source_version().version(), 3);
  }
  ReadSlicesRequest asked;
  asked.ParseFromString(operational_.Calls(kReadSlices).at(0).messages.at(0));
  EXPECT_EQ(asked.customer(), "customers/ada");
  EXPECT_THAT(asked.slices(), ElementsAre("IDENTITY", "COMMERCIAL"));
}

TEST_F(LocalServicesTest, SaysWhichSlicesNobodyGave) {
  operational_.Handle(kReadSlices, Slices());
  analytical_.Handle(kReadSlices, [](const BackendCall&) {
    BackendReply reply;
    reply.status = Unavailable("DRAINING", "Going away.");
    return reply;
  });
  collaborative_.Handle(kReadSlices, Slices());

  const Response response =
      client_->Fetch("GET", "/v1/customers/ada/profile", AsAdmin());

  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.body,
              ::testing::HasSubstr(
                  R"("kind":"SCORES","state":"MISSING","service":"analytical",)"
                  R"("reason":"SERVICE_UNREACHABLE")"));
}

TEST_F(LocalServicesTest, FindsNoProfileOfAnUnknownCustomer) {
  operational_.Handle(kReadSlices, Slices(SliceEnvelope::ABSENT));
  analytical_.Handle(kReadSlices, Slices(SliceEnvelope::ABSENT));
  collaborative_.Handle(kReadSlices, Slices(SliceEnvelope::ABSENT));

  EXPECT_THAT(client_->Call(kGetProfile, {ProfileRequest()}, AsAdmin()).status,
              StatusIs(absl::StatusCode::kNotFound, "CUSTOMER_NOT_FOUND"));
}

TEST_F(LocalServicesTest, TellsOwnersWhatTheCallerHasSeen) {
  operational_.Handle(kReadSlices, Slices());
  analytical_.Handle(kReadSlices, Slices());
  collaborative_.Handle(kReadSlices, Slices());
  const ConsistencyToken token{
      .service = "operational",
      .feed_epoch = 1,
      .keys = {{OrderingKeyHash("acme", "customers/ada"), 3}}};
  Headers metadata = AsAdmin();
  metadata.push_back({"crm-token", EncodeConsistencyToken(token, secret_)});

  const GrpcResult result =
      client_->Call(kGetProfile, {ProfileRequest()}, metadata);

  Profile profile;
  ASSERT_TRUE(profile.ParseFromString(result.messages.at(0)));
  EXPECT_EQ(profile.slices(0).state(), Slice::FRESH);
  // The scores say nothing of the operational service's change.
  EXPECT_EQ(profile.slices(2).reason(), "TOKEN_NOT_REACHED");
  ReadSlicesRequest asked;
  asked.ParseFromString(analytical_.Calls(kReadSlices).at(0).messages.at(0));
  EXPECT_EQ(asked.min_service(), "operational");
  EXPECT_EQ(asked.min_key_version(), 3);
}

TEST_F(LocalServicesTest, TellsOwnersHowMuchDependsOnAProfile) {
  operational_.Handle(kReadSlices, Slices());
  analytical_.Handle(kReadSlices, Slices());
  collaborative_.Handle(kReadSlices, Slices());
  const auto criticality_of = [](const BackendCall& call) {
    std::string values;
    for (const Header& header : call.head.headers) {
      if (header.name == "crm-criticality") values += header.value + ";";
    }
    return values;
  };

  for (const char* asked : {"", "SHEDDABLE", "no class"}) {
    Headers metadata = AsAdmin();
    if (*asked != 0) metadata.push_back({"crm-criticality", asked});
    client_->Call(kGetProfile, {ProfileRequest()}, metadata);
  }

  for (const FakeBackend* owner : {&operational_, &analytical_}) {
    const auto calls = owner->Calls(kReadSlices);
    ASSERT_EQ(calls.size(), 3);
    EXPECT_EQ(criticality_of(calls[0]), "CRITICAL;");
    EXPECT_EQ(criticality_of(calls[1]), "SHEDDABLE;");
    EXPECT_EQ(criticality_of(calls[2]), "CRITICAL;");
  }
}

TEST_F(LocalServicesTest, ChecksAProfileRequest) {
  GetProfileRequest bad;
  bad.set_name("customers/ada");
  GetProfileRequest unserved;
  unserved.set_name("customers/ada/profile");
  unserved.add_slices(Slice::LOYALTY);
  Headers forged = AsAdmin();
  forged.push_back({"crm-token", "forged"});

  EXPECT_THAT(
      client_->Call(kGetProfile, {bad.SerializeAsString()}, As({})).status,
      StatusIs(absl::StatusCode::kPermissionDenied, "PERMISSION_DENIED"));
  EXPECT_THAT(
      client_->Call(kGetProfile, {bad.SerializeAsString()}, AsAdmin()).status,
      StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(
      client_->Call(kGetProfile, {unserved.SerializeAsString()}, AsAdmin())
          .status,
      StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(client_->Call(kGetProfile, {"\xff"}, AsAdmin()).status,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_MESSAGE"));
  EXPECT_THAT(client_->Call(kGetProfile, {ProfileRequest()}, forged).status,
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "CONSISTENCY_TOKEN_INVALID"));
}

TEST_F(LocalServicesTest, WatchesAllServicesAndResumesEach) {
  const auto changes = [](const std::string& service) {
    return [service](const BackendCall& call) {
      WatchRequest request;
      request.ParseFromString(call.messages[0]);
      Change change;
      change.set_service(service);
      change.set_resume_token(request.resume_token() + "+");
      BackendReply reply;
      reply.messages = {change.SerializeAsString()};
      reply.hang = true;
      return reply;
    };
  };
  operational_.Handle(kWatch, changes("operational"));
  analytical_.Handle(kWatch, changes("analytical"));
  collaborative_.Handle(kWatch, changes("collaborative"));
  WatchRequest request;
  request.set_resume_token(EncodeResumeToken(
      {{"analytical", "a"}, {"collaborative", "c"}, {"operational", "o"}}));
  Headers headers = AsAdmin();
  headers.push_back({"content-type", "application/grpc"});
  const auto read = [](const std::string& body) {
    GrpcFrameReader reader;
    reader.Append(body);
    std::vector<Change> all;
    for (auto next = reader.Next(); next.ok() && next->has_value();
         next = reader.Next()) {
      all.emplace_back().ParseFromString(**next);
    }
    return all;
  };

  const Response response = client_->FetchUntil(
      "POST", kWatch, headers, GrpcFrame(request.SerializeAsString()),
      [&](const Response& r) { return read(r.body).size() == 3; });

  const std::vector<Change> all = read(response.body);
  ASSERT_EQ(all.size(), 3u);
  const auto tokens = DecodeResumeToken(all.back().resume_token());
  ASSERT_TRUE(tokens.ok());
  EXPECT_EQ(*tokens, (ResumeTokens{{"analytical", "a+"},
                                   {"collaborative", "c+"},
                                   {"operational", "o+"}}));
  EXPECT_TRUE(operational_.SawResets(1));
}

TEST_F(LocalServicesTest, EndsAWatchThatAServiceRefuses) {
  const auto quiet = [](const BackendCall&) {
    BackendReply reply;
    reply.hang = true;
    return reply;
  };
  analytical_.Handle(kWatch, quiet);
  collaborative_.Handle(kWatch, quiet);
  operational_.Handle(kWatch, [](const BackendCall&) {
    BackendReply reply;
    reply.status = OutOfRange("RESUME_TOKEN_OLD", "Start anew.");
    return reply;
  });

  EXPECT_THAT(client_->Call(kWatch, {""}, AsAdmin()).status,
              StatusIs(absl::StatusCode::kOutOfRange, "RESUME_TOKEN_OLD"));
}

TEST_F(LocalServicesTest, FindsOperationsByTheServiceInTheirName) {
  analytical_.Handle("/crm.platform.v1.Operations/GetOperation",
                     [](const BackendCall&) {
                       google::longrunning::Operation operation;
                       operation.set_name("operations/analytical-1");
                       platform::v1::OperationMetadata metadata;
                       metadata.set_verb("export");
                       operation.mutable_metadata()->PackFrom(metadata);
                       BackendReply reply;
                       reply.messages = {operation.SerializeAsString()};
                       return reply;
                     });

  EXPECT_EQ(
      client_->Fetch("GET", "/v1/operations/analytical-1", AsAdmin()).body,
      "{\"name\":\"operations/analytical-1\",\"metadata\":{\"@type\":"
      "\"type.googleapis.com/crm.platform.v1.OperationMetadata\",\"verb\":"
      "\"export\"}}\n");
  EXPECT_EQ(client_->Fetch("GET", "/v1/operations/other-1", AsAdmin()).status,
            404);
}

TEST_F(LocalServicesTest, ReadsTheAuditChainOfTheServiceInTheName) {
  constexpr char kRead[] = "/crm.platform.v1.AuditChainService/ReadAuditChain";
  platform::v1::ReadAuditChainResponse chain;
  chain.set_head_n(7);
  collaborative_.Handle(kRead, [&](const BackendCall&) {
    BackendReply reply;
    reply.messages = {chain.SerializeAsString()};
    return reply;
  });
  platform::v1::ReadAuditChainRequest request;
  request.set_name("auditChains/collaborative");

  const GrpcResult result =
      client_->Call(kRead, {request.SerializeAsString()}, AsAdmin());

  EXPECT_THAT(result.status, IsOk());
  EXPECT_THAT(result.messages, ElementsAre(chain.SerializeAsString()));
  request.set_name("auditChains/nobody");
  EXPECT_THAT(
      client_->Call(kRead, {request.SerializeAsString()}, AsAdmin()).status,
      StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
}

TEST_F(LocalServicesTest, MergesTheAuditEntriesOfAllServices) {
  const auto entries = [](std::vector<std::pair<std::string, int64_t>> rows) {
    return [rows](const BackendCall&) {
      platform::v1::ListAuditEntriesResponse response;
      for (const auto& [name, seconds] : rows) {
        auto& entry = *response.add_audit_entries();
        entry.set_name(name);
        entry.mutable_event_time()->set_seconds(seconds);
      }
      BackendReply reply;
      reply.messages = {response.SerializeAsString()};
      return reply;
    };
  };
  operational_.Handle(kListAudit, entries({{"auditEntries/operational-b", 9},
                                           {"auditEntries/operational-a", 1}}));
  collaborative_.Handle(kListAudit,
                        entries({{"auditEntries/collaborative-c", 5}}));
  std::vector<std::string> names;
  platform::v1::ListAuditEntriesRequest request;
  request.set_page_size(2);

  do {
    const GrpcResult result =
        client_->Call(kListAudit, {request.SerializeAsString()}, AsAdmin());
    ASSERT_THAT(result.status, IsOk());
    platform::v1::ListAuditEntriesResponse page;
    ASSERT_TRUE(page.ParseFromString(result.messages.at(0)));
    for (const auto& entry : page.audit_entries()) {
      names.push_back(entry.name());
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());

  EXPECT_THAT(names, ElementsAre("auditEntries/operational-b",
                                 "auditEntries/collaborative-c",
                                 "auditEntries/operational-a"));
}

TEST_F(LocalServicesTest, ReflectsItsServicesWithoutACredential) {
  grpc::reflection::v1::ServerReflectionRequest list;
  list.set_list_services("");
  grpc::reflection::v1::ServerReflectionRequest file;
  file.set_file_containing_symbol("crm.profile.v1.ProfileService.GetProfile");
  grpc::reflection::v1::ServerReflectionRequest unknown;
  unknown.set_file_containing_symbol("no.such.Thing");

  for (const char* version : {"v1", "v1alpha"}) {
    const GrpcResult result =
        client_->Call(std::string("/grpc.reflection.") + version +
                          ".ServerReflection/ServerReflectionInfo",
                      {list.SerializeAsString(), file.SerializeAsString(),
                       unknown.SerializeAsString()});

    ASSERT_THAT(result.status, IsOk());
    ASSERT_EQ(result.messages.size(), 3u);
    std::vector<grpc::reflection::v1::ServerReflectionResponse> answers(3);
    for (size_t i = 0; i < 3; ++i) {
      ASSERT_TRUE(answers[i].ParseFromString(result.messages[i]));
    }
    EXPECT_GT(answers[0].list_services_response().service_size(), 10);
    EXPECT_GT(
        answers[1].file_descriptor_response().file_descriptor_proto_size(), 5);
    EXPECT_EQ(answers[2].error_response().error_code(), 5);
  }
}

TEST_F(LocalServicesTest, TellsItsHealth) {
  EXPECT_THAT(client_->Call("/grpc.health.v1.Health/Check", {""}).messages,
              ElementsAre(std::string("\x08\x01")));
  EXPECT_THAT(
      client_->Call("/grpc.health.v1.Health/Check", {"\x0A\x01x"}).status,
      StatusIs(absl::StatusCode::kNotFound, "SERVICE_UNKNOWN"));
}

}  // namespace
}  // namespace crm::gateway
