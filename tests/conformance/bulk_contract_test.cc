// Operations on whole collections: Purge (AIP-165) and Export (AIP-153).

#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "crm/platform/v1/operations.pb.h"
#include "google/protobuf/util/json_util.h"
#include "tests/conformance/resource_contract.h"

namespace crm::testing {
namespace {

using ::google::longrunning::Operation;
using ::google::protobuf::util::MessageDifferencer;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAreArray;

class BulkContract : public ResourceContract {
 protected:
  MessagePtr RequestOf(Verb verb, const std::string& filter) {
    MessagePtr request = api().Request(verb);
    WriteString(*request, "parent", parent());
    SetText(*request, "filter", filter);
    return request;
  }

  // Starts the operation that `request` asks for and waits for its end.
  Operation Run(Verb verb, const google::protobuf::Message& request) {
    const ApiAnswer started = api().Call(verb, request, token());
    EXPECT_THAT(started.status, IsOk());
    if (!started.status.ok()) return {};
    auto operation = static_cast<const Operation&>(*started.message);
    while (!operation.done()) {
      platform::v1::GetOperationRequest get;
      get.set_name(operation.name());
      const auto got = service().client().Call<Operation>(
          "crm.platform.v1.Operations.GetOperation", get, {.token = token()});
      EXPECT_THAT(got, IsOk());
      if (!got.ok()) return {};
      operation = *got;
      std::this_thread::yield();
    }
    return operation;
  }

  // Returns the lines that an operation has produced.
  std::vector<std::string> Output(const Operation& operation) {
    platform::v1::ReadOperationOutputRequest request;
    request.set_name(operation.name());
    std::string content;
    do {
      const auto part =
          service().client().Call<platform::v1::ReadOperationOutputResponse>(
              "crm.platform.v1.Operations.ReadOperationOutput", request,
              {.token = token()});
      EXPECT_THAT(part, IsOk());
      if (!part.ok()) break;
      content += part->content();
      request.set_page_token(part->next_page_token());
    } while (!request.page_token().empty());
    return absl::StrSplit(content, '\n', absl::SkipEmpty());
  }

  std::vector<std::string> LiveNames() {
    const auto all = api().ListAll(*api().ListRequest(parent()), token());
    EXPECT_THAT(all, IsOk());
    return all.ok() ? NamesOf(*all) : std::vector<std::string>();
  }
};

template <typename T>
T ResultOf(const Operation& operation) {
  T result;
  EXPECT_TRUE(operation.response().UnpackTo(&result))
      << operation.DebugString();
  return result;
}

TEST_P(BulkContract, PurgeWithoutForceOnlyCounts) {
  CRM_NEEDS(Verb::kPurge)
  const std::vector<std::string> names = NamesOf(MakeSome(3));
  const StoredRecords before = Records();

  const Operation operation =
      Run(Verb::kPurge,
          *RequestOf(Verb::kPurge, absl::StrCat("name != \"", names[1], "\"")));

  const auto result = ResultOf<platform::v1::PurgeResult>(operation);
  EXPECT_EQ(result.purge_count(), 2);
  EXPECT_THAT(result.purge_sample(), ElementsAreArray({names[0], names[2]}));
  EXPECT_THAT(LiveNames(), UnorderedElementsAreArray(names));
  EXPECT_EQ(Records().rows, before.rows);
}

TEST_P(BulkContract, PurgeDeletesWhatMatchesAsDeleteDoes) {
  CRM_NEEDS(Verb::kPurge)
  const std::vector<std::string> names = NamesOf(MakeSome(3));
  const StoredRecords before = Records();
  const MessagePtr request =
      RequestOf(Verb::kPurge, absl::StrCat("name != \"", names[1], "\""));
  SetFlag(*request, "force");

  const Operation operation = Run(Verb::kPurge, *request);

  EXPECT_EQ(ResultOf<platform::v1::PurgeResult>(operation).purge_count(), 2);
  EXPECT_THAT(LiveNames(), ElementsAreArray({names[1]}));
  const StoredRecords after = Records();
  std::vector<std::string> deleted;
  for (const auto& event : NewEvents(before, after)) {
    if (event.type() == absl::StrCat(schema().event_prefix(), ".deleted")) {
      EXPECT_EQ(event.actor(), "user:ada");
      EXPECT_EQ(event.method(), api().Find(Verb::kPurge)->path);
      deleted.push_back(event.resource());
    }
  }
  EXPECT_THAT(deleted, ElementsAreArray({names[0], names[2]}));
  if (schema().soft_delete()) MustGet(names[0]);
}

TEST_P(BulkContract, PurgeNeedsAFilterOfTheResource) {
  CRM_NEEDS(Verb::kPurge)
  const MessagePtr request = RequestOf(Verb::kPurge, "no_such_field = 1");
  SetFlag(*request, "force");
  EXPECT_THAT(api().Call(Verb::kPurge, *request, token()).status,
              ViolatesField("filter"));
  SetText(*request, "filter", "");
  EXPECT_THAT(api().Call(Verb::kPurge, *request, token()).status,
              ViolatesField("filter"));
}

TEST_P(BulkContract, ExportWritesEachResourceAsALine) {
  CRM_NEEDS(Verb::kExport)
  MakeSome(3);
  const auto listed = api().ListAll(*api().ListRequest(parent()), token());
  ASSERT_THAT(listed, IsOk());

  const Operation operation = Run(Verb::kExport, *RequestOf(Verb::kExport, ""));

  const auto result = ResultOf<platform::v1::ExportResult>(operation);
  EXPECT_EQ(result.resource_count(), listed->size());
  const std::vector<std::string> lines = Output(operation);
  ASSERT_EQ(lines.size(), listed->size());
  for (const std::string& line : lines) {
    const MessagePtr exported = NewMessage(schema().message());
    ASSERT_TRUE(
        google::protobuf::util::JsonStringToMessage(line, exported.get()).ok());
    EXPECT_TRUE(
        MessageDifferencer::Equals(*exported, *MustGet(NameOf(*exported))));
  }
}

TEST_P(BulkContract, StrangersSeeNeitherOperationsNorTheirOutput) {
  CRM_NEEDS(Verb::kExport)
  MakeOne();
  const Operation operation = Run(Verb::kExport, *RequestOf(Verb::kExport, ""));

  platform::v1::GetOperationRequest get;
  get.set_name(operation.name());
  platform::v1::ReadOperationOutputRequest read;
  read.set_name(operation.name());
  for (const std::string& stranger :
       {StrangerToken(), TokenOf("user:sam", "sales_rep")}) {
    EXPECT_THAT(service().client().Call<Operation>(
                    "crm.platform.v1.Operations.GetOperation", get,
                    {.token = stranger}),
                StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
    EXPECT_THAT(
        service().client().Call<platform::v1::ReadOperationOutputResponse>(
            "crm.platform.v1.Operations.ReadOperationOutput", read,
            {.token = stranger}),
        StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
    const auto listed =
        service().client().Call<platform::v1::ListOperationsResponse>(
            "crm.platform.v1.Operations.ListOperations",
            platform::v1::ListOperationsRequest(), {.token = stranger});
    ASSERT_THAT(listed, IsOk());
    EXPECT_THAT(listed->operations(), IsEmpty());
  }
}

INSTANTIATE_TEST_SUITE_P(Conformance, BulkContract,
                         ::testing::ValuesIn(AllResources()),
                         &ResourceContract::NameOfCase);

}  // namespace
}  // namespace crm::testing
