#include "shared/resource/audit/audit_record.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "shared/base/digest.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm {
namespace {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::google::protobuf::Reflection;

constexpr absl::string_view kVersion = "crm-audit-1\n";
constexpr size_t kHashBytes = 32;
// Entries hold messages one level deep.
constexpr int kMaxDepth = 4;

absl::Status Bad() {
  return InvalidArgument("BAD_AUDIT_RECORD",
                         "The bytes are not those of an audit record.");
}

void AppendNumber(uint64_t number, int bytes, std::string& out) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(number >> shift & 0xff));
  }
}

void AppendText(absl::string_view text, std::string& out) {
  AppendNumber(text.size(), 4, out);
  out.append(text.data(), text.size());
}

// Takes a number off the front of `bytes`.
absl::StatusOr<uint64_t> TakeNumber(int size, absl::string_view& bytes) {
  if (bytes.size() < static_cast<size_t>(size)) return Bad();
  uint64_t number = 0;
  for (int i = 0; i < size; ++i) {
    number = number << 8 | static_cast<unsigned char>(bytes[i]);
  }
  bytes.remove_prefix(static_cast<size_t>(size));
  return number;
}

absl::StatusOr<absl::string_view> TakeText(absl::string_view& bytes) {
  CRM_ASSIGN_OR_RETURN(const uint64_t size, TakeNumber(4, bytes));
  if (bytes.size() < size) return Bad();
  const absl::string_view text = bytes.substr(0, size);
  bytes.remove_prefix(size);
  return text;
}

void AppendFields(const Message& message, std::string& out);

// Returns the value of a field, or of its element `index`, as bytes.
std::string ValueOf(const Message& message, const FieldDescriptor* field,
                    int index) {
  const Reflection* reflection = message.GetReflection();
  const bool repeated = field->is_repeated();
  std::string value;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return repeated ? reflection->GetRepeatedString(message, field, index)
                      : reflection->GetString(message, field);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      AppendFields(repeated
                       ? reflection->GetRepeatedMessage(message, field, index)
                       : reflection->GetMessage(message, field),
                   value);
      return value;
    case FieldDescriptor::CPPTYPE_INT64:
      AppendNumber(
          static_cast<uint64_t>(
              repeated ? reflection->GetRepeatedInt64(message, field, index)
                       : reflection->GetInt64(message, field)),
          8, value);
      return value;
    case FieldDescriptor::CPPTYPE_INT32:
      AppendNumber(
          static_cast<uint32_t>(
              repeated ? reflection->GetRepeatedInt32(message, field, index)
                       : reflection->GetInt32(message, field)),
          4, value);
      return value;
    case FieldDescriptor::CPPTYPE_ENUM:
      AppendNumber(
          static_cast<uint32_t>(
              repeated ? reflection->GetRepeatedEnumValue(message, field, index)
                       : reflection->GetEnumValue(message, field)),
          4, value);
      return value;
    case FieldDescriptor::CPPTYPE_BOOL:
      AppendNumber(repeated ? reflection->GetRepeatedBool(message, field, index)
                            : reflection->GetBool(message, field),
                   1, value);
      return value;
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_DOUBLE:
      // Entries have none; a test says so.
      return value;
  }
  return value;
}

void AppendFields(const Message& message, std::string& out) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  // ListFields() gives them by their numbers.
  for (const FieldDescriptor* field : fields) {
    const int count = field->is_repeated()
                          ? message.GetReflection()->FieldSize(message, field)
                          : 1;
    for (int i = 0; i < count; ++i) {
      AppendNumber(static_cast<uint32_t>(field->number()), 4, out);
      AppendText(ValueOf(message, field, i), out);
    }
  }
}

absl::Status ReadFields(absl::string_view bytes, int depth, Message& message);

