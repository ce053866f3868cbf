// The rules that every message of the suite keeps, resources above all.

#include <map>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "crm/api/annotations.pb.h"
#include "crm/profile/v1/slice.pb.h"
#include "gmock/gmock.h"
#include "google/api/resource.pb.h"
#include "gtest/gtest.h"
#include "re2/re2.h"
#include "shared/reflect/resource_name.h"
#include "shared/reflect/resource_schema.h"
#include "tests/protos/descriptors.h"
#include "tests/support/matchers.h"

namespace crm::testing {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;
using ::testing::Contains;
using ::testing::Le;
using ::testing::NotNull;

constexpr int kFirstStandardNumber = 100;

// The numbers that fields have in every resource.
const std::map<std::string, int>& StandardFields() {
  static const auto& fields = *new std::map<std::string, int>{
      {"name", 1},          {"uid", 2},           {"etag", 100},
      {"create_time", 101}, {"update_time", 102}, {"delete_time", 103},
      {"purge_time", 104},  {"creator", 105},     {"updater", 106},
      {"labels", 107},      {"source", 108},      {"custom_fields", 120},
  };
  return fields;
}

// Types from outside that our messages may hold. Struct, Value, ListValue and
// Any are not among them: a small JSON text can make them cost seconds.
// Answers, which nobody sends us, may hold Any.
const std::set<std::string>& ForeignTypes() {
  static const auto& types = *new std::set<std::string>{
      "google.longrunning.Operation",
      "google.protobuf.Duration",
      "google.protobuf.FieldMask",
      "google.protobuf.Timestamp",
      "google.rpc.Status",
      "google.type.Date",
      "google.type.Money",
      "google.type.PostalAddress",
  };
  return types;
}

const crm::api::FieldRule& Rule(const FieldDescriptor* field) {
  return field->options().GetExtension(crm::api::field);
}

const google::api::ResourceReference& Reference(const FieldDescriptor* field) {
  return field->options().GetExtension(google::api::resource_reference);
}

// The types that are defined, by a message or by a file.
std::set<std::string> DefinedTypes() {
  std::set<std::string> types = {"*"};
  for (const Descriptor* resource : OurResources()) {
    types.insert(
        resource->options().GetExtension(google::api::resource).type());
  }
  for (const auto* file : OurFiles()) {
    const auto& options = file->options();
    const int count = options.ExtensionSize(google::api::resource_definition);
    for (int i = 0; i < count; ++i) {
      types.insert(
          options.GetExtension(google::api::resource_definition, i).type());
    }
  }
  return types;
}

// Calls `check` with each field of our messages.
template <typename Check>
void ForEachField(Check check) {
  for (const Descriptor* message : OurMessages()) {
    for (int i = 0; i < message->field_count(); ++i) {
      const FieldDescriptor* field = message->field(i);
      SCOPED_TRACE(field->full_name());
      check(field);
    }
  }
}

TEST(Resources, AreFound) {
  EXPECT_THAT(DefinedTypes(), Contains("crm/Lead"));
  EXPECT_THAT(DefinedTypes(), Contains("crm/Operation"));
}

TEST(Resources, HaveTypePatternAndPlural) {
  for (const Descriptor* resource : OurResources()) {
    SCOPED_TRACE(resource->full_name());
    const auto& rule = resource->options().GetExtension(google::api::resource);
    EXPECT_EQ(rule.type(), absl::StrCat("crm/", resource->name()));
    EXPECT_EQ(rule.pattern_size(), 1);
    EXPECT_EQ(SnakeCase(rule.singular()), SnakeCase(resource->name()));
  }
}

TEST(Resources, HaveASchemaTheKernelCanBuild) {
  for (const Descriptor* resource : StoredResources()) {
    SCOPED_TRACE(resource->full_name());
    const auto& rule = resource->options().GetExtension(google::api::resource);

    const auto schema = ResourceSchema::Build(resource);

    ASSERT_THAT(schema, IsOk());
    EXPECT_EQ(schema->pattern().collection(), rule.plural());
  }
}

TEST(Resources, GiveStandardFieldsTheirNumbers) {
  for (const Descriptor* resource : OurResources()) {
    for (int i = 0; i < resource->field_count(); ++i) {
      const FieldDescriptor* field = resource->field(i);
      const auto standard = StandardFields().find(field->name());
      if (standard == StandardFields().end()) {
        EXPECT_LT(field->number(), kFirstStandardNumber) << field->full_name();
      } else {
        EXPECT_EQ(field->number(), standard->second) << field->full_name();
      }
    }
  }
}

TEST(Resources, HaveAllStandardFieldsIfTheyAreStored) {
  const std::set<std::string> soft = {"delete_time", "purge_time"};
  for (const Descriptor* resource : StoredResources()) {
    const bool soft_delete =
        resource->FindFieldByName("delete_time") != nullptr;
    for (const auto& [name, number] : StandardFields()) {
      if (soft.contains(name) && !soft_delete) continue;
      // What serves the suite itself has none.
      if (name == "custom_fields") continue;
      EXPECT_THAT(resource->FindFieldByName(name), NotNull())
          << resource->full_name() << ": " << name;
    }
  }
}

TEST(Resources,
     LeaveOnlyLabelsSourceAndCustomFieldsOfTheStandardFieldsToCallers) {
  const std::set<std::string> callers = {"labels", "source", "custom_fields"};
  for (const Descriptor* resource : OurResources()) {
    for (const auto& [name, number] : StandardFields()) {
      const FieldDescriptor* field = resource->FindFieldByName(name);
      if (field == nullptr) continue;
      SCOPED_TRACE(field->full_name());
      EXPECT_EQ(HasBehavior(field, google::api::IDENTIFIER), name == "name");
      EXPECT_EQ(HasBehavior(field, google::api::OPTIONAL),
                callers.contains(name));
      EXPECT_EQ(HasBehavior(field, google::api::OUTPUT_ONLY),
                name != "name" && !callers.contains(name));
    }
  }
}

TEST(Resources, SayWhetherEachFieldIsInputOrOutput) {
  for (const Descriptor* resource : OurResources()) {
    for (int i = 0; i < resource->field_count(); ++i) {
      const FieldDescriptor* field = resource->field(i);
      const int behaviors = HasBehavior(field, google::api::IDENTIFIER) +
                            HasBehavior(field, google::api::OUTPUT_ONLY) +
                            HasBehavior(field, google::api::REQUIRED) +
                            HasBehavior(field, google::api::OPTIONAL);
      EXPECT_EQ(behaviors, 1) << field->full_name();
    }
  }
}

TEST(Resources, AreOrderedWithTheirCustomerAtMost) {
  for (const Descriptor* resource : OurResources()) {
    int ordering = 0;
    for (int i = 0; i < resource->field_count(); ++i) {
      const FieldDescriptor* field = resource->field(i);
      if (!Rule(field).ordering()) continue;
      ++ordering;
      EXPECT_EQ(Reference(field).type(), "crm/Customer") << field->full_name();
      EXPECT_TRUE(HasBehavior(field, google::api::IMMUTABLE) ||
                  HasBehavior(field, google::api::OUTPUT_ONLY))
          << field->full_name();
    }
    EXPECT_THAT(ordering, Le(1)) << resource->full_name();
  }
}

TEST(Resources, LetOnlyVerbsChangeStates) {
  for (const Descriptor* resource : OurResources()) {
    const FieldDescriptor* state = resource->FindFieldByName("state");
    if (state == nullptr) continue;
    EXPECT_TRUE(HasBehavior(state, google::api::OUTPUT_ONLY))
        << resource->full_name();
  }
}

TEST(Fields, HoldNoMessageWithoutAType) {
  ForEachField([](const FieldDescriptor* field) {
    if (field->message_type() == nullptr) return;
    if (field->message_type()->file()->package().starts_with("crm.")) return;
    if (field->message_type()->full_name() == "google.protobuf.Any" &&
        field->containing_type()->name().ends_with("Response")) {
      return;
    }
    EXPECT_THAT(ForeignTypes(), Contains(field->message_type()->full_name()));
  });
}

TEST(Fields, ReferToResourcesThatExist) {
  const std::set<std::string> types = DefinedTypes();
  ForEachField([&](const FieldDescriptor* field) {
    const auto& reference = Reference(field);
    if (!reference.type().empty()) {
      EXPECT_THAT(types, Contains(reference.type()));
    }
    if (!reference.child_type().empty()) {
      EXPECT_THAT(types, Contains(reference.child_type()));
    }
  });
}

TEST(Fields, HaveRulesThatMakeSense) {
  ForEachField([](const FieldDescriptor* field) {
    const crm::api::FieldRule& rule = Rule(field);
    // Of a map the values are meant.
    const FieldDescriptor* value =
        field->is_map() ? field->message_type()->map_value() : field;
    const bool text = value->cpp_type() == FieldDescriptor::CPPTYPE_STRING;
    if (!rule.pattern().empty()) {
      EXPECT_TRUE(RE2(rule.pattern(), RE2::Quiet).ok()) << rule.pattern();
    }
    EXPECT_TRUE(rule.max_len() == 0 || (text && rule.max_len() > 0));
    EXPECT_TRUE(rule.max_items() == 0 || field->is_repeated());
    EXPECT_LE(rule.min_value(), rule.max_value());
    EXPECT_FALSE(rule.unique() && field->is_repeated());
    if (!rule.slice().empty()) {
      EXPECT_THAT(crm::profile::v1::Slice::Kind_descriptor()->FindValueByName(
                      rule.slice()),
                  NotNull());
    }
  });
}

TEST(Fields, HaveNamesThatCppKeepsAsTheyAre) {
  // protoc appends `_` to keywords, so the C++ name would not be the proto's.
  const std::set<std::string> keywords = {
      "auto",     "bool",     "break",    "case",     "catch",     "char",
      "class",    "concept",  "const",    "continue", "default",   "delete",
      "double",   "else",     "enum",     "explicit", "export",    "extern",
      "float",    "for",      "friend",   "goto",     "if",        "inline",
      "int",      "long",     "module",   "mutable",  "namespace", "new",
      "not",      "operator", "or",       "private",  "protected", "public",
      "register", "requires", "return",   "short",    "signed",    "sizeof",
      "static",   "struct",   "switch",   "template", "this",      "throw",
      "true",     "try",      "typedef",  "union",    "unsigned",  "using",
      "virtual",  "void",     "volatile", "while",    "xor"};
  ForEachField([&](const FieldDescriptor* field) {
    EXPECT_FALSE(keywords.contains(field->name()));
  });
}

}  // namespace
}  // namespace crm::testing
