// Every method of a running service against input that is no request of it:
// a typed error each time, and nothing changes.

#include <random>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/lead.pb.h"
#include "crm/platform/v1/change.pb.h"
#include "services/host/platform_bindings.h"
#include "services/operational/app.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"

namespace crm {
namespace {

namespace v1 = ::crm::operational::v1;
using ::crm::testing::ApiAnswer;
using ::crm::testing::ApiClient;
using ::crm::testing::ApiOptions;
using ::crm::testing::IsOk;
using ::crm::testing::NewMessage;
using ::crm::testing::Proto;
using ::crm::testing::ServiceHarness;
using ::crm::testing::StatusIs;
using ::crm::testing::TestAuthority;
using ::google::protobuf::MethodDescriptor;

class BadInputTest : public ::testing::Test {
 protected:
  BadInputTest()
      : service_(authority_, "operational", operational::MakeOperational),
        token_(authority_.Token("acme", "user:ada", {"everyone"})) {
    v1::CreateLeadRequest request;
    request.set_lead_id("there");
    request.mutable_lead()->set_display_name("There");
    EXPECT_THAT(service_.client().Call<v1::Lead>(
                    "crm.operational.v1.LeadService.CreateLead", request,
                    {.token = token_}),
                IsOk());
    records_ = CountRecords();
    auto services = service_.host().service().application.Services();
    for (const auto* service : PlatformServices()) services.push_back(service);
    for (const auto* service : services) {
      for (int i = 0; i < service->method_count(); ++i) {
        methods_.push_back(service->method(i));
      }
    }
  }

  ~BadInputTest() override { EXPECT_EQ(CountRecords(), records_); }

  int64_t CountRecords() {
    int64_t count = 0;
    EXPECT_THAT(service_.host().database().Read(
                    absl::Now() + absl::Seconds(30),
                    [&](SqlReader& reader) -> absl::Status {
                      const auto rows = reader.Query(
                          "SELECT (SELECT COUNT(*) FROM outbox) + "
                          "(SELECT COUNT(*) FROM request_log)",
                          {});
                      if (!rows.ok()) return rows.status();
                      count = std::get<int64_t>((*rows)[0][0]);
                      return absl::OkStatus();
                    }),
                IsOk());
    return count;
  }

  // A token that every method's permission lets through.
  ApiOptions Allowed(const MethodDescriptor* method) {
    const std::string& service = method->service()->full_name();
    return {.token = service == "crm.internal.v1.Feed" ||
                             service == "crm.internal.v1.Consumers"
                         ? authority_.SystemToken()
                         : token_};
  }

  absl::Status Send(const MethodDescriptor* method, const std::string& bytes) {
    return service_.client().CallBytes(method, bytes, Allowed(method)).status;
  }

