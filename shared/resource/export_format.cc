#include "shared/resource/export_format.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "crm/platform/v1/exports.pb.h"
#include "google/protobuf/util/json_util.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/tabular/csv_writer.h"

namespace crm {
namespace {

using ::crm::platform::v1::ExportColumn;
using ::crm::platform::v1::ExportPlan;
using ::google::protobuf::Descriptor;
using ::google::protobuf::Message;

// Returns the plan of `request`; the one that says nothing if it has none.
ExportPlan PlanOf(const Message& request) {
  const auto* field = request.GetDescriptor()->FindFieldByName("plan");
  if (field == nullptr || field->message_type() != ExportPlan::descriptor()) {
    return {};
  }
  return static_cast<const ExportPlan&>(
      request.GetReflection()->GetMessage(request, field));
}

// Returns the columns of all fields at the top of `type` that are text.
std::vector<TextField> AllColumns(const Descriptor& type,
                                  const FindCustomField& find_custom) {
  std::vector<TextField> columns;
  for (int i = 0; i < type.field_count(); ++i) {
    auto field =
        TextField::FindToRead(type, type.field(i)->name(), find_custom);
    if (field.ok()) columns.push_back(*std::move(field));
  }
  return columns;
}

std::vector<FieldViolation> CheckPlan(const ExportPlan& plan) {
  std::vector<FieldViolation> violations;
  const std::string& delimiter = plan.delimiter();
  if (!delimiter.empty() && delimiter != "," && delimiter != ";" &&
      delimiter != "|" && delimiter != "\t") {
    violations.push_back(
        {"plan.delimiter", "must be a comma, a semicolon, a bar or a tab."});
  }
  if (plan.format() != ExportPlan::CSV && !plan.columns().empty()) {
    violations.push_back({"plan.columns", "are of CSV only."});
  }
  return violations;
}

}  // namespace

absl::StatusOr<ExportFormat> ExportFormat::Build(
    const Resource& resource, const Message& request,
    const FindCustomField& find_custom) {
  const ExportPlan plan = PlanOf(request);
  std::vector<FieldViolation> violations = CheckPlan(plan);
  if (!violations.empty()) return BadRequest(violations);
  ExportFormat format;
  if (plan.format() != ExportPlan::CSV) return format;
  if (!plan.delimiter().empty()) format.delimiter_ = plan.delimiter()[0];
  const Descriptor& type = *resource.schema.message();
  if (plan.columns().empty()) format.columns_ = AllColumns(type, find_custom);
  std::vector<std::string> names;
  for (const TextField& column : format.columns_) {
    names.push_back(column.path());
  }
  for (int i = 0; i < plan.columns_size(); ++i) {
    const ExportColumn& column = plan.columns(i);
    auto field = TextField::FindToRead(type, column.field(), find_custom);
    if (!field.ok()) {
      violations.push_back({absl::StrCat("plan.columns[", i, "].field"),
                            std::string(field.status().message())});
      continue;
    }
    format.columns_.push_back(*std::move(field));
    names.push_back(WithoutFormula(column.column().empty() ? column.field()
                                                           : column.column()));
  }
  if (!violations.empty()) return BadRequest(violations);
  AppendCsvRecord(names, format.delimiter_, format.header_);
  return format;
}

absl::Status ExportFormat::Append(const Message& resource,
                                  std::string& out) const {
  if (columns_.empty()) {
    std::string line;
    if (!google::protobuf::util::MessageToJsonString(resource, &line).ok()) {
      return Internal("ROW_UNREADABLE", "A resource could not be written.");
    }
    absl::StrAppend(&out, line, "\n");
    return absl::OkStatus();
  }
  std::vector<std::string> values;
  for (const TextField& column : columns_) {
    values.push_back(WithoutFormula(column.Read(resource)));
  }
  AppendCsvRecord(values, delimiter_, out);
  return absl::OkStatus();
}

}  // namespace crm
