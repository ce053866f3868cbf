#include "shared/resource/import_mapping.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "crm/api/provenance.pb.h"
#include "google/api/resource.pb.h"
#include "shared/base/digest.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm {
namespace {

using ::crm::platform::v1::ImportColumn;
using ::crm::platform::v1::ImportPlan;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;

// The bytes of a digest that an id keeps: so many that no two keys meet.
constexpr size_t kIdBytes = 16;

constexpr char kName[] = "name";

// Says where the resource came from, if it has a field for it.
void WriteSource(const std::string& system, const std::string& key,
                 Message& resource) {
  const FieldDescriptor* field =
      resource.GetDescriptor()->FindFieldByName("source");
  if (field == nullptr ||
      field->message_type() != crm::api::Provenance::descriptor()) {
    return;
  }
  auto& source = static_cast<crm::api::Provenance&>(
      *resource.GetReflection()->MutableMessage(&resource, field));
  source.set_system(system);
  source.set_external_id(key);
}

std::vector<FieldViolation> CheckPlan(const ImportPlan& plan,
                                      const std::string& system, bool has_key,
                                      bool has_name, bool whole_rows) {
  std::vector<FieldViolation> violations;
  if (plan.format() == ImportPlan::FORMAT_UNSPECIFIED) {
    violations.push_back({"plan.format", "is required."});
  }
  if (plan.format() == ImportPlan::CSV && whole_rows) {
    violations.push_back(
        {"plan.columns", "must say where the values of CSV go."});
  }
  if (!plan.delimiter().empty() && plan.delimiter() != "," &&
      plan.delimiter() != ";" && plan.delimiter() != "|" &&
      plan.delimiter() != "\t") {
    violations.push_back(
        {"plan.delimiter", "must be a comma, a semicolon, a bar or a tab."});
  }
  if (has_key && system.empty()) {
    violations.push_back({"plan.system", "is required where there are keys."});
  }
  if (plan.mode() == ImportPlan::UPSERT && !whole_rows && !has_name) {
    violations.push_back(
        {"plan.mode", "UPSERT needs a column for the field `name`."});
  }
  return violations;
}

}  // namespace

std::string IdOfKey(absl::string_view system, absl::string_view key) {
  const std::string digest = Sha256(absl::StrCat(system, "\n", key));
  return absl::StrCat("k", absl::BytesToHexString(
                               absl::string_view(digest).substr(0, kIdBytes)));
}

absl::StatusOr<ImportMapping> ImportMapping::Build(
    const ResourceCatalog& catalog, const Resource& resource,
    const ImportPlan& plan, const ImportRules& rules,
    const FindCustomField& find_custom, absl::string_view parent) {
  ImportMapping mapping;
  mapping.parent_ = std::string(parent);
  const ImportPreset* preset =
      rules.Find(plan.preset(), resource.schema.pattern().collection());
  mapping.request_field_ = resource.schema.request_field();
  mapping.system_ = plan.system().empty() && preset != nullptr ? preset->system
                                                               : plan.system();
  mapping.region_ = plan.region();
  mapping.rules_ = &rules;
  std::vector<FieldViolation> violations;
  if (plan.preset() != ImportPlan::PRESET_UNSPECIFIED && preset == nullptr) {
    violations.push_back({"plan.preset", "is not known for the collection."});
  }
  if (!plan.region().empty() &&
      !(rules.knows_region && rules.knows_region(plan.region()))) {
    violations.push_back(
        {"plan.region", "must be a country code that is known here, as US."});
  } else if (!plan.region().empty() && plan.columns().empty() &&
             preset == nullptr) {
    violations.push_back({"plan.region", "is of rows that have columns."});
  }
  for (int i = 0; i < plan.columns_size(); ++i) {
    const absl::Status added =
        mapping.AddColumn(catalog, resource, plan.columns(i), find_custom);
    if (added.ok()) continue;
    violations.push_back({absl::StrCat("plan.columns[", i, "].field"),
                          std::string(added.message())});
  }
  if (preset != nullptr) {
    for (const ImportColumn& column : preset->columns) {
      CRM_RETURN_IF_ERROR(
          mapping.AddColumn(catalog, resource, column, find_custom));
    }
  }
  const std::map<std::string, std::string> constants(plan.constants().begin(),
                                                     plan.constants().end());
  for (const auto& [path, text] : constants) {
    auto field = TextField::Find(*resource.schema.message(), path, find_custom);
    if (field.ok() && path != kName) {
      mapping.constants_.push_back({text, *std::move(field)});
      continue;
    }
    violations.push_back({absl::StrCat("plan.constants[\"", path, "\"]"),
                          field.ok() ? "cannot be the name of all."
                                     : std::string(field.status().message())});
  }
  bool has_key = false;
  bool has_name = false;
  for (const Column& column : mapping.columns_) {
    has_key |= column.key_of != nullptr;
    has_name |= column.field.path() == kName;
  }
  for (FieldViolation& violation : CheckPlan(plan, mapping.system_, has_key,
                                             has_name, mapping.whole_rows())) {
    violations.push_back(std::move(violation));
  }
  if (!violations.empty()) return BadRequest(violations);
  return mapping;
}

