// BatchCreate, BatchUpdate and BatchDelete (AIP-233 to 235): atomic, or with a
// status for each item.

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/status.pb.h"
#include "tests/conformance/resource_contract.h"

namespace crm::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::SizeIs;

// The codes of `statuses` in a batch response.
std::vector<absl::StatusCode> CodesOf(
    const google::protobuf::Message& response) {
  std::vector<absl::StatusCode> codes;
  const auto* field = response.GetDescriptor()->FindFieldByName("statuses");
  const auto* reflection = response.GetReflection();
  for (int i = 0; i < reflection->FieldSize(response, field); ++i) {
    google::rpc::Status status;
    status.CopyFrom(reflection->GetRepeatedMessage(response, field, i));
    codes.push_back(static_cast<absl::StatusCode>(status.code()));
  }
  return codes;
}

constexpr auto kOk = absl::StatusCode::kOk;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kExists = absl::StatusCode::kAlreadyExists;
constexpr auto kNotFound = absl::StatusCode::kNotFound;

// Whether an error, by violation or message, speaks of item `index`.
bool NamesItem(const absl::Status& status, int index) {
  const std::string item = absl::StrCat("requests[", index, "]");
  const auto violations = FieldViolations(status);
  if (violations.empty()) return absl::StrContains(status.message(), item);
  return std::all_of(violations.begin(), violations.end(), [&](const auto& it) {
    return absl::StartsWith(it.field, item + ".");
  });
}

TEST_P(ResourceContract, BatchCreateAppliesAllInOrder) {
  CRM_NEEDS(Verb::kBatchCreate)
  std::vector<MessagePtr> requests;
  for (const char* id : {"second", "first", "third"}) {
    requests.push_back(api().CreateRequest(*NewInstance(), parent(), id));
  }
  const MessagePtr batch =
      api().BatchRequest(Verb::kBatchCreate, parent(), requests);
  SetText(*batch, "request_id", "6c9a8a1e-0007");
  const StoredRecords before = Records();

  const ApiAnswer answer = api().Call(Verb::kBatchCreate, *batch, token());

  ASSERT_THAT(answer.status, IsOk());
  const StoredRecords after = Records();
  EXPECT_THAT(NamesOf(api().Items(*answer.message)),
              ElementsAre(schema().pattern().Format(parent(), "second"),
                          schema().pattern().Format(parent(), "first"),
                          schema().pattern().Format(parent(), "third")));
  EXPECT_EQ(CheckCommitRecords(before, after), "");
  const ApiAnswer repeated = api().Call(Verb::kBatchCreate, *batch, token());
  ASSERT_THAT(repeated.status, IsOk());
  EXPECT_EQ(repeated.bytes, answer.bytes);
  EXPECT_EQ(Records(), after);
}

TEST_P(ResourceContract, BatchCreateIsAllOrNothing) {
  CRM_NEEDS(Verb::kBatchCreate)
  const std::string taken = "taken-id";
  ASSERT_THAT(
      api()
          .Call(Verb::kCreate,
                *api().CreateRequest(*NewInstance(), parent(), taken), token())
          .status,
      IsOk());
  for (const auto& [id, code] :
       {std::pair{std::string("Bad Id"), kInvalid}, {taken, kExists}}) {
    std::vector<MessagePtr> requests;
    for (const std::string& each : {std::string(), id, std::string()}) {
      requests.push_back(api().CreateRequest(*NewInstance(), parent(), each));
    }
    const StoredRecords before = Records();

    const absl::Status status =
        api()
            .Call(Verb::kBatchCreate,
                  *api().BatchRequest(Verb::kBatchCreate, parent(), requests),
                  token())
            .status;

    EXPECT_EQ(status.code(), code) << status;
    EXPECT_TRUE(NamesItem(status, 1)) << status;
    EXPECT_EQ(Records(), before);
  }
}

TEST_P(ResourceContract, PAIN_09_BatchCreateCanSucceedInPart) {
  CRM_NEEDS(Verb::kBatchCreate)
  std::vector<MessagePtr> requests;
  for (const char* id : {"good-1", "Bad Id", "good-1", "good-2"}) {
    requests.push_back(api().CreateRequest(*NewInstance(), parent(), id));
  }
  // One that its schema refuses.
  requests.push_back(
      api().CreateRequest(*NewMessage(schema().message()), parent()));
  SetText(*requests.back(), api().id_field(), "Bad Id");
  const MessagePtr batch =
      api().BatchRequest(Verb::kBatchCreate, parent(), requests);
  SetFlag(*batch, "return_partial_success");
  SetText(*batch, "request_id", "6c9a8a1e-0008");
  const MessagePtr checked = Clone(*batch);
  SetFlag(*checked, "validate_only");
  const StoredRecords before = Records();

  const ApiAnswer validated = api().Call(Verb::kBatchCreate, *checked, token());
  ASSERT_THAT(validated.status, IsOk());
  ASSERT_EQ(Records(), before);
  const ApiAnswer answer = api().Call(Verb::kBatchCreate, *batch, token());

  ASSERT_THAT(answer.status, IsOk());
  const StoredRecords after = Records();
  EXPECT_THAT(CodesOf(*answer.message),
              ElementsAre(kOk, kInvalid, kExists, kOk, kInvalid));
  const auto items = api().Items(*answer.message);
  ASSERT_THAT(items, SizeIs(5));
  EXPECT_NE(NameOf(*items[0]), "");
  EXPECT_EQ(items[1]->ByteSizeLong(), 0u);
  EXPECT_EQ(items[2]->ByteSizeLong(), 0u);
  EXPECT_EQ(items[4]->ByteSizeLong(), 0u);
  EXPECT_EQ(after.rows.contains(NameOf(*items[3])), true);
  const ApiAnswer repeated = api().Call(Verb::kBatchCreate, *batch, token());
  ASSERT_THAT(repeated.status, IsOk());
  EXPECT_THAT(CodesOf(*repeated.message),
              ElementsAre(kOk, kInvalid, kExists, kOk, kInvalid));
  EXPECT_EQ(NamesOf(api().Items(*repeated.message)), NamesOf(items));
  EXPECT_EQ(Records(), after);
}

