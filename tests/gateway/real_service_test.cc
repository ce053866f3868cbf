// The gateway's REST/JSON with a real service behind it, where what the service
// makes of a request matters: custom fields, operations and imports.

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "crm/operational/v1/lead.pb.h"
#include "crm/platform/v1/imports.pb.h"
#include "gateway/app.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "services/operational/app.h"
#include "shared/base/clock.h"
#include "shared/observe/log.h"
#include "tests/gateway/client.h"
#include "tests/support/api_client.h"
#include "tests/support/service_harness.h"

namespace crm::gateway {
namespace {

using ::crm::operational::v1::ListLeadsResponse;
using ::crm::testing::ServiceHarness;
using ::crm::testing::TestAuthority;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class RealService : public ::testing::Test {
 protected:
  RealService()
      : logger_(clock_, "gateway", LogLevel::kError, STDERR_FILENO),
        service_(authority_, "operational", operational::MakeOperational) {
    const std::string address =
        absl::StrCat("127.0.0.1:", service_.host().port());
    Settings settings;
    settings.listen = "127.0.0.1:0";
    settings.admin_listen = "127.0.0.1:0";
    settings.token_keys = service_.settings().token_keys;
    settings.issuers = service_.settings().token_issuers;
    settings.audience = service_.settings().token_audience;
    settings.secret_file = folder_.File("secret");
    std::ofstream(settings.secret_file) << std::string(32, 's');
    chmod(settings.secret_file.c_str(), 0600);
    settings.drain = absl::ZeroDuration();
    // Nothing here asks the other two.
    settings.backends = {{"operational", address},
                         {"analytical", address},
                         {"collaborative", address}};
    auto app = GatewayApp::Create(settings, clock_, logger_);
    EXPECT_TRUE(app.ok()) << app.status();
    app_ = *std::move(app);
    EXPECT_TRUE(app_->Listen().ok());
    thread_ = std::thread([this] { app_->Run(); });
    client_ = std::make_unique<Client>(app_->port());
  }

  ~RealService() override {
    client_.reset();
    app_->Stop();
    thread_.join();
  }

  Response Fetch(const std::string& method, const std::string& path,
                 const std::string& body = "") {
    Headers headers = {
        {"authorization",
         absl::StrCat("Bearer ", authority_.Token("acme", "user:root",
                                                  {"tenant_admin"}))}};
    if (!body.empty()) headers.push_back({"content-type", "application/json"});
    return client_->Fetch(method, path, headers, body);
  }

  // Fetches what must succeed.
  std::string Must(const std::string& method, const std::string& path,
                   const std::string& body = "") {
    const Response response = Fetch(method, path, body);
    EXPECT_EQ(response.status, 200) << path << ": " << response.body;
    return response.body;
  }

  // Returns the names of the leads that `query` lists.
  std::vector<std::string> Leads(const std::string& query) {
    ListLeadsResponse response;
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(
                    Must("GET", absl::StrCat("/v1/leads?", query)), &response)
                    .ok());
    std::vector<std::string> names;
    for (const auto& lead : response.leads()) names.push_back(lead.name());
    return names;
  }