absl::Status SetValue(absl::string_view value, int depth,
                      const FieldDescriptor* field, Message& message) {
  const Reflection* reflection = message.GetReflection();
  const bool repeated = field->is_repeated();
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
    repeated ? reflection->AddString(&message, field, std::string(value))
             : reflection->SetString(&message, field, std::string(value));
    return absl::OkStatus();
  }
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    return ReadFields(value, depth + 1,
                      repeated ? *reflection->AddMessage(&message, field)
                               : *reflection->MutableMessage(&message, field));
  }
  if (value.size() > 8) return Bad();
  CRM_ASSIGN_OR_RETURN(const uint64_t number,
                       TakeNumber(static_cast<int>(value.size()), value));
  const int64_t wide = static_cast<int64_t>(number);
  const int32_t narrow = static_cast<int32_t>(number);
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT64:
      repeated ? reflection->AddInt64(&message, field, wide)
               : reflection->SetInt64(&message, field, wide);
      return absl::OkStatus();
    case FieldDescriptor::CPPTYPE_INT32:
      repeated ? reflection->AddInt32(&message, field, narrow)
               : reflection->SetInt32(&message, field, narrow);
      return absl::OkStatus();
    case FieldDescriptor::CPPTYPE_ENUM:
      repeated ? reflection->AddEnumValue(&message, field, narrow)
               : reflection->SetEnumValue(&message, field, narrow);
      return absl::OkStatus();
    case FieldDescriptor::CPPTYPE_BOOL:
      repeated ? reflection->AddBool(&message, field, number != 0)
               : reflection->SetBool(&message, field, number != 0);
      return absl::OkStatus();
    default:
      return Bad();
  }
}

absl::Status ReadFields(absl::string_view bytes, int depth, Message& message) {
  if (depth > kMaxDepth) return Bad();
  while (!bytes.empty()) {
    CRM_ASSIGN_OR_RETURN(const uint64_t number, TakeNumber(4, bytes));
    CRM_ASSIGN_OR_RETURN(const absl::string_view value, TakeText(bytes));
    const FieldDescriptor* field =
        number > INT32_MAX ? nullptr
                           : message.GetDescriptor()->FindFieldByNumber(
                                 static_cast<int>(number));
    if (field == nullptr) return Bad();
    CRM_RETURN_IF_ERROR(SetValue(value, depth, field, message));
  }
  return absl::OkStatus();
}

absl::StatusOr<AuditPlace> TakePlace(absl::string_view& bytes) {
  if (!absl::ConsumePrefix(&bytes, kVersion)) return Bad();
  CRM_ASSIGN_OR_RETURN(const absl::string_view tenant, TakeText(bytes));
  CRM_ASSIGN_OR_RETURN(const uint64_t n, TakeNumber(8, bytes));
  return AuditPlace{std::string(tenant), static_cast<int64_t>(n)};
}

}  // namespace

std::string CanonicalBytes(const AuditRecord& record) {
  std::string bytes(kVersion);
  AppendText(record.tenant, bytes);
  AppendNumber(static_cast<uint64_t>(record.n), 8, bytes);
  AppendFields(record.entry, bytes);
  return bytes;
}

absl::StatusOr<AuditRecord> ParseCanonicalBytes(absl::string_view bytes) {
  absl::string_view rest = bytes;
  CRM_ASSIGN_OR_RETURN(AuditPlace place, TakePlace(rest));
  AuditRecord record{std::move(place.tenant), place.n, {}};
  CRM_RETURN_IF_ERROR(ReadFields(rest, 0, record.entry));
  // Fields in another order, or defaults that were written out.
  if (CanonicalBytes(record) != bytes) return Bad();
  return record;
}

absl::StatusOr<AuditPlace> PlaceOf(absl::string_view bytes) {
  return TakePlace(bytes);
}

std::string FirstAuditHash() { return std::string(kHashBytes, '\0'); }

std::string AuditHash(absl::string_view previous, absl::string_view bytes) {
  return Sha256(absl::StrCat(previous, bytes));
}

}  // namespace crm