absl::Status ImportMapping::AddColumn(const ResourceCatalog& catalog,
                                      const Resource& resource,
                                      const ImportColumn& column,
                                      const FindCustomField& find_custom) {
  CRM_ASSIGN_OR_RETURN(
      TextField field,
      TextField::Find(*resource.schema.message(), column.field(), find_custom));
  Column out{&column, std::move(field), nullptr};
  if (column.join() && !out.field.joins()) {
    return InvalidArgument("FIELD_TAKES_NO_TEXT",
                           "is no text to which another can be joined.");
  }
  if (column.key()) {
    out.key_of = column.field() == kName
                     ? &resource
                     : catalog.FindByType(
                           out.field.field()
                               .options()
                               .GetExtension(google::api::resource_reference)
                               .type());
    // Of nested resources only the siblings have a known parent.
    const bool known =
        out.key_of != nullptr &&
        (out.key_of == &resource || !out.key_of->schema.pattern().nested());
    if (!known) {
      return InvalidArgument(
          "FIELD_TAKES_NO_TEXT",
          "takes no key: it names no resource of this service.");
    }
  }
  columns_.push_back(std::move(out));
  return absl::OkStatus();
}

absl::Status ImportMapping::CheckHeader(
    const std::vector<std::string>& header) const {
  const std::set<std::string> present(header.begin(), header.end());
  for (const Column& column : columns_) {
    const std::string& name = column.plan->column();
    if (!column.plan->optional() && !present.contains(name)) {
      return InvalidArgument(
          "IMPORT_COLUMN_MISSING",
          absl::StrCat("The rows have no column '", name, "'."),
          {{"column", name}});
    }
    if (std::count(header.begin(), header.end(), name) > 1) {
      return InvalidArgument(
          "IMPORT_COLUMN_TWICE",
          absl::StrCat("The rows have the column '", name, "' twice."),
          {{"column", name}});
    }
  }
  return absl::OkStatus();
}

std::string ImportMapping::TextOf(const Column& column,
                                  const std::string& value) const {
  const std::string text(absl::StripAsciiWhitespace(value));
  const auto& values = column.plan->values();
  const auto meant = values.find(text);
  if (meant != values.end()) return meant->second;
  if (text.empty() || column.key_of == nullptr) return text;
  const auto& pattern = column.key_of->schema.pattern();
  return pattern.Format(pattern.nested() ? parent_ : "",
                        IdOfKey(system_, text));
}

std::string ImportMapping::WriteText(const TextField& field, std::string text,
                                     Message& resource) const {
  if (!region_.empty() && rules_->localize) {
    std::string wrong = rules_->localize(field.field(), region_, text);
    if (!wrong.empty()) return wrong;
  }
  return field.Write(text, resource);
}

absl::Status ImportMapping::Fill(FindValue find_value,
                                 Message& resource) const {
  // By the path of the field, in the order of the columns.
  std::map<std::string, std::string> written;
  std::vector<FieldViolation> violations;
  const auto write = [&](const TextField& field, const std::string& text) {
    const std::string wrong = WriteText(field, text, resource);
    if (wrong.empty()) return;
    violations.push_back(
        {absl::StrCat(request_field_, ".", field.path()), wrong});
  };
  for (const Column& column : columns_) {
    const std::string* value = find_value(column.plan->column());
    if (value == nullptr) continue;
    std::string text = TextOf(column, *value);
    if (text.empty()) continue;
    std::string& whole = written[column.field.path()];
    if (!whole.empty() && !column.plan->join()) continue;
    whole = whole.empty() ? text : absl::StrCat(whole, " ", text);
    write(column.field, whole);
    if (column.key_of != nullptr && column.field.path() == kName) {
      WriteSource(system_, std::string(absl::StripAsciiWhitespace(*value)),
                  resource);
    }
  }
  for (const Constant& constant : constants_) {
    if (written.contains(constant.field.path()) ||
        constant.field.parent_missing(resource)) {
      continue;
    }
    write(constant.field, constant.text);
  }
  return violations.empty() ? absl::OkStatus() : BadRequest(violations);
}

}  // namespace crm