  const SystemClock clock_;
  Logger logger_;
  crm::testing::ScratchFolder folder_;
  TestAuthority authority_;
  ServiceHarness service_;
  std::unique_ptr<GatewayApp> app_;
  std::thread thread_;
  std::unique_ptr<Client> client_;
};

TEST_F(RealService, OP_22_CustomFieldsAreJsonAsOthersAre) {
  Must("POST", "/v1/fieldDefinitions?fieldDefinitionId=lead-seats",
       R"({"displayName":"Seats","resourceType":"crm/Lead","key":"seats",)"
       R"("type":"INTEGER","indexed":true})");
  Must("POST", "/v1/fieldDefinitions/lead-seats:activate", "{}");

  const std::string made = Must(
      "POST", "/v1/leads?leadId=ada",
      R"({"displayName":"Ada","customFields":{"seats":{"intValue":"12"}}})");
  Must("POST", "/v1/leads?leadId=bob",
       R"({"displayName":"Bob","customFields":{"seats":{"intValue":3}}})");
  Must("POST", "/v1/leads?leadId=cyd", R"({"displayName":"Cyd"})");
  const Response mistyped = Fetch(
      "POST", "/v1/leads",
      R"({"displayName":"Dan","customFields":{"seats":{"stringValue":"1"}}})");

  EXPECT_THAT(made, HasSubstr(R"("customFields":{"seats":{"intValue":"12"}})"));
  EXPECT_EQ(mistyped.status, 400);
  EXPECT_THAT(mistyped.body, HasSubstr("custom_fields.seats"));
  EXPECT_THAT(Leads("filter=customFields.seats%20%3E%2010"),
              ElementsAre("leads/ada"));
  EXPECT_THAT(Leads("orderBy=customFields.seats%20desc"),
              ElementsAre("leads/ada", "leads/bob", "leads/cyd"));

  const std::string changed =
      Must("PATCH", "/v1/leads/ada?updateMask=customFields.seats",
           R"({"customFields":{"seats":{"intValue":"1"}}})");
  EXPECT_THAT(changed, HasSubstr(R"("displayName":"Ada")"));
  EXPECT_THAT(Leads("orderBy=custom_fields.seats"),
              ElementsAre("leads/cyd", "leads/ada", "leads/bob"));
}

TEST_F(RealService, A32_ObjectsOfATypeAreServedFromTheCommitThatMakesIt) {
  Must("POST", "/v1/objectTypes?objectTypeId=vehicles",
       R"({"displayName":"Vehicle","pluralDisplayName":"Vehicles"})");
  Must("POST", "/v1/fieldDefinitions?fieldDefinitionId=seats",
       R"({"displayName":"Seats","resourceType":"objectTypes/vehicles",)"
       R"("key":"seats","type":"INTEGER","indexed":true})");
  Must("POST", "/v1/fieldDefinitions/seats:activate", "{}");
  const std::string objects = "/v1/objectTypes/vehicles/objects";

  const std::string made = Must(
      "POST", absl::StrCat(objects, "?objectId=van"),
      R"({"displayName":"Van","customFields":{"seats":{"intValue":"3"}}})");
  Must("POST", absl::StrCat(objects, "?objectId=bus"),
       R"({"displayName":"Bus","customFields":{"seats":{"intValue":"50"}}})");
  const Response unknown = Fetch(
      "POST", objects,
      R"({"displayName":"Car","customFields":{"doors":{"intValue":"5"}}})");
  const std::string large = Must(
      "GET", absl::StrCat(objects, "?filter=customFields.seats%20%3E%2010"));
  const std::string ordered = Must(
      "GET", absl::StrCat(objects, "?orderBy=customFields.seats&pageSize=1"));
  const std::string changed = Must(
      "PATCH", absl::StrCat(objects, "/van?updateMask=customFields.seats"),
      R"({"customFields":{"seats":{"intValue":"5"}}})");
  const std::string found = Must("GET", "/v1/resources:search?query=bus");
  const Response none = Fetch("GET", "/v1/objectTypes/ships/objects/ark");

  EXPECT_THAT(made, HasSubstr(R"("name":"objectTypes/vehicles/objects/van")"));
  EXPECT_THAT(made, HasSubstr(R"("objectType":"objectTypes/vehicles")"));
  EXPECT_EQ(unknown.status, 400);
  EXPECT_THAT(unknown.body, HasSubstr("custom_fields.doors"));
  EXPECT_THAT(large, HasSubstr(R"("displayName":"Bus")"));
  EXPECT_THAT(large, Not(HasSubstr(R"("displayName":"Van")")));
  EXPECT_THAT(ordered, HasSubstr(R"("displayName":"Van")"));
  EXPECT_THAT(changed, HasSubstr(R"("seats":{"intValue":"5"})"));
  EXPECT_THAT(found, HasSubstr("objectTypes/vehicles/objects/bus"));
  EXPECT_EQ(none.status, 404);
}

TEST_F(RealService, OperationsAreWaitedFor) {
  Must("POST", "/v1/leads?leadId=ada", R"({"displayName":"Ada"})");
  const std::string started = Must("POST", "/v1/leads:export", "{}");
  const size_t at = started.find("operations/");
  ASSERT_NE(at, std::string::npos) << started;
  const std::string name = started.substr(at, started.find('"', at) - at);

  const std::string waited =
      Must("GET", absl::StrCat("/v1/", name, ":wait?timeout=20s"));

  EXPECT_THAT(waited, HasSubstr("\"done\":true"));
  EXPECT_THAT(waited, HasSubstr("\"resourceCount\":\"1\""));
}

// Returns the name of the operation in an answer.
std::string OperationIn(const std::string& answer) {
  const size_t at = answer.find("operations/");
  EXPECT_NE(at, std::string::npos) << answer;
  return at == std::string::npos ? ""
                                 : answer.substr(at, answer.find('"', at) - at);
}

TEST_F(RealService, A10_ImportsAreFedAndTakenBackByRest) {
  const std::string name =
      OperationIn(Must("POST", "/v1/leads:import",
                       R"({"plan":{"format":"CSV","columns":[)"
                       R"({"column":"Name","field":"display_name"}]}})"));

  const std::string first =
      Must("POST", absl::StrCat("/v1/", name, ":addRows"),
           absl::StrCat(R"({"part":"1","content":")",
                        absl::Base64Escape("Name\nAda\nBo"), R"("})"));
  const Response beyond =
      Fetch("POST", absl::StrCat("/v1/", name, ":addRows"), R"({"part":"7"})");
  Must("POST", absl::StrCat("/v1/", name, ":addRows"),
       absl::StrCat(R"({"part":2,"last":true,"content":")",
                    absl::Base64Escape("b\n"), R"("})"));
  const std::string done =
      Must("GET", absl::StrCat("/v1/", name, ":wait?timeout=20s"));

  EXPECT_THAT(first, HasSubstr(R"("nextPart":"2")"));
  EXPECT_EQ(beyond.status, 400);
  EXPECT_THAT(beyond.body, HasSubstr("IMPORT_PART_MISSING"));
  EXPECT_THAT(done, HasSubstr(R"("createdCount":"2")"));
  EXPECT_EQ(Leads("filter=displayName%20%3D%20%22Bob%22").size(), 1u);

  const std::string revert =
      OperationIn(Must("POST", absl::StrCat("/v1/", name, ":revert"), "{}"));
  const std::string reverted =
      Must("GET", absl::StrCat("/v1/", revert, ":wait?timeout=20s"));

  EXPECT_NE(revert, name);
  // Each lead, and the customer that was made for it.
  EXPECT_THAT(reverted, HasSubstr(R"("deletedCount":"4")"));
  EXPECT_THAT(Leads(""), ElementsAre());
}