TEST_P(ResourceContract, BatchUpdateIsAllOrNothing) {
  CRM_NEEDS(Verb::kCreate, Verb::kBatchUpdate)
  const std::vector<MessagePtr> made = MakeSome(2);
  std::vector<MessagePtr> requests;
  for (const MessagePtr& each : made) {
    const MessagePtr update = NewMessage(schema().message());
    ParseTextOrDie("labels { key: 'team' value: 'south' }", *update);
    SetText(*update, "name", NameOf(*each));
    requests.push_back(api().UpdateRequest(*update));
  }
  const MessagePtr good =
      api().BatchRequest(Verb::kBatchUpdate, parent(), requests);
  SetText(Part(*requests[1], api().field()), "name",
          schema().pattern().Format(parent(), "is-not-there"));
  const MessagePtr bad =
      api().BatchRequest(Verb::kBatchUpdate, parent(), requests);
  const StoredRecords before = Records();

  const absl::Status refused =
      api().Call(Verb::kBatchUpdate, *bad, token()).status;
  EXPECT_EQ(refused.code(), kNotFound) << refused;
  EXPECT_TRUE(NamesItem(refused, 1)) << refused;
  EXPECT_EQ(Records(), before);
  SetFlag(*bad, "return_partial_success");
  SetFlag(*bad, "validate_only");
  const ApiAnswer parted = api().Call(Verb::kBatchUpdate, *bad, token());
  ASSERT_THAT(parted.status, IsOk());
  EXPECT_THAT(CodesOf(*parted.message), ElementsAre(kOk, kNotFound));
  EXPECT_EQ(Records(), before);
  const ApiAnswer answer = api().Call(Verb::kBatchUpdate, *good, token());

  ASSERT_THAT(answer.status, IsOk());
  EXPECT_THAT(NamesOf(api().Items(*answer.message)),
              ElementsAreArray(NamesOf(made)));
  EXPECT_EQ(CheckCommitRecords(before, Records()), "");
}

TEST_P(ResourceContract, BatchDeleteIsAllOrNothing) {
  CRM_NEEDS(Verb::kCreate, Verb::kBatchDelete)
  const std::vector<MessagePtr> made = MakeSome(2);
  std::vector<MessagePtr> requests;
  for (const MessagePtr& each : made) {
    requests.push_back(api().NameRequest(Verb::kDelete, NameOf(*each)));
  }
  const MessagePtr good =
      api().BatchRequest(Verb::kBatchDelete, parent(), requests);
  SetText(*requests[1], "etag", "\"77\"");
  const MessagePtr bad =
      api().BatchRequest(Verb::kBatchDelete, parent(), requests);
  const StoredRecords before = Records();

  const absl::Status refused =
      api().Call(Verb::kBatchDelete, *bad, token()).status;
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kAborted, "ETAG_MISMATCH"));
  EXPECT_TRUE(NamesItem(refused, 1)) << refused;
  EXPECT_EQ(Records(), before);
  EXPECT_THAT(api().Call(Verb::kBatchDelete, *good, token()).status, IsOk());

  EXPECT_EQ(CheckCommitRecords(before, Records()), "");
  const auto listed = api().ListAll(*api().ListRequest(parent()), token());
  ASSERT_THAT(listed, IsOk());
  EXPECT_THAT(*listed, SizeIs(0));
}

TEST_P(ResourceContract, BatchesKeepToTheirParent) {
  CRM_NEEDS(Verb::kCreate, Verb::kBatchCreate, Verb::kBatchGet)
  if (!schema().pattern().nested()) GTEST_SKIP() << "has no parent";
  const MessagePtr one = MakeOne();
  const std::string top = parent().substr(0, parent().rfind('/'));
  const std::string elsewhere = absl::StrCat(top, "/elsewhere");
  std::vector<MessagePtr> requests;
  requests.push_back(api().CreateRequest(*NewInstance(), parent()));
  const MessagePtr request = api().Request(Verb::kBatchGet);
  request->GetReflection()->AddString(
      request.get(), request->GetDescriptor()->FindFieldByName("names"),
      NameOf(*one));
  const StoredRecords before = Records();

  EXPECT_THAT(
      api()
          .Call(Verb::kBatchCreate,
                *api().BatchRequest(Verb::kBatchCreate, elsewhere, requests),
                token())
          .status,
      ViolatesField("requests[0].parent"));
  SetText(*request, "parent", elsewhere);
  EXPECT_THAT(api().Call(Verb::kBatchGet, *request, token()).status,
              ViolatesField("names[0]"));
  EXPECT_EQ(Records(), before);

  // A dash stands for any parent.
  SetText(*request, "parent", absl::StrCat(top, "/-"));
  EXPECT_THAT(api().Call(Verb::kBatchGet, *request, token()).status, IsOk());
  EXPECT_THAT(api()
                  .Call(Verb::kBatchCreate,
                        *api().BatchRequest(Verb::kBatchCreate,
                                            absl::StrCat(top, "/-"), requests),
                        token())
                  .status,
              IsOk());
}

}  // namespace
}  // namespace crm::testing
