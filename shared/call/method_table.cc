#include "shared/call/method_table.h"

#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "crm/api/annotations.pb.h"
#include "google/api/annotations.pb.h"
#include "google/api/resource.pb.h"
#include "google/longrunning/operations.pb.h"
#include "shared/base/errors.h"

namespace crm {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::MethodDescriptor;

// Longer prefixes first, so that BatchGet is not read as a custom verb.
constexpr std::pair<absl::string_view, Verb> kVerbs[] = {
    {"BatchGet", Verb::kBatchGet},
    {"BatchCreate", Verb::kBatchCreate},
    {"BatchUpdate", Verb::kBatchUpdate},
    {"BatchDelete", Verb::kBatchDelete},
    {"Get", Verb::kGet},
    {"List", Verb::kList},
    {"Create", Verb::kCreate},
    {"Update", Verb::kUpdate},
    {"Delete", Verb::kDelete},
    {"Undelete", Verb::kUndelete},
    {"Purge", Verb::kPurge},
    {"Export", Verb::kExport},
};

bool IsResource(const Descriptor* message) {
  return message->options().HasExtension(google::api::resource);
}

const Descriptor* ResourceByType(const MethodDescriptor* method,
                                 absl::string_view type) {
  const auto* file = method->file();
  for (int i = 0; i < file->message_type_count(); ++i) {
    const Descriptor* message = file->message_type(i);
    if (IsResource(message) &&
        message->options().GetExtension(google::api::resource).type() == type) {
      return message;
    }
  }
  return nullptr;
}

// The file of the resource that the methods of `file` are about: the bulk
// methods of `lead.proto` lie in `lead_bulk.proto`.
const google::protobuf::FileDescriptor* ResourceFile(
    const google::protobuf::FileDescriptor* file) {
  absl::string_view stem = file->name();
  if (!absl::ConsumeSuffix(&stem, "_bulk.proto")) return file;
  const auto* found =
      file->pool()->FindFileByName(absl::StrCat(stem, ".proto"));
  return found == nullptr ? file : found;
}

// The resource whose plural the name of a method ends in, as that of
// `PurgeLeads`: a method that answers with an operation returns no resource.
const Descriptor* ResourceByPlural(const MethodDescriptor* method) {
  const auto* file = ResourceFile(method->file());
  for (int i = 0; i < file->message_type_count(); ++i) {
    const Descriptor* message = file->message_type(i);
    const std::string& plural =
        message->options().GetExtension(google::api::resource).plural();
    if (!plural.empty() && absl::EndsWithIgnoreCase(method->name(), plural)) {
      return message;
    }
  }
  return nullptr;
}

// The resource a method returns, else the one repeated in its response, else
// the one that its request's `name` refers to, else the one that it is named
// after.
const Descriptor* ResourceOf(const MethodDescriptor* method) {
  const Descriptor* response = method->output_type();
  if (IsResource(response)) return response;
  for (int i = 0; i < response->field_count(); ++i) {
    const FieldDescriptor* field = response->field(i);
    if (field->is_repeated() && field->message_type() != nullptr &&
        IsResource(field->message_type())) {
      return field->message_type();
    }
  }
  const FieldDescriptor* name = method->input_type()->FindFieldByName("name");
  if (name != nullptr &&
      name->options().HasExtension(google::api::resource_reference)) {
    return ResourceByType(
        method,
        name->options().GetExtension(google::api::resource_reference).type());
  }
  return response == google::longrunning::Operation::descriptor()
             ? ResourceByPlural(method)
             : nullptr;
}

// A method is a standard one if its name is the prefix and the resource (or its
// plural): ListRfmScores of an RfmSnapshot is a custom method.
Verb VerbOf(const MethodDescriptor* method, const Descriptor* resource) {
  if (resource == nullptr) return Verb::kCustom;
  const auto& rule = resource->options().GetExtension(google::api::resource);
  for (const auto& [prefix, verb] : kVerbs) {
    absl::string_view rest = method->name();
    if (!absl::ConsumePrefix(&rest, prefix)) continue;
    if (absl::EqualsIgnoreCase(rest, resource->name()) ||
        absl::EqualsIgnoreCase(rest, rule.plural())) {
      return verb;
    }
  }
  return Verb::kCustom;
}

}  // namespace

absl::StatusOr<MethodTable> MethodTable::Build(
    const std::vector<const google::protobuf::ServiceDescriptor*>& services) {
  MethodTable table;
  std::vector<std::string> problems;
  for (const auto* service : services) {
    for (int i = 0; i < service->method_count(); ++i) {
      const MethodDescriptor* method = service->method(i);
      if (!method->options().HasExtension(google::api::http)) {
        problems.push_back(
            absl::StrCat(method->full_name(), " has no http rule"));
      }
      MethodInfo info;
      info.descriptor = method;
      info.path = absl::StrCat("/", service->full_name(), "/", method->name());
      info.permission = method->options().GetExtension(crm::api::permission);
      info.resource = ResourceOf(method);
      info.verb = VerbOf(method, info.resource);
      info.mutating =
          method->input_type()->FindFieldByName("request_id") != nullptr;
      if (info.permission.empty()) {
        problems.push_back(
            absl::StrCat(method->full_name(), " has no permission"));
      }
      if (method->client_streaming() && !method->server_streaming()) {
        problems.push_back(absl::StrCat(method->full_name(),
                                        " streams from the client alone"));
      }
      const std::string path = info.path;
      const auto [entry, added] = table.methods_.emplace(path, std::move(info));
      if (added) {
        table.by_request_.emplace(method->input_type(), &entry->second);
      }
    }
  }
  if (!problems.empty()) {
    return FailedPrecondition("METHOD_NOT_SERVABLE",
                              absl::StrCat("These methods cannot be served: ",
                                           absl::StrJoin(problems, "; "), "."));
  }
  return table;
}

const MethodInfo* MethodTable::Find(absl::string_view path) const {
  const auto found = methods_.find(path);
  return found == methods_.end() ? nullptr : &found->second;
}

const MethodInfo* MethodTable::FindByRequest(
    const google::protobuf::Descriptor* request) const {
  const auto found = by_request_.find(request);
  return found == by_request_.end() ? nullptr : found->second;
}

}  // namespace crm