TEST_F(RealService, A10_RowsStreamThroughToTheServiceThatImports) {
  const std::string name =
      OperationIn(Must("POST", "/v1/leads:import",
                       R"({"plan":{"format":"CSV","columns":[)"
                       R"({"column":"Name","field":"display_name"}]}})"));
  crm::testing::ApiClient grpc(app_->port());
  const crm::testing::ApiOptions as_root = {
      .token = authority_.Token("acme", "user:root", {"tenant_admin"})};
  constexpr char kMethod[] = "crm.platform.v1.ImportService.StreamImportRows";
  platform::v1::StreamImportRowsRequest message;
  message.set_name(name);
  message.set_row(1);
  message.set_columns("Name");
  message.add_rows("Ada");

  // More than the gateway takes of a stream that is not answered; each message
  // goes on once the gateway has the answer to one before.
  const auto stream = grpc.OpenDuplex(kMethod, message, as_root);
  for (int i = 0; i < 20; ++i) {
    message.set_row(2 + i);
    // A row that fails, as no name is so long.
    message.set_rows(0, std::string(100'000, 'x'));
    ASSERT_TRUE(stream->Send(message));
  }
  stream->EndSending();
  int64_t next = 0;
  for (int i = 0; i < 21; ++i) {
    const auto answer = stream->Next();
    ASSERT_NE(answer, nullptr) << stream->Finish();
    next = static_cast<const platform::v1::StreamImportRowsResponse&>(*answer)
               .next_row();
  }
  const absl::Status ended = stream->Finish();
  // By REST a message is a call.
  const std::string last =
      Must("POST", absl::StrCat("/v1/", name, ":streamRows"),
           absl::StrCat(R"({"row":"22","last":true,"rows":[")",
                        absl::Base64Escape("Bob"), R"("]})"));
  const std::string done =
      Must("GET", absl::StrCat("/v1/", name, ":wait?timeout=20s"));
  message.set_name("operations/nobody-1");
  const absl::Status nobody =
      grpc.OpenDuplex(kMethod, message, as_root)->Finish();
  const Response rest_nobody =
      Fetch("POST", "/v1/operations/nobody-1:streamRows", R"({"row":1})");

  EXPECT_EQ(next, 22);
  EXPECT_TRUE(ended.ok()) << ended;
  // No row comes next: JSON leaves zeros out.
  EXPECT_EQ(last, "{}\n");
  EXPECT_THAT(done, HasSubstr(R"("createdCount":"2","failedCount":"20")"));
  EXPECT_EQ(nobody.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(rest_nobody.status, 404);
}

}  // namespace
}  // namespace crm::gateway
