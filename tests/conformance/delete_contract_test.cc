// Delete (AIP-135), soft delete and Undelete (164), and values that only one
// live resource may hold.

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/message_differencer.h"
#include "tests/conformance/resource_contract.h"

namespace crm::testing {
namespace {

using ::google::protobuf::util::MessageDifferencer;
using ::testing::Contains;
using ::testing::Not;

TEST_P(ResourceContract, A45_DeleteHidesOrRemoves) {
  CRM_NEEDS(Verb::kCreate, Verb::kDelete, Verb::kGet, Verb::kList)
  const std::string name = NameOf(*MakeOne());
  const std::string other = NameOf(*MakeOne());

  ASSERT_THAT(
      api()
          .Call(Verb::kDelete, *api().NameRequest(Verb::kDelete, name), token())
          .status,
      IsOk());

  const auto listed = api().ListAll(*api().ListRequest(parent()), token());
  ASSERT_THAT(listed, IsOk());
  EXPECT_THAT(NamesOf(*listed), Not(Contains(name)));
  EXPECT_THAT(NamesOf(*listed), Contains(other));
  const auto got = api().Get(name, token());
  if (!schema().soft_delete()) {
    EXPECT_THAT(got,
                StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
    return;
  }
  ASSERT_THAT(got, IsOk());
  EXPECT_TRUE((*got)->GetReflection()->HasField(
      **got, schema().message()->FindFieldByName("delete_time")));
  const MessagePtr deleted_too = api().ListRequest(parent());
  SetFlag(*deleted_too, "show_deleted");
  const auto all = api().ListAll(*deleted_too, token());
  ASSERT_THAT(all, IsOk());
  EXPECT_THAT(NamesOf(*all), Contains(name));
}

TEST_P(ResourceContract, WhatIsDeletedIsMissingToChanges) {
  CRM_NEEDS(Verb::kCreate, Verb::kDelete)
  const MessagePtr made = MakeOne();
  const MessagePtr request = api().NameRequest(Verb::kDelete, NameOf(*made));
  ASSERT_THAT(api().Call(Verb::kDelete, *request, token()).status, IsOk());
  const StoredRecords records = Records();

  EXPECT_THAT(api().Call(Verb::kDelete, *request, token()).status,
              StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
  if (HasField(*request, "allow_missing")) {
    SetFlag(*request, "allow_missing");
    EXPECT_THAT(api().Call(Verb::kDelete, *request, token()).status, IsOk());
    SetText(*request, "name",
            schema().pattern().Format(parent(), "never-was-there"));
    EXPECT_THAT(api().Call(Verb::kDelete, *request, token()).status, IsOk());
  }
  if (api().Has(Verb::kUpdate)) {
    SetText(*made, "etag", "");
    EXPECT_THAT(
        api().Call(Verb::kUpdate, *api().UpdateRequest(*made), token()).status,
        StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
  }

  EXPECT_EQ(Records(), records);
}

TEST_P(ResourceContract, DeleteIsGuardedByTheEtag) {
  CRM_NEEDS(Verb::kCreate, Verb::kDelete)
  const MessagePtr made = MakeOne();
  const MessagePtr stale = api().NameRequest(Verb::kDelete, NameOf(*made));
  SetText(*stale, "etag", "\"77\"");
  const StoredRecords records = Records();

  EXPECT_THAT(api().Call(Verb::kDelete, *stale, token()).status,
              StatusIs(absl::StatusCode::kAborted, "ETAG_MISMATCH"));
  EXPECT_EQ(Records(), records);
  SetText(*stale, "etag", ReadString(*made, "etag"));
  EXPECT_THAT(api().Call(Verb::kDelete, *stale, token()).status, IsOk());
}

TEST_P(ResourceContract, DeleteAnswersARepeatedRequestAlike) {
  CRM_NEEDS(Verb::kCreate, Verb::kDelete)
  const MessagePtr request =
      api().NameRequest(Verb::kDelete, NameOf(*MakeOne()));
  SetText(*request, "request_id", "6c9a8a1e-0006");

  const ApiAnswer first = api().Call(Verb::kDelete, *request, token());
  const StoredRecords records = Records();
  const ApiAnswer second = api().Call(Verb::kDelete, *request, token());

  ASSERT_THAT(first.status, IsOk());
  ASSERT_THAT(second.status, IsOk());
  EXPECT_EQ(first.bytes, second.bytes);
  EXPECT_EQ(Records(), records);
}

TEST_P(ResourceContract, DeleteCanBeValidatedOnly) {
  CRM_NEEDS(Verb::kCreate, Verb::kDelete)
  const MessagePtr request =
      api().NameRequest(Verb::kDelete, NameOf(*MakeOne()));
  SetFlag(*request, "validate_only");
  const StoredRecords records = Records();

  EXPECT_THAT(api().Call(Verb::kDelete, *request, token()).status, IsOk());

  EXPECT_EQ(Records(), records);
}

TEST_P(ResourceContract, A45_UndeleteBringsBackWhatWasThere) {
  CRM_NEEDS(Verb::kCreate, Verb::kDelete, Verb::kUndelete)
  const MessagePtr made = MakeOne();
  const MessagePtr request = api().NameRequest(Verb::kUndelete, NameOf(*made));
  ASSERT_THAT(
      api()
          .Call(Verb::kDelete, *api().NameRequest(Verb::kDelete, NameOf(*made)),
                token())
          .status,
      IsOk());
  const MessagePtr checked = Clone(*request);
  SetFlag(*checked, "validate_only");
  const StoredRecords deleted = Records();
  ASSERT_THAT(api().Call(Verb::kUndelete, *checked, token()).status, IsOk());
  ASSERT_EQ(Records(), deleted);

  const ApiAnswer answer = api().Call(Verb::kUndelete, *request, token());

  ASSERT_THAT(answer.status, IsOk());
  MessageDifferencer differencer;
  for (const char* field : {"etag", "update_time"}) {
    differencer.IgnoreField(schema().message()->FindFieldByName(field));
  }
  EXPECT_TRUE(differencer.Compare(*made, *answer.message));
  const auto listed = api().ListAll(*api().ListRequest(parent()), token());
  ASSERT_THAT(listed, IsOk());
  EXPECT_THAT(NamesOf(*listed), Contains(NameOf(*made)));
}

TEST_P(ResourceContract, UndeleteNeedsSomethingDeleted) {
  CRM_NEEDS(Verb::kCreate, Verb::kUndelete)
  const std::string live = NameOf(*MakeOne());
  const StoredRecords records = Records();

  const absl::Status status =
      api()
          .Call(Verb::kUndelete, *api().NameRequest(Verb::kUndelete, live),
                token())
          .status;
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kAlreadyExists,
                               "RESOURCE_NOT_DELETED"));
  EXPECT_EQ(ResourceNameIn(status), live);
  EXPECT_THAT(api()
                  .Call(Verb::kUndelete,
                        *api().NameRequest(Verb::kUndelete,
                                           schema().pattern().Format(
                                               parent(), "is-not-there")),
                        token())
                  .status,
              StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));

  EXPECT_EQ(Records(), records);
}

TEST_P(ResourceContract, A45_PAIN_18_UniqueValuesHaveOneLiveHolder) {
  CRM_NEEDS(Verb::kCreate, Verb::kDelete, Verb::kUndelete)
  for (const ResourceColumn& column : schema().columns()) {
    const auto* field = schema().message()->FindFieldByName(column.path);
    // Rules make the others of fields that are no values of their own.
    if (!column.unique || ResourceSchema::IsOutputOnly(field)) continue;
    SCOPED_TRACE(column.path);
    const MessagePtr holder = MakeOne();
    const MessagePtr rival = NewInstance();
    SetText(*rival, column.path, ReadString(*holder, column.path));
    const MessagePtr request = api().CreateRequest(*rival, parent());
    const StoredRecords records = Records();

    const absl::Status taken =
        api().Call(Verb::kCreate, *request, token()).status;
    EXPECT_THAT(taken, StatusIs(absl::StatusCode::kAlreadyExists,
                                "UNIQUE_VALUE_TAKEN"));
    EXPECT_EQ(ResourceNameIn(taken), NameOf(*holder));
    EXPECT_EQ(Records(), records);

    // Deleting the holder frees the value; then it cannot come back.
    ASSERT_THAT(
        api()
            .Call(Verb::kDelete,
                  *api().NameRequest(Verb::kDelete, NameOf(*holder)), token())
            .status,
        IsOk());
    const ApiAnswer heir = api().Call(Verb::kCreate, *request, token());
    ASSERT_THAT(heir.status, IsOk());
    const StoredRecords inherited = Records();
    const absl::Status back =
        api()
            .Call(Verb::kUndelete,
                  *api().NameRequest(Verb::kUndelete, NameOf(*holder)), token())
            .status;
    EXPECT_THAT(
        back, StatusIs(absl::StatusCode::kAlreadyExists, "UNIQUE_VALUE_TAKEN"));
    EXPECT_EQ(ResourceNameIn(back), NameOf(*heir.message));
    EXPECT_EQ(Records(), inherited);
  }
}

TEST_P(ResourceContract, UniqueValuesCannotBeTakenByUpdate) {
  CRM_NEEDS(Verb::kCreate, Verb::kUpdate)
  for (const ResourceColumn& column : schema().columns()) {
    const auto* field = schema().message()->FindFieldByName(column.path);
    // The others no caller sets by an update.
    if (!column.unique || ResourceSchema::IsImmutable(field) ||
        ResourceSchema::IsOutputOnly(field)) {
      continue;
    }
    SCOPED_TRACE(column.path);
    const MessagePtr holder = MakeOne();
    const MessagePtr rival = MakeOne();
    SetText(*rival, column.path, ReadString(*holder, column.path));
    const StoredRecords records = Records();

    const absl::Status taken =
        api().Call(Verb::kUpdate, *api().UpdateRequest(*rival), token()).status;

    EXPECT_THAT(taken, StatusIs(absl::StatusCode::kAlreadyExists,
                                "UNIQUE_VALUE_TAKEN"));
    EXPECT_EQ(ResourceNameIn(taken), NameOf(*holder));
    EXPECT_EQ(Records(), records);
  }
}

}  // namespace
}  // namespace crm::testing
