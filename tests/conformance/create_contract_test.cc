// Create (AIP-133), request ids (155), validate_only (163), field behaviour
// (203).

#include "absl/strings/str_cat.h"
#include "google/api/resource.pb.h"
#include "google/protobuf/util/message_differencer.h"
#include "shared/base/ids.h"
#include "shared/call/consistency_token.h"
#include "tests/conformance/resource_contract.h"

namespace crm::testing {
namespace {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::util::MessageDifferencer;
using ::testing::Not;

TEST_P(ResourceContract, CreateAnswersWithWhatGetReturns) {
  CRM_NEEDS(Verb::kCreate, Verb::kGet)
  const MessagePtr instance = NewInstance();

  const ApiAnswer answer = api().Call(
      Verb::kCreate, *api().CreateRequest(*instance, parent()), token());

  ASSERT_THAT(answer.status, IsOk());
  const auto& created = *answer.message;
  EXPECT_TRUE(schema().pattern().Matches(NameOf(created))) << NameOf(created);
  EXPECT_EQ(ParentOf(NameOf(created)), parent());
  EXPECT_EQ(ReadString(created, "etag"), "\"1\"");
  EXPECT_EQ(ReadString(created, "creator"), "user:ada");
  EXPECT_EQ(ReadString(created, "updater"), "user:ada");
  EXPECT_NE(ReadString(created, "uid"), "");
  EXPECT_NE(FindMetadata(answer.headers, kConsistencyTokenMetadata), "");
  EXPECT_TRUE(MessageDifferencer::Equals(*MustGet(NameOf(created)), created));
}

TEST_P(ResourceContract, CreateKeepsWhatTheCallerSent) {
  CRM_NEEDS(Verb::kCreate)
  const MessagePtr instance = NewInstance();

  const ApiAnswer answer = api().Call(
      Verb::kCreate, *api().CreateRequest(*instance, parent()), token());

  ASSERT_THAT(answer.status, IsOk());
  for (const FieldDescriptor* field : InputFields()) {
    const auto* reflection = instance->GetReflection();
    const bool sent = field->is_repeated()
                          ? reflection->FieldSize(*instance, field) > 0
                          : reflection->HasField(*instance, field);
    if (!sent) continue;
    MessageDifferencer differencer;
    EXPECT_TRUE(differencer.CompareWithFields(*instance, *answer.message,
                                              {field}, {field}))
        << field->name();
  }
}

TEST_P(ResourceContract, CreateTakesTheCallersIdOnce) {
  CRM_NEEDS(Verb::kCreate)
  const MessagePtr request =
      api().CreateRequest(*NewInstance(), parent(), "chosen-1");
  const std::string name = schema().pattern().Format(parent(), "chosen-1");

  const ApiAnswer first = api().Call(Verb::kCreate, *request, token());
  const StoredRecords before = Records();
  const ApiAnswer second = api().Call(
      Verb::kCreate, *api().CreateRequest(*NewInstance(), parent(), "chosen-1"),
      token());

  ASSERT_THAT(first.status, IsOk());
  EXPECT_EQ(NameOf(*first.message), name);
  EXPECT_THAT(second.status,
              StatusIs(absl::StatusCode::kAlreadyExists, "RESOURCE_EXISTS"));
  EXPECT_EQ(ResourceNameIn(second.status), name);
  // What the second call would have made on the way is undone as well; what its
  // instance refers to was made before.
  const StoredRecords after = Records();
  for (const auto& event : NewEvents(before, after)) {
    EXPECT_NE(event.resource(), name);
    EXPECT_NE(event.method(), api().Find(Verb::kCreate)->path);
  }
}

TEST_P(ResourceContract, CreateRefusesIdsOfAnotherForm) {
  CRM_NEEDS(Verb::kCreate)
  const MessagePtr instance = NewInstance();
  const std::string in = parent();
  const StoredRecords before = Records();

  for (const std::string& id :
       {std::string("a"), std::string("Upper"), std::string("1-first"),
        std::string("last-"), std::string("with space"), std::string("a/b"),
        std::string("\xC3\xA4"
                    "a"),
        std::string(64, 'a')}) {
    EXPECT_THAT(api()
                    .Call(Verb::kCreate,
                          *api().CreateRequest(*instance, in, id), token())
                    .status,
                ViolatesField(api().id_field()))
        << id;
  }

  EXPECT_EQ(Records(), before);
}

TEST_P(ResourceContract, CreateNamesAllFieldsThatAreMissing) {
  CRM_NEEDS(Verb::kCreate)
  const MessagePtr request =
      api().CreateRequest(*NewMessage(schema().message()), parent());

  const absl::Status status =
      api().Call(Verb::kCreate, *request, token()).status;

  int required = 0;
  for (const FieldDescriptor* field : InputFields()) {
    if (!ResourceSchema::IsRequired(field)) continue;
    ++required;
    EXPECT_THAT(status,
                ViolatesField(absl::StrCat(api().field(), ".", field->name())));
  }
  if (required > 0) {
    EXPECT_THAT(status,
                StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  }
}

TEST_P(ResourceContract, CreateRefusesReferencesToNothing) {
  CRM_NEEDS(Verb::kCreate)
  for (const FieldDescriptor* field : InputFields()) {
    const auto& reference =
        field->options().GetExtension(google::api::resource_reference);
    const Resource* target =
        service().host().service().application.catalog().FindByType(
            reference.type());
    if (target == nullptr || field->is_repeated()) continue;
    const MessagePtr instance = NewInstance();
    SetText(*instance, field->name(),
            target->schema.pattern().Format("", "is-not-there"));
    const MessagePtr request = api().CreateRequest(*instance, parent());
    const StoredRecords before = Records();

    EXPECT_THAT(api().Call(Verb::kCreate, *request, token()).status,
                ViolatesField(absl::StrCat(api().field(), ".", field->name())));

    EXPECT_EQ(Records(), before);
  }
}

TEST_P(ResourceContract, CreateIgnoresOutputOnlyFields) {
  CRM_NEEDS(Verb::kCreate)
  const MessagePtr instance = NewInstance();
  const MessagePtr forged = Clone(*instance);
  std::vector<const FieldDescriptor*> fields;
  for (int i = 0; i < schema().message()->field_count(); ++i) {
    const FieldDescriptor* field = schema().message()->field(i);
    if (ResourceSchema::IsOutputOnly(field) && Forge(*forged, field)) {
      fields.push_back(field);
    }
  }

  const ApiAnswer answer = api().Call(
      Verb::kCreate, *api().CreateRequest(*forged, parent()), token());

  ASSERT_THAT(answer.status, IsOk());
  for (const FieldDescriptor* field : fields) {
    MessageDifferencer differencer;
    EXPECT_FALSE(differencer.CompareWithFields(*forged, *answer.message,
                                               {field}, {field}))
        << field->name();
  }
}

TEST_P(ResourceContract, CreateAnswersARepeatedRequestAlike) {
  CRM_NEEDS(Verb::kCreate)
  const MessagePtr request = api().CreateRequest(*NewInstance(), parent());
  SetText(*request, "request_id", "6c9a8a1e-0001");

  const ApiAnswer first = api().Call(Verb::kCreate, *request, token());
  const StoredRecords before = Records();
  const ApiAnswer second = api().Call(Verb::kCreate, *request, token());

  ASSERT_THAT(first.status, IsOk());
  ASSERT_THAT(second.status, IsOk());
  EXPECT_EQ(first.bytes, second.bytes);
  EXPECT_EQ(FindMetadata(first.headers, kConsistencyTokenMetadata),
            FindMetadata(second.headers, kConsistencyTokenMetadata));
  EXPECT_EQ(Records(), before);
  EXPECT_EQ(before.remembered_answers, 1);
}

TEST_P(ResourceContract, CreateRefusesARequestIdWithAnotherBody) {
  CRM_NEEDS(Verb::kCreate)
  const MessagePtr first = api().CreateRequest(*NewInstance(), parent());
  const MessagePtr other =
      api().CreateRequest(*NewInstance(), parent(), "other-body");
  SetText(*first, "request_id", "6c9a8a1e-0002");
  SetText(*other, "request_id", "6c9a8a1e-0002");
  ASSERT_THAT(api().Call(Verb::kCreate, *first, token()).status, IsOk());
  const StoredRecords before = Records();

  EXPECT_THAT(
      api().Call(Verb::kCreate, *other, token()).status,
      StatusIs(absl::StatusCode::kInvalidArgument, "REQUEST_ID_REUSED"));

  EXPECT_EQ(Records(), before);
  // The id is the first caller's alone: another subject may use it.
  EXPECT_THAT(
      api().Call(Verb::kCreate, *other, TokenOf("user:bob", "everyone")).status,
      IsOk());
}

TEST_P(ResourceContract, CreateDoesNotRememberFailures) {
  CRM_NEEDS(Verb::kCreate)
  const MessagePtr bad =
      api().CreateRequest(*NewInstance(), parent(), "Bad Id");
  SetText(*bad, "request_id", "6c9a8a1e-0003");
  const MessagePtr good = Clone(*bad);
  SetText(*good, api().id_field(), "good-id");

  EXPECT_THAT(api().Call(Verb::kCreate, *bad, token()).status, Not(IsOk()));
  EXPECT_THAT(api().Call(Verb::kCreate, *good, token()).status, IsOk());
}

TEST_P(ResourceContract, CreateCanBeValidatedOnly) {
  CRM_NEEDS(Verb::kCreate)
  const MessagePtr request =
      api().CreateRequest(*NewInstance(), parent(), "only-checked");
  SetText(*request, "request_id", "6c9a8a1e-0004");
  const MessagePtr checked = Clone(*request);
  SetFlag(*checked, "validate_only");
  const StoredRecords before = Records();

  const ApiAnswer answer = api().Call(Verb::kCreate, *checked, token());

  ASSERT_THAT(answer.status, IsOk());
  EXPECT_EQ(NameOf(*answer.message),
            schema().pattern().Format(parent(), "only-checked"));
  EXPECT_EQ(FindMetadata(answer.headers, kConsistencyTokenMetadata), "");
  EXPECT_EQ(Records(), before);
  // Nor is the request remembered: the same id then creates.
  EXPECT_THAT(api().Call(Verb::kCreate, *request, token()).status, IsOk());
}

TEST_P(ResourceContract, CreateNeedsItsParent) {
  CRM_NEEDS(Verb::kCreate)
  if (!schema().pattern().nested()) GTEST_SKIP() << "has no parent";
  const std::string missing(ParentOf(schema().pattern().Format(
      absl::StrCat(ParentOf(parent()), schema().pattern().collections().front(),
                   "/is-not-there"),
      "any-id")));
  std::vector<MessagePtr> instances;
  // Those that refer to others have these made.
  for (int i = 0; i < 4; ++i) instances.push_back(NewInstance());
  const StoredRecords before = Records();

  EXPECT_THAT(
      api()
          .Call(Verb::kCreate, *api().CreateRequest(*instances.back(), missing),
                token())
          .status,
      StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
  instances.pop_back();
  for (const char* form : {"", "things/thing-1", "-"}) {
    EXPECT_THAT(
        api()
            .Call(Verb::kCreate, *api().CreateRequest(*instances.back(), form),
                  token())
            .status,
        ViolatesField("parent"))
        << form;
    instances.pop_back();
  }

  EXPECT_EQ(Records(), before);
}

}  // namespace
}  // namespace crm::testing
