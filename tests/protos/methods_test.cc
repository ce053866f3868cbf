// The rules that every RPC of the suite keeps.

#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "crm/api/annotations.pb.h"
#include "gmock/gmock.h"
#include "google/api/annotations.pb.h"
#include "google/api/resource.pb.h"
#include "gtest/gtest.h"
#include "re2/re2.h"
#include "tests/protos/descriptors.h"

namespace crm::testing {
namespace {

using ::google::api::HttpRule;
using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::MethodDescriptor;
using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::NotNull;
using ::testing::SizeIs;

const HttpRule& Http(const MethodDescriptor* method) {
  return method->options().GetExtension(google::api::http);
}

// The path of the rule, with its HTTP method in front.
std::string Route(const HttpRule& rule) {
  switch (rule.pattern_case()) {
    case HttpRule::kGet:
      return absl::StrCat("GET ", rule.get());
    case HttpRule::kPost:
      return absl::StrCat("POST ", rule.post());
    case HttpRule::kPatch:
      return absl::StrCat("PATCH ", rule.patch());
    case HttpRule::kPut:
      return absl::StrCat("PUT ", rule.put());
    case HttpRule::kDelete:
      return absl::StrCat("DELETE ", rule.delete_());
    case HttpRule::kCustom:
    case HttpRule::PATTERN_NOT_SET:
      return "";
  }
  return "";
}

// The field that `path`, as `lead.name`, leads to from `message`; null if none.
const FieldDescriptor* FindPath(const Descriptor* message, std::string path) {
  const size_t dot = path.find('.');
  const auto* field = message->FindFieldByName(path.substr(0, dot));
  if (field == nullptr || dot == std::string::npos) return field;
  return FindPath(field->message_type(), path.substr(dot + 1));
}

std::set<std::string> FieldNames(const Descriptor* message) {
  std::set<std::string> names;
  for (int i = 0; i < message->field_count(); ++i) {
    names.insert(message->field(i)->name());
  }
  return names;
}

TEST(Methods, AreFound) {
  std::vector<std::string> names;
  for (const MethodDescriptor* method : OurMethods()) {
    names.push_back(method->full_name());
  }

  EXPECT_THAT(names, Contains("crm.operational.v1.LeadService.ConvertLead"));
  EXPECT_THAT(names, Contains("crm.platform.v1.ChangeService.Watch"));
  EXPECT_THAT(names, Contains("crm.internal.v1.Feed.Read"));
}

TEST(Methods, HaveAnHttpRuleOfTheirOwn) {
  const RE2 variable(R"(\{[a-z_.]+=|\{[a-z_.]+\})");
  std::set<std::string> routes;
  for (const MethodDescriptor* method : OurMethods()) {
    SCOPED_TRACE(method->full_name());
    std::string route = Route(Http(method));
    ASSERT_THAT(route, Not(IsEmpty()));

    RE2::GlobalReplace(&route, variable, "{");

    EXPECT_TRUE(routes.insert(route).second) << "'" << route << "' is taken";
  }
}

TEST(Methods, BindPathAndBodyToFields) {
  for (const MethodDescriptor* method : OurMethods()) {
    SCOPED_TRACE(method->full_name());
    const Descriptor* request = method->input_type();
    const std::string route = Route(Http(method));
    std::string variable;
    re2::StringPiece input(route);
    while (RE2::FindAndConsume(&input, R"(\{([a-z_.]+))", &variable)) {
      EXPECT_THAT(FindPath(request, variable), NotNull()) << variable;
    }
    const std::string& body = Http(method).body();
    if (!body.empty() && body != "*") {
      EXPECT_THAT(request->FindFieldByName(body), NotNull()) << body;
    }
    EXPECT_EQ(body.empty(), absl::StartsWith(route, "GET ") ||
                                absl::StartsWith(route, "DELETE "));
  }
}

TEST(Methods, NeedAPermission) {
  const RE2 form("[a-z][A-Za-z]*(\\.[a-z][A-Za-z]*)+");
  for (const MethodDescriptor* method : OurMethods()) {
    const std::string& permission =
        method->options().GetExtension(crm::api::permission);

    EXPECT_TRUE(RE2::FullMatch(permission, form))
        << method->full_name() << " needs '" << permission << "'";
  }
}

TEST(Methods, HaveARequestOfTheirOwn) {
  std::set<const Descriptor*> requests;
  for (const MethodDescriptor* method : OurMethods()) {
    EXPECT_TRUE(requests.insert(method->input_type()).second)
        << method->full_name();
  }
}

TEST(Methods, CanBeRetriedAndPreviewedIfTheyChangeSomething) {
  for (const MethodDescriptor* method : OurMethods()) {
    const bool reads = Http(method).pattern_case() == HttpRule::kGet;
    for (const char* name : {"request_id", "validate_only"}) {
      EXPECT_EQ(method->input_type()->FindFieldByName(name) == nullptr, reads)
          << method->full_name() << ": " << name;
    }
  }
}

TEST(Methods, SayHowEachInputFieldBehaves) {
  for (const MethodDescriptor* method : OurMethods()) {
    const Descriptor* request = method->input_type();
    for (int i = 0; i < request->field_count(); ++i) {
      const FieldDescriptor* field = request->field(i);

      EXPECT_NE(HasBehavior(field, google::api::REQUIRED),
                HasBehavior(field, google::api::OPTIONAL))
          << field->full_name();
    }
  }
}

// The standard methods of one resource: a verb, the fields of its request, and
// the permission's verb. `$` stands for the resource in snake case.
struct StandardMethod {
  std::string verb;
  bool plural;
  std::vector<std::string> fields;
  std::string permission;
};

const std::vector<StandardMethod>& StandardMethods() {
  static const auto& methods = *new std::vector<StandardMethod>{
      {"Create", false, {"$", "$_id"}, "create"},
      {"Get", false, {"name"}, "get"},
      {"List", true, {"page_size", "page_token", "filter", "order_by"}, "list"},
      {"Update", false, {"$", "update_mask", "allow_missing"}, "update"},
      {"Delete", false, {"name", "etag", "allow_missing"}, "delete"},
      {"Undelete", false, {"name", "etag"}, "undelete"},
      {"BatchGet", true, {"names"}, "get"},
      {"BatchCreate", true, {"requests", "return_partial_success"}, "create"},
      {"BatchUpdate", true, {"requests", "return_partial_success"}, "update"},
      {"BatchDelete", true, {"requests", "return_partial_success"}, "delete"},
  };
  return methods;
}

// Finds the method of `file`, or null.
const MethodDescriptor* FindMethod(const google::protobuf::FileDescriptor* file,
                                   absl::string_view name) {
  for (int i = 0; i < file->service_count(); ++i) {
    for (int j = 0; j < file->service(i)->method_count(); ++j) {
      const MethodDescriptor* method = file->service(i)->method(j);
      if (method->name() == name) return method;
    }
  }
  return nullptr;
}

// `rfmSnapshots` as `RfmSnapshots`.
std::string Capitalized(std::string text) {
  text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

TEST(StandardMethods, TakeTheFieldsOfTheContract) {
  for (const Descriptor* resource : StoredResources()) {
    const auto& rule = resource->options().GetExtension(google::api::resource);
    const bool nested = absl::StrContains(rule.pattern(0), "}/");
    for (const StandardMethod& standard : StandardMethods()) {
      const std::string noun =
          standard.plural ? Capitalized(rule.plural()) : resource->name();
      const auto* method =
          FindMethod(resource->file(), absl::StrCat(standard.verb, noun));
      if (method == nullptr) continue;
      SCOPED_TRACE(method->full_name());
      const std::set<std::string> fields = FieldNames(method->input_type());

      for (std::string field : standard.fields) {
        if (field[0] == '$') {
          field = SnakeCase(resource->name()) + field.substr(1);
        }
        EXPECT_THAT(fields, Contains(field));
      }
      if (nested && (standard.plural || standard.verb == "Create")) {
        EXPECT_THAT(fields, Contains("parent"));
      }
      EXPECT_EQ(method->options().GetExtension(crm::api::permission),
                absl::StrCat(rule.plural(), ".", standard.permission));
    }
  }
}

TEST(StandardMethods, AreAllThereForAResourceThatIsSoftDeleted) {
  for (const Descriptor* resource : StoredResources()) {
    if (resource->FindFieldByName("delete_time") == nullptr) continue;
    const auto& rule = resource->options().GetExtension(google::api::resource);
    for (const StandardMethod& standard : StandardMethods()) {
      const std::string name = absl::StrCat(
          standard.verb,
          standard.plural ? Capitalized(rule.plural()) : resource->name());

      EXPECT_THAT(FindMethod(resource->file(), name), NotNull()) << name;
    }
  }
}

TEST(StandardMethods, AnswerPagesAndBatchesAlike) {
  for (const MethodDescriptor* method : OurMethods()) {
    SCOPED_TRACE(method->full_name());
    const std::set<std::string> fields = FieldNames(method->output_type());
    if (absl::StartsWith(method->name(), "List")) {
      EXPECT_THAT(fields, SizeIs(2));
      EXPECT_THAT(fields, Contains("next_page_token"));
    } else if (absl::StartsWith(method->name(), "BatchGet")) {
      EXPECT_THAT(fields, SizeIs(1));
    } else if (absl::StartsWith(method->name(), "Batch")) {
      EXPECT_THAT(fields, SizeIs(2));
      EXPECT_THAT(fields, Contains("statuses"));
    }
  }
}

}  // namespace
}  // namespace crm::testing
