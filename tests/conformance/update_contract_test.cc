// Update (AIP-134) with masks (161), etags (154) and field behaviour (203).

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/message_differencer.h"
#include "tests/conformance/resource_contract.h"

namespace crm::testing {
namespace {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::google::protobuf::util::MessageDifferencer;

// Returns a message of `like`'s type with its name and `text` alone.
MessagePtr Named(const Message& like, const char* text) {
  MessagePtr message = NewMessage(like.GetDescriptor());
  ParseTextOrDie(text, *message);
  SetText(*message, "name", NameOf(like));
  return message;
}

constexpr char kSouth[] = "labels { key: 'team' value: 'south' }";

std::string LabelsOf(const Message& message) {
  const auto* field = message.GetDescriptor()->FindFieldByName("labels");
  std::string text;
  for (int i = 0; i < message.GetReflection()->FieldSize(message, field); ++i) {
    const Message& entry =
        message.GetReflection()->GetRepeatedMessage(message, field, i);
    absl::StrAppend(&text, ReadString(entry, "key"), "=",
                    ReadString(entry, "value"), ";");
  }
  return text;
}

// Compares all but the fields that every change touches.
bool SameBut(const Message& a, const Message& b,
             const std::vector<std::string>& changed) {
  MessageDifferencer differencer;
  std::vector<std::string> ignored = {"etag", "update_time", "updater"};
  ignored.insert(ignored.end(), changed.begin(), changed.end());
  for (const std::string& name : ignored) {
    differencer.IgnoreField(a.GetDescriptor()->FindFieldByName(name));
  }
  return differencer.Compare(a, b);
}

TEST_P(ResourceContract, UpdateWithoutMaskWritesWhatIsPopulated) {
  CRM_NEEDS(Verb::kCreate, Verb::kUpdate)
  const MessagePtr before = MakeOne();

  const ApiAnswer answer =
      api().Call(Verb::kUpdate, *api().UpdateRequest(*Named(*before, kSouth)),
                 TokenOf("user:bob", "everyone"));

  ASSERT_THAT(answer.status, IsOk());
  EXPECT_EQ(LabelsOf(*answer.message), "team=south;");
  EXPECT_TRUE(SameBut(*before, *answer.message, {"labels"}));
  EXPECT_EQ(ReadString(*answer.message, "updater"), "user:bob");
  EXPECT_EQ(ReadString(*answer.message, "etag"), "\"2\"");
  EXPECT_TRUE(
      MessageDifferencer::Equals(*MustGet(NameOf(*before)), *answer.message));
}

TEST_P(ResourceContract, UpdateWritesTheNamedFieldsAlone) {
  CRM_NEEDS(Verb::kCreate, Verb::kUpdate)
  const MessagePtr before = MakeOne();
  const MessagePtr update = Clone(*before);
  ASSERT_EQ(LabelsOf(*update), "team=north;");
  update->GetReflection()->ClearField(
      update.get(), schema().message()->FindFieldByName("labels"));
  if (const FieldDescriptor* text = MutableText()) {
    maker().Fill(*update, text);
  }

  // Only the labels are named, and they are unset.
  const ApiAnswer answer = api().Call(
      Verb::kUpdate, *api().UpdateRequest(*update, {"labels"}), token());

  ASSERT_THAT(answer.status, IsOk());
  EXPECT_EQ(LabelsOf(*answer.message), "");
  EXPECT_TRUE(SameBut(*before, *answer.message, {"labels"}));
}

TEST_P(ResourceContract, UpdateWithAStarWritesAllFields) {
  CRM_NEEDS(Verb::kCreate, Verb::kUpdate)
  const MessagePtr before = MakeOne();
  const MessagePtr update = Clone(*before);
  update->GetReflection()->ClearField(
      update.get(), schema().message()->FindFieldByName("labels"));
  std::vector<std::string> changed = {"labels"};
  if (const FieldDescriptor* text = MutableText()) {
    maker().Fill(*update, text);
    changed.push_back(text->name());
  }

  const ApiAnswer answer =
      api().Call(Verb::kUpdate, *api().UpdateRequest(*update, {"*"}), token());

  ASSERT_THAT(answer.status, IsOk());
  EXPECT_TRUE(SameBut(*before, *answer.message, changed));
  EXPECT_TRUE(SameBut(*update, *answer.message, {}));
}

TEST_P(ResourceContract, UpdateRefusesUnknownPaths) {
  CRM_NEEDS(Verb::kCreate, Verb::kUpdate)
  const MessagePtr before = MakeOne();
  const StoredRecords records = Records();

  for (const std::string& path :
       {std::string("no_such_field"), std::string("labels.team.more"),
        std::string(""), std::string("*.name"), std::string("name.more")}) {
    EXPECT_THAT(api()
                    .Call(Verb::kUpdate,
                          *api().UpdateRequest(*Named(*before, kSouth),
                                               {"labels", path}),
                          token())
                    .status,
                ViolatesField("update_mask"))
        << path;
  }

  EXPECT_EQ(Records(), records);
}

TEST_P(ResourceContract, UpdateRefusesToChangeImmutableFields) {
  CRM_NEEDS(Verb::kCreate, Verb::kUpdate)
  const MessagePtr before = MakeOne();
  for (const FieldDescriptor* field : InputFields()) {
    if (!ResourceSchema::IsImmutable(field)) continue;
    const MessagePtr update = Clone(*before);
    maker().Fill(*update, field);
    const StoredRecords records = Records();

    for (const std::vector<std::string>& mask :
         {std::vector<std::string>{field->name()}, {}, {"*"}}) {
      EXPECT_THAT(
          api()
              .Call(Verb::kUpdate, *api().UpdateRequest(*update, mask), token())
              .status,
          ViolatesField(absl::StrCat(api().field(), ".", field->name())));
    }
    // The value that it has is no change.
    EXPECT_THAT(
        api()
            .Call(Verb::kUpdate, *api().UpdateRequest(*before, {field->name()}),
                  token())
            .status,
        IsOk());

    EXPECT_EQ(Records(), records);
  }
}

TEST_P(ResourceContract, UpdateIgnoresOutputOnlyFields) {
  CRM_NEEDS(Verb::kCreate, Verb::kUpdate)
  const MessagePtr before = MakeOne();
  const MessagePtr update = Clone(*before);
  std::vector<std::string> mask;
  for (int i = 0; i < schema().message()->field_count(); ++i) {
    const FieldDescriptor* field = schema().message()->field(i);
    if (field->name() == "name" || field->name() == "etag") continue;
    if (ResourceSchema::IsOutputOnly(field) && Forge(*update, field)) {
      mask.push_back(field->name());
    }
  }
  const StoredRecords records = Records();

  for (const auto& paths : {mask, std::vector<std::string>{}, {"*"}}) {
    const ApiAnswer answer = api().Call(
        Verb::kUpdate, *api().UpdateRequest(*update, paths), token());
    ASSERT_THAT(answer.status, IsOk());
    EXPECT_TRUE(MessageDifferencer::Equals(*before, *answer.message));
  }

  EXPECT_EQ(Records(), records);
}

TEST_P(ResourceContract, UpdateThatChangesNothingLeavesNothingBehind) {
  CRM_NEEDS(Verb::kCreate, Verb::kUpdate)
  const MessagePtr before = MakeOne();
  const StoredRecords records = Records();

  const ApiAnswer answer =
      api().Call(Verb::kUpdate, *api().UpdateRequest(*before), token());

  ASSERT_THAT(answer.status, IsOk());
  EXPECT_TRUE(MessageDifferencer::Equals(*before, *answer.message));
  EXPECT_EQ(Records(), records);
}

TEST_P(ResourceContract, PAIN_19_UpdateIsGuardedByTheEtag) {
  CRM_NEEDS(Verb::kCreate, Verb::kUpdate)
  const MessagePtr before = MakeOne();
  const MessagePtr update = Named(*before, kSouth);
  SetText(*update, "etag", ReadString(*before, "etag"));

  EXPECT_THAT(
      api().Call(Verb::kUpdate, *api().UpdateRequest(*update), token()).status,
      IsOk());
  const StoredRecords records = Records();
  EXPECT_THAT(
      api().Call(Verb::kUpdate, *api().UpdateRequest(*update), token()).status,
      StatusIs(absl::StatusCode::kAborted, "ETAG_MISMATCH"));

  EXPECT_EQ(Records(), records);
}

TEST_P(ResourceContract, UpdateAnswersARepeatedRequestAlike) {
  CRM_NEEDS(Verb::kCreate, Verb::kUpdate)
  const MessagePtr before = MakeOne();
  const MessagePtr request = api().UpdateRequest(*Named(*before, kSouth));
  SetText(*request, "request_id", "6c9a8a1e-0005");

  const ApiAnswer first = api().Call(Verb::kUpdate, *request, token());
  // Somebody else changes it in between.
  ASSERT_THAT(api()
                  .Call(Verb::kUpdate,
                        *api().UpdateRequest(*Named(*before, ""), {"labels"}),
                        TokenOf("user:bob", "everyone"))
                  .status,
              IsOk());
  const StoredRecords records = Records();
  const ApiAnswer second = api().Call(Verb::kUpdate, *request, token());

  ASSERT_THAT(first.status, IsOk());
  ASSERT_THAT(second.status, IsOk());
  EXPECT_EQ(first.bytes, second.bytes);
  EXPECT_EQ(Records(), records);
}

TEST_P(ResourceContract, UpdateCanBeValidatedOnly) {
  CRM_NEEDS(Verb::kCreate, Verb::kUpdate)
  const MessagePtr before = MakeOne();
  const MessagePtr request = api().UpdateRequest(*Named(*before, kSouth));
  SetFlag(*request, "validate_only");
  const StoredRecords records = Records();

  const ApiAnswer answer = api().Call(Verb::kUpdate, *request, token());

  ASSERT_THAT(answer.status, IsOk());
  EXPECT_EQ(LabelsOf(*answer.message), "team=south;");
  EXPECT_EQ(Records(), records);
}

TEST_P(ResourceContract, UpdateOfWhatIsMissingCreatesOnlyIfAllowed) {
  CRM_NEEDS(Verb::kCreate, Verb::kUpdate)
  const MessagePtr instance = NewInstance();
  SetText(*instance, "name", schema().pattern().Format(parent(), "made-late"));
  const MessagePtr request = api().UpdateRequest(*instance);
  const StoredRecords before = Records();

  EXPECT_THAT(api().Call(Verb::kUpdate, *request, token()).status,
              StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
  EXPECT_EQ(Records(), before);
  if (!HasField(*request, "allow_missing")) return;
  SetFlag(*request, "allow_missing");
  const ApiAnswer made = api().Call(Verb::kUpdate, *request, token());

  ASSERT_THAT(made.status, IsOk());
  EXPECT_EQ(ReadString(*made.message, "etag"), "\"1\"");
  EXPECT_EQ(CheckCommitRecords(before, Records()), "");
  EXPECT_TRUE(
      MessageDifferencer::Equals(*MustGet(NameOf(*instance)), *made.message));
}

TEST_P(ResourceContract, UpdateRefusesNamesOfAnotherForm) {
  CRM_NEEDS(Verb::kUpdate)
  for (const char* name : {"", "things/thing-1", "leads/Upper/more"}) {
    const MessagePtr update = NewInstance();
    SetText(*update, "name", name);
    EXPECT_THAT(api()
                    .Call(Verb::kUpdate, *api().UpdateRequest(*update), token())
                    .status,
                ViolatesField(absl::StrCat(api().field(), ".name")))
        << name;
  }
}

}  // namespace
}  // namespace crm::testing
