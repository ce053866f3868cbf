#include "services/operational/domain/graph_properties.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/reflect/field_text.h"
#include "shared/reflect/validate.h"

namespace crm::operational {

using ::google::protobuf::Message;

void WriteProperties(const Message& message,
                     std::span<const absl::string_view> paths,
                     crm::api::GraphNode& node) {
  for (const absl::string_view path : paths) {
    const auto field =
        TextField::FindToRead(*message.GetDescriptor(), path, nullptr);
    if (!field.ok()) continue;
    std::string value = field->Read(message);
    if (value.empty()) continue;
    auto& property = *node.add_properties();
    property.set_path(std::string(path));
    property.set_value(std::move(value));
  }
}

void ReadProperties(const crm::api::GraphNode& node, const std::string& at,
                    std::span<const absl::string_view> paths, Message& message,
                    std::vector<FieldViolation>& violations,
                    absl::string_view other) {
  for (int i = 0; i < node.properties_size(); ++i) {
    const auto& property = node.properties(i);
    if (property.path() == other) continue;
    const std::string place = absl::StrCat(at, ".properties[", i, "]");
    const bool known =
        std::find(paths.begin(), paths.end(), property.path()) != paths.end();
    const auto field = TextField::FindToRead(*message.GetDescriptor(),
                                             property.path(), nullptr);
    if (!known || !field.ok()) {
      violations.push_back(
          {absl::StrCat(place, ".path"),
           absl::StrCat("must be one of: ", absl::StrJoin(paths, ", "), ".")});
      continue;
    }
    if (property.value().empty()) continue;
    std::string problem = field->Write(property.value(), message);
    if (problem.empty()) continue;
    violations.push_back({absl::StrCat(place, ".value"), std::move(problem)});
  }
}

void CheckShown(const Message& resource, const std::string& at,
                const absl::Status& rules,
                std::vector<FieldViolation>& violations) {
  const auto report = [&](const FieldViolation& violation) {
    violations.push_back(
        {at, absl::StrCat("'", violation.field, "' ", violation.description)});
  };
  for (const FieldViolation& violation : Validator().Check(resource)) {
    report(violation);
  }
  if (rules.ok()) return;
  const std::vector<FieldViolation> broken = FieldViolations(rules);
  if (broken.empty()) violations.push_back({at, std::string(rules.message())});
  for (const FieldViolation& violation : broken) report(violation);
}

}  // namespace crm::operational
