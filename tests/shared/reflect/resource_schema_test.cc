#include "shared/reflect/resource_schema.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/collaborative/v1/message.pb.h"
#include "crm/operational/v1/customer.pb.h"
#include "crm/operational/v1/identifier.pb.h"
#include "crm/operational/v1/lead.pb.h"
#include "crm/operational/v1/order.pb.h"
#include "crm/platform/v1/audit_entry.pb.h"
#include "google/protobuf/descriptor.pb.h"
#include "gtest/gtest.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;
using ::google::protobuf::DescriptorPool;
using ::testing::HasSubstr;

template <typename T>
ResourceSchema SchemaOf() {
  auto schema = ResourceSchema::Build(T::descriptor());
  EXPECT_THAT(schema, IsOk());
  return *std::move(schema);
}

// The columns as text: path, name and a mark for unique ones.
std::vector<std::string> Columns(const ResourceSchema& schema) {
  std::vector<std::string> columns;
  for (const ResourceColumn& column : schema.columns()) {
    columns.push_back(absl::StrCat(
        column.path, " ", column.name, column.unique ? " unique" : "",
        column.unique_in_tenant ? " in tenant" : ""));
  }
  return columns;
}

TEST(ResourceSchema, ReadsAResource) {
  const ResourceSchema schema = SchemaOf<operational::v1::Lead>();

  EXPECT_EQ(schema.message(), operational::v1::Lead::descriptor());
  EXPECT_EQ(schema.type(), "crm/Lead");
  EXPECT_EQ(schema.event_prefix(), "lead");
  EXPECT_EQ(schema.table(), "leads");
  EXPECT_TRUE(schema.soft_delete());
  ASSERT_NE(schema.ordering(), nullptr);
  EXPECT_EQ(schema.ordering()->name(), "customer");
}

TEST(ResourceSchema, ReadsANestedResource) {
  const auto schema = SchemaOf<collaborative::v1::Message>();

  EXPECT_EQ(schema.table(), "conversations_messages");
  EXPECT_TRUE(schema.pattern().nested());
}

TEST(ResourceSchema, KnowsWhatIsNeverDeletedSoftly) {
  EXPECT_FALSE(SchemaOf<platform::v1::AuditEntry>().soft_delete());
}

TEST(ResourceSchema, GivesIndexedUniqueAndOrderingFieldsAColumn) {
  const auto columns = Columns(SchemaOf<collaborative::v1::Message>());

  EXPECT_THAT(columns, ::testing::ElementsAre(
                           "customer c_customer", "channel c_channel",
                           "direction c_direction",
                           "client_message_id c_client_message_id unique",
                           "provider_message_id c_provider_message_id unique",
                           "send_time c_send_time"));
}

TEST(ResourceSchema, KnowsWhatIsUniqueUnderAllParents) {
  EXPECT_THAT(
      Columns(SchemaOf<operational::v1::Identifier>()),
      ::testing::Contains("verified_key c_verified_key unique in tenant"));
}

TEST(ResourceSchema, KnowsTheBehaviorOfFields) {
  const auto* lead = operational::v1::Lead::descriptor();
  const auto field = [lead](const char* name) {
    return lead->FindFieldByName(name);
  };

  EXPECT_TRUE(ResourceSchema::IsOutputOnly(field("name")));
  EXPECT_TRUE(ResourceSchema::IsOutputOnly(field("state")));
  EXPECT_FALSE(ResourceSchema::IsOutputOnly(field("company")));
  EXPECT_TRUE(ResourceSchema::IsImmutable(field("customer")));
  EXPECT_FALSE(ResourceSchema::IsImmutable(field("company")));
  EXPECT_TRUE(ResourceSchema::IsRequired(field("display_name")));
  EXPECT_FALSE(ResourceSchema::IsRequired(field("company")));
}

TEST(OrderingKey, IsTheCustomer) {
  operational::v1::Lead lead;
  lead.set_name("leads/ada");
  lead.set_customer("customers/ada");

  EXPECT_EQ(SchemaOf<operational::v1::Lead>().OrderingKey(lead),
            "customers/ada");
}

TEST(OrderingKey, IsTheResourceItselfWithoutACustomer) {
  operational::v1::Lead lead;
  lead.set_name("leads/ada");
  operational::v1::Customer customer;
  customer.set_name("customers/ada");

  EXPECT_EQ(SchemaOf<operational::v1::Lead>().OrderingKey(lead), "leads/ada");
  EXPECT_EQ(SchemaOf<operational::v1::Customer>().OrderingKey(customer),
            "customers/ada");
}

TEST(OrderingKey, IsTheCustomerThatTheResourceLiesUnder) {
  operational::v1::Identifier identifier;
  identifier.set_name("customers/ada/identifiers/mail");

  EXPECT_EQ(SchemaOf<operational::v1::Identifier>().OrderingKey(identifier),
            "customers/ada");
}

// Messages that Build() refuses, as the body of a message in text format.
struct BadSchema {
  const char* name;
  const char* message;
  const char* problem;
};

