#include "gateway/transcode/protobuf_transcoder.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gateway/transcode/json_check.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/type_resolver_util.h"
#include "google/protobuf/wire_format_lite.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm::gateway {

using google::protobuf::Descriptor;

namespace {

constexpr char kTypeUrlPrefix[] = "type.googleapis.com";

std::string TypeUrl(const Descriptor& type) {
  return absl::StrCat(kTypeUrlPrefix, "/", type.full_name());
}

// Makes a violation of what protobuf says about a value:
//
//   "(lines[0].quantity): invalid value \"x\" for type TYPE_INT32"
//   -> field `lines[0].quantity`, the rest as description
absl::Status BadValue(absl::string_view prefix, absl::string_view message) {
  absl::ConsumePrefix(&message, "INVALID_ARGUMENT:");
  std::string field(prefix);
  const size_t end = message.find(')');
  if (absl::ConsumePrefix(&message, "(") && end != absl::string_view::npos) {
    const absl::string_view place = message.substr(0, end - 1);
    absl::StrAppend(&field, prefix.empty() || place.empty() ? "" : ".", place);
    message = message.substr(end);
  }
  absl::ConsumePrefix(&message, ":");
  absl::ConsumePrefix(&message, " ");
  return BadField(field, message);
}

// Returns whether `bytes` are whole fields. Protobuf's JSON writer takes a
// message that was cut off for a shorter one.
bool IsWhole(absl::string_view bytes) {
  google::protobuf::io::CodedInputStream in(
      reinterpret_cast<const uint8_t*>(bytes.data()),
      static_cast<int>(bytes.size()));
  while (const uint32_t tag = in.ReadTag()) {
    if (!google::protobuf::internal::WireFormatLite::SkipField(&in, tag)) {
      return false;
    }
  }
  return in.ConsumedEntireMessage();
}

}  // namespace

ProtobufTranscoder::ProtobufTranscoder(
    const google::protobuf::DescriptorPool& pool)
    : resolver_(google::protobuf::util::NewTypeResolverForDescriptorPool(
          kTypeUrlPrefix, &pool)) {}

absl::StatusOr<std::string> ProtobufTranscoder::FromJson(
    const Descriptor& type, absl::string_view json,
    absl::string_view field) const {
  CRM_RETURN_IF_ERROR(CheckJson(json, type, field));
  std::string bytes;
  const auto status = google::protobuf::util::JsonToBinaryString(
      resolver_.get(), TypeUrl(type), {json.data(), json.size()}, &bytes);
  if (!status.ok()) {
    return BadValue(field, {status.message().data(), status.message().size()});
  }
  return bytes;
}

absl::StatusOr<std::string> ProtobufTranscoder::ToJson(
    const Descriptor& type, absl::string_view bytes) const {
  std::string json;
  const bool written =
      IsWhole(bytes) &&
      google::protobuf::util::BinaryToJsonString(resolver_.get(), TypeUrl(type),
                                                 std::string(bytes), &json)
          .ok();
  if (!written) {
    return Internal("BAD_MESSAGE",
                    absl::StrCat("An answer is no '", type.full_name(), "'."));
  }
  return json;
}

}  // namespace crm::gateway
