#include "gateway/transcode/rest_response.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/wire_format_lite.h"
#include "google/rpc/status.pb.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm::gateway {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

namespace {

// Returns the records of field `number` in the serialised message `bytes`, tags
// included, with all others left out.
std::string RecordsOf(absl::string_view bytes, int number) {
  CodedInputStream in(reinterpret_cast<const uint8_t*>(bytes.data()),
                      static_cast<int>(bytes.size()));
  std::string records;
  while (true) {
    const int start = in.CurrentPosition();
    const uint32_t tag = in.ReadTag();
    if (tag == 0 || !WireFormatLite::SkipField(&in, tag)) return records;
    if (WireFormatLite::GetTagFieldNumber(tag) == number) {
      absl::StrAppend(
          &records,
          bytes.substr(static_cast<size_t>(start),
                       static_cast<size_t>(in.CurrentPosition() - start)));
    }
  }
}

// Returns the value of the last record of a string field.
std::string StringOf(absl::string_view bytes, int number) {
  const std::string records = RecordsOf(bytes, number);
  CodedInputStream in(reinterpret_cast<const uint8_t*>(records.data()),
                      static_cast<int>(records.size()));
  std::string value;
  while (in.ReadTag() != 0 && WireFormatLite::ReadString(&in, &value)) {
  }
  return value;
}

std::string EmptyJson(const FieldDescriptor& field) {
  if (field.is_map()) return "{}";
  return field.is_repeated() ? "[]" : "null";
}

}  // namespace

absl::StatusOr<std::string> ResponseJson(const Transcoder& transcoder,
                                         const RestRoute& route,
                                         absl::string_view bytes) {
  const Descriptor& type = *route.target->method->output_type();
  if (route.response_field == nullptr) return transcoder.ToJson(type, bytes);
  // A message with that one field alone is `{"field":VALUE}` in JSON.
  CRM_ASSIGN_OR_RETURN(
      const std::string json,
      transcoder.ToJson(type,
                        RecordsOf(bytes, route.response_field->number())));
  const std::string prefix =
      absl::StrCat("{\"", route.response_field->json_name(), "\":");
  if (!absl::StartsWith(json, prefix)) return EmptyJson(*route.response_field);
  return json.substr(prefix.size(), json.size() - prefix.size() - 1);
}

std::string EtagHeader(const Descriptor& type, absl::string_view bytes) {
  const FieldDescriptor* field = type.FindFieldByName("etag");
  if (field == nullptr || field->is_repeated() ||
      field->type() != FieldDescriptor::TYPE_STRING) {
    return "";
  }
  const std::string etag = StringOf(bytes, field->number());
  if (etag.empty() || absl::EndsWith(etag, "\"")) return etag;
  return absl::StrCat("\"", etag, "\"");
}

int HttpStatusOf(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kOk:
      return 200;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kOutOfRange:
      return 400;
    case absl::StatusCode::kUnauthenticated:
      return 401;
    case absl::StatusCode::kPermissionDenied:
      return 403;
    case absl::StatusCode::kNotFound:
      return 404;
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kAborted:
      return 409;
    case absl::StatusCode::kResourceExhausted:
      return 429;
    case absl::StatusCode::kCancelled:
      return 499;
    case absl::StatusCode::kUnimplemented:
      return 501;
    case absl::StatusCode::kUnavailable:
      return 503;
    case absl::StatusCode::kDeadlineExceeded:
      return 504;
    default:
      return 500;
  }
}

int HttpStatusOf(const absl::Status& status) {
  const std::string reason = ErrorReason(status);
  if (reason == "METHOD_NOT_ALLOWED") return 405;
  if (reason == "BODY_TOO_LARGE") return 413;
  if (reason == "CONTENT_TYPE_UNSUPPORTED") return 415;
  return HttpStatusOf(status.code());
}

std::string ErrorJson(const absl::Status& status) {
  google::rpc::Status rpc = ToRpcStatus(status);
  std::string json;
  if (google::protobuf::util::MessageToJsonString(rpc, &json).ok()) return json;
  google::rpc::Status known;
  known.set_code(rpc.code());
  known.set_message(rpc.message());
  for (const google::protobuf::Any& detail : rpc.details()) {
    std::string ignored;
    if (google::protobuf::util::MessageToJsonString(detail, &ignored).ok()) {
      *known.add_details() = detail;
    }
  }
  json.clear();
  const auto converted =
      google::protobuf::util::MessageToJsonString(known, &json);
  return converted.ok() ? json : absl::StrCat("{\"code\":", rpc.code(), "}");
}

}  // namespace crm::gateway
