#include "shared/tabular/json_record.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "shared/base/errors.h"

namespace crm {
namespace {

using ::google::protobuf::Struct;
using ::google::protobuf::Value;

// Greater whole numbers are not all told apart by a double.
constexpr double kMaxExact = 9'007'199'254'740'992.0;

std::string NumberText(double number) {
  if (std::trunc(number) == number && std::abs(number) <= kMaxExact) {
    return absl::StrCat(static_cast<int64_t>(number));
  }
  // The fewest digits that give the same number.
  for (int digits = 15; digits < 17; ++digits) {
    char text[32];
    std::snprintf(text, sizeof(text), "%.*g", digits, number);
    if (std::strtod(text, nullptr) == number) return text;
  }
  char text[32];
  std::snprintf(text, sizeof(text), "%.17g", number);
  return text;
}

std::string TextOf(const Value& value) {
  switch (value.kind_case()) {
    case Value::kNumberValue:
      return NumberText(value.number_value());
    case Value::kStringValue:
      return value.string_value();
    case Value::kBoolValue:
      return value.bool_value() ? "true" : "false";
    case Value::kListValue: {
      std::string text;
      for (const Value& item : value.list_value().values()) {
        absl::StrAppend(&text, text.empty() ? "" : ";", TextOf(item));
      }
      return text;
    }
    case Value::kStructValue:
    case Value::kNullValue:
    case Value::KIND_NOT_SET:
      return "";
  }
  return "";
}

// JSON of the parser nests a hundred levels at most.
void Collect(const Struct& object, const std::string& prefix,
             std::map<std::string, std::string>& columns) {
  for (const auto& [name, value] : object.fields()) {
    if (value.has_struct_value()) {
      Collect(value.struct_value(), absl::StrCat(prefix, name, "."), columns);
    } else {
      columns[absl::StrCat(prefix, name)] = TextOf(value);
    }
  }
}

}  // namespace

std::optional<JsonLine> ReadJsonLine(absl::string_view content, bool at_end) {
  const size_t begin = content.find_first_not_of("\r\n");
  if (begin == content.npos) return std::nullopt;
  const size_t end = content.find('\n', begin);
  if (end == content.npos && !at_end) return std::nullopt;
  JsonLine line;
  line.text = content.substr(begin, end == content.npos ? end : end - begin);
  line.size = end == content.npos ? content.size() : end + 1;
  return line;
}

absl::StatusOr<std::map<std::string, std::string>> JsonColumns(
    absl::string_view text) {
  Struct object;
  const auto status = google::protobuf::util::JsonStringToMessage(
      google::protobuf::StringPiece(text.data(), text.size()), &object);
  if (!status.ok()) {
    return InvalidArgument("MALFORMED_ROW",
                           "The row is no JSON object in one line of UTF-8.");
  }
  std::map<std::string, std::string> columns;
  Collect(object, "", columns);
  return columns;
}

}  // namespace crm