  TestAuthority authority_;
  ServiceHarness service_;
  const std::string token_;
  int64_t records_ = 0;
  std::vector<const MethodDescriptor*> methods_;
};

// Errors of our own making have a reason; INTERNAL and UNKNOWN would be bugs.
MATCHER(IsTypedOrOk, "") {
  *result_listener << arg.ToString();
  return arg.ok() || (!ErrorReason(arg).empty() &&
                      arg.code() != absl::StatusCode::kInternal &&
                      arg.code() != absl::StatusCode::kUnknown);
}

TEST_F(BadInputTest, BytesThatAreNoMessageAreRefused) {
  for (const MethodDescriptor* method : methods_) {
    EXPECT_THAT(
        Send(method, "\xFF\xFF\xFF\xFF"),
        StatusIs(absl::StatusCode::kInvalidArgument, "REQUEST_MALFORMED"))
        << method->full_name();
  }
}

TEST_F(BadInputTest, RandomBytesNeverChangeAnything) {
  std::mt19937_64 random(20'240'601);
  std::uniform_int_distribution<int> length(1, 64);
  std::uniform_int_distribution<int> byte(0, 255);
  for (const MethodDescriptor* method : methods_) {
    if (method->server_streaming()) continue;
    for (int i = 0; i < 25; ++i) {
      std::string bytes(static_cast<size_t>(length(random)), '\0');
      for (char& c : bytes) c = static_cast<char>(byte(random));
      EXPECT_THAT(Send(method, bytes), IsTypedOrOk()) << method->full_name();
    }
  }
}

// Small changes of something valid get further than noise does.
TEST_F(BadInputTest, SpoiltRequestsNeverChangeAnything) {
  std::mt19937_64 random(20'240'602);
  const auto* method =
      ApiClient::MethodOf("crm.operational.v1.LeadService.CreateLead");
  const std::string valid =
      Proto<v1::CreateLeadRequest>(
          "validate_only: true lead_id: 'new-lead' lead { display_name: "
          "'New' email: 'a@b.example' phone: '+4930123' labels { key: 'a' "
          "value: 'b' } source { } }")
          .SerializeAsString();
  ASSERT_THAT(Send(method, valid), IsOk());
  // The flag comes last in the bytes and is left alone.
  for (int i = 0; i < 500; ++i) {
    std::string spoilt = valid;
    spoilt[random() % (spoilt.size() - 2)] ^=
        static_cast<char>(1u << (random() % 8));
    EXPECT_THAT(Send(method, spoilt), IsTypedOrOk());
  }
}

TEST_F(BadInputTest, MessagesThatAreTooLargeAreRefused) {
  const std::string large(5 << 20, 'x');
  for (const MethodDescriptor* method : methods_) {
    EXPECT_EQ(Send(method, large).code(), absl::StatusCode::kResourceExhausted)
        << method->full_name();
  }
}

TEST_F(BadInputTest, TextThatIsNoUtf8IsRefused) {
  const auto* method =
      ApiClient::MethodOf("crm.operational.v1.LeadService.CreateLead");
  std::string bytes =
      Proto<v1::CreateLeadRequest>("lead { display_name: 'AB' }")
          .SerializeAsString();
  bytes[bytes.find("AB")] = '\xC3';

  EXPECT_THAT(Send(method, bytes), StatusIs(absl::StatusCode::kInvalidArgument,
                                            "REQUEST_MALFORMED"));
}

TEST_F(BadInputTest, DeepFiltersAreRefused) {
  const auto* method =
      ApiClient::MethodOf("crm.operational.v1.LeadService.ListLeads");
  v1::ListLeadsRequest request;
  request.set_filter(absl::StrCat(std::string(2000, '('), "name = \"a\"",
                                  std::string(2000, ')')));

  EXPECT_THAT(Send(method, request.SerializeAsString()),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

TEST_F(BadInputTest, FieldsThatWeDoNotKnowAreNotKept) {
  const auto* method =
      ApiClient::MethodOf("crm.operational.v1.LeadService.CreateLead");
  v1::CreateLeadRequest request = Proto<v1::CreateLeadRequest>(
      "validate_only: true lead { display_name: 'New' }");
  auto* lead = request.mutable_lead();
  lead->GetReflection()->MutableUnknownFields(lead)->AddLengthDelimited(
      4'000, "smuggled");

  const ApiAnswer answer =
      service_.client().Call(method, request, {.token = token_});

  ASSERT_THAT(answer.status, IsOk());
  EXPECT_EQ(answer.bytes.find("smuggled"), std::string::npos);
}

TEST_F(BadInputTest, CredentialsThatAreNotGoodAreRefusedFirst) {
  std::string spoilt = token_;
  char& in_signature = spoilt[spoilt.size() - 10];
  in_signature = in_signature == 'A' ? 'B' : 'A';
  const std::set<std::pair<std::string, std::string>> tokens = {
      {"", "TOKEN_MISSING"},
      {"not.a.token", "TOKEN_MALFORMED"},
      {authority_.ForgedToken("acme"), "TOKEN_KEY"},
      {authority_.Token("acme", "user:ada", {"everyone"}, -absl::Hours(1)),
       "TOKEN_EXPIRED"},
      {authority_.Token("acme", "user:ada", {"everyone"}, absl::Hours(24)),
       "TOKEN_LIFETIME"},
      {authority_.Token("No Tenant", "user:ada", {"everyone"}), "TOKEN_TENANT"},
      {spoilt, "TOKEN_SIGNATURE"},
  };
  for (const MethodDescriptor* method : methods_) {
    for (const auto& [token, reason] : tokens) {
      EXPECT_THAT(
          service_.client().CallBytes(method, "\xFF", {.token = token}).status,
          StatusIs(absl::StatusCode::kUnauthenticated, reason))
          << method->full_name();
    }
  }
}

TEST_F(BadInputTest, OnlyTheSuitesOwnProcessesReadTheFeed) {
  for (const char* name :
       {"crm.internal.v1.Feed.Read", "crm.internal.v1.Feed.Head",
        "crm.internal.v1.Feed.Acknowledge",
        "crm.internal.v1.Consumers.FindParkedEvents",
        "crm.internal.v1.Consumers.Unpark",
        "crm.internal.v1.Consumers.VerifyProjection",
        "crm.internal.v1.Consumers.RebuildProjection"}) {
    const auto* method = ApiClient::MethodOf(name);
    for (const char* role : {"everyone", "system", "tenant_admin"}) {
      const absl::Status status =
          service_.client()
              .CallBytes(
                  method, "",
                  {.token = authority_.Token("acme", "user:ada", {role})})
              .status;
      // A user's token cannot even name the role of processes.
      EXPECT_TRUE(absl::IsPermissionDenied(status) ||
                  absl::IsUnauthenticated(status))
          << role << ": " << status;
    }
  }
}

TEST_F(BadInputTest, NamesOfAnotherTenantAreMissing) {
  const std::string stranger =
      authority_.Token("other", "user:eve", {"everyone"});
  for (const MethodDescriptor* method : methods_) {
    const auto* name = method->input_type()->FindFieldByName("name");
    const bool of_leads =
        method->service()->full_name() == "crm.operational.v1.LeadService";
    if (name == nullptr || !of_leads) continue;
    const auto request = NewMessage(method->input_type());
    if (const auto* reason =
            method->input_type()->FindFieldByName("disqualify_reason")) {
      request->GetReflection()->SetString(request.get(), reason, "no budget");
    }
    request->GetReflection()->SetString(request.get(), name, "leads/there");

    EXPECT_THAT(
        service_.client().Call(method, *request, {.token = stranger}).status,
        StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"))
        << method->full_name();
  }
}

}  // namespace
}  // namespace crm