constexpr char kResource[] =
    "options { [google.api.resource] { type: 'crm/T' pattern: 't/{t}' } } ";
constexpr char kName[] =
    "field { name: 'name' number: 1 type: TYPE_STRING label: LABEL_OPTIONAL } ";

const BadSchema kBadSchemas[] = {
    {"no pattern", kName, "exactly one name pattern"},
    {"two patterns",
     "options { [google.api.resource] { type: 'crm/T' pattern: 't/{t}' "
     "pattern: 'u/{u}' } } ",
     "exactly one name pattern"},
    {"no name field", kResource, "'name' is missing"},
    {"unique in a tenant but not unique",
     "options { [google.api.resource] { type: 'crm/T' pattern: 't/{t}' } } "
     "field { name: 'name' number: 1 type: TYPE_STRING label: LABEL_OPTIONAL } "
     "field { name: 'key' number: 2 type: TYPE_STRING label: LABEL_OPTIONAL "
     "options { [crm.api.field] { unique_in_tenant: true } } } ",
     "'key' is unique_in_tenant, not unique"},
    {"two ordering fields",
     "options { [google.api.resource] { type: 'crm/T' pattern: 't/{t}' } } "
     "field { name: 'name' number: 1 type: TYPE_STRING label: LABEL_OPTIONAL } "
     "field { name: 'a' number: 2 type: TYPE_STRING label: LABEL_OPTIONAL "
     "        options { [crm.api.field] { ordering: true } } } "
     "field { name: 'b' number: 3 type: TYPE_STRING label: LABEL_OPTIONAL "
     "        options { [crm.api.field] { ordering: true } } }",
     "two ordering fields"},
    {"an index on a list of numbers",
     "options { [google.api.resource] { type: 'crm/T' pattern: 't/{t}' } } "
     "field { name: 'name' number: 1 type: TYPE_STRING label: LABEL_OPTIONAL } "
     "field { name: 'a' number: 2 type: TYPE_INT64 label: LABEL_REPEATED "
     "        options { [crm.api.field] { indexed: true } } }",
     "'a' cannot have a column"},
    {"unique values in a list",
     "options { [google.api.resource] { type: 'crm/T' pattern: 't/{t}' } } "
     "field { name: 'name' number: 1 type: TYPE_STRING label: LABEL_OPTIONAL } "
     "field { name: 'a' number: 2 type: TYPE_STRING label: LABEL_REPEATED "
     "        options { [crm.api.field] { indexed: true unique: true } } }",
     "'a' cannot have a column"},
    {"an index on a message",
     "options { [google.api.resource] { type: 'crm/T' pattern: 't/{t}' } } "
     "field { name: 'name' number: 1 type: TYPE_STRING label: LABEL_OPTIONAL } "
     "field { name: 'a' number: 2 type: TYPE_MESSAGE type_name: '.test.T' "
     "        label: LABEL_OPTIONAL "
     "        options { [crm.api.field] { unique: true } } }",
     "'a' cannot have a column"},
};

TEST(ResourceSchema, SaysWhatIsWrongWithAnnotations) {
  for (const BadSchema& test : kBadSchemas) {
    SCOPED_TRACE(test.name);
    google::protobuf::FileDescriptorProto file;
    ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
        absl::StrCat("name: 'test.proto' package: 'test' syntax: 'proto3' "
                     "message_type { name: 'T' ",
                     test.message, "}"),
        &file));
    DescriptorPool pool(DescriptorPool::generated_pool());
    const auto* built = pool.BuildFile(file);
    ASSERT_NE(built, nullptr);

    const auto schema = ResourceSchema::Build(built->message_type(0));

    EXPECT_THAT(schema, StatusIs(absl::StatusCode::kFailedPrecondition,
                                 "SCHEMA_INVALID"));
    EXPECT_THAT(std::string(schema.status().message()),
                HasSubstr(test.problem));
  }
}

TEST(ResourceSchema, GivesNestedFieldsAColumn) {
  google::protobuf::FileDescriptorProto file;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      absl::StrCat("name: 'test.proto' package: 'test' syntax: 'proto3' "
                   "message_type { name: 'T' ",
                   kResource, kName,
                   "field { name: 'inner' number: 2 type: TYPE_MESSAGE "
                   "        type_name: '.test.Inner' label: LABEL_OPTIONAL } } "
                   "message_type { name: 'Inner' "
                   "field { name: 'code' number: 1 type: TYPE_STRING "
                   "        label: LABEL_OPTIONAL "
                   "        options { [crm.api.field] { indexed: true } } } }"),
      &file));
  DescriptorPool pool(DescriptorPool::generated_pool());
  const auto* built = pool.BuildFile(file);
  ASSERT_NE(built, nullptr);

  const auto schema = ResourceSchema::Build(built->message_type(0));

  ASSERT_THAT(schema, IsOk());
  EXPECT_THAT(Columns(*schema),
              ::testing::ElementsAre("inner.code c_inner_code"));
}

}  // namespace
}  // namespace crm
