#include "shared/rpc/grpc_convert.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/support/slice.h"
#include "shared/base/errors.h"

namespace crm {
namespace {

// Clients refuse trailers over 8 KiB, and the message and its encoding need
// room beside the details.
constexpr size_t kMaxDetailBytes = 4096;

// Halves the violations until they fit; at least one stays.
void CutViolations(google::rpc::Status& status) {
  for (auto& detail : *status.mutable_details()) {
    google::rpc::BadRequest bad_request;
    if (!detail.Is<google::rpc::BadRequest>() ||
        !detail.UnpackTo(&bad_request)) {
      continue;
    }
    auto& violations = *bad_request.mutable_field_violations();
    while (status.ByteSizeLong() > kMaxDetailBytes && violations.size() > 1) {
      const int kept = violations.size() / 2;
      violations.DeleteSubrange(kept, violations.size() - kept);
      detail.PackFrom(bad_request);
    }
  }
}

void FitDetails(google::rpc::Status& status) {
  if (status.ByteSizeLong() <= kMaxDetailBytes) return;
  CutViolations(status);
  if (status.ByteSizeLong() <= kMaxDetailBytes) return;
  auto& details = *status.mutable_details();
  details.erase(std::remove_if(details.begin(), details.end(),
                               [](const google::protobuf::Any& detail) {
                                 return !detail.Is<google::rpc::ErrorInfo>();
                               }),
                details.end());
  if (status.ByteSizeLong() > kMaxDetailBytes) details.Clear();
}

bool IsNameByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.';
}

}  // namespace

std::string ToString(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!buffer.Valid() || !buffer.Dump(&slices).ok()) return bytes;
  bytes.reserve(buffer.Length());
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

grpc::ByteBuffer ToByteBuffer(absl::string_view bytes) {
  const grpc::Slice slice(bytes.data(), bytes.size());
  return grpc::ByteBuffer(&slice, 1);
}

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  google::rpc::Status details = ToRpcStatus(status);
  FitDetails(details);
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()),
                      details.message(), details.SerializeAsString());
}

absl::Status FromGrpcStatus(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  google::rpc::Status details;
  if (!status.error_details().empty() &&
      details.ParseFromString(status.error_details()) &&
      details.code() == static_cast<int>(status.error_code())) {
    return FromRpcStatus(details);
  }
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                      status.error_message());
}

std::string RetryPushback(const absl::Status& status) {
  if (status.code() != absl::StatusCode::kUnavailable) return "";
  if (ErrorReason(status) == "DEPENDENCY") return "-1";
  const auto payload =
      status.GetPayload("type.googleapis.com/google.rpc.RetryInfo");
  google::rpc::RetryInfo retry;
  if (!payload.has_value() || !retry.ParseFromString(std::string(*payload))) {
    return "";
  }
  return absl::StrCat(retry.retry_delay().seconds() * 1000 +
                      retry.retry_delay().nanos() / 1'000'000);
}

Metadata ToMetadata(
    const std::multimap<grpc::string_ref, grpc::string_ref>& metadata) {
  Metadata copy;
  copy.reserve(metadata.size());
  for (const auto& [name, value] : metadata) {
    copy.emplace_back(std::string(name.data(), name.size()),
                      std::string(value.data(), value.size()));
  }
  return copy;
}

bool IsSendable(absl::string_view name, absl::string_view value) {
  if (name.empty() || absl::StartsWith(name, "grpc-") ||
      !std::all_of(name.begin(), name.end(), IsNameByte)) {
    return false;
  }
  return absl::EndsWith(name, "-bin") ||
         std::all_of(value.begin(), value.end(),
                     [](char c) { return c >= 0x20 && c <= 0x7e; });
}

absl::Time FromGrpcDeadline(std::chrono::system_clock::time_point deadline) {
  return deadline == std::chrono::system_clock::time_point::max()
             ? absl::InfiniteFuture()
             : absl::FromChrono(deadline);
}

std::chrono::system_clock::time_point ToGrpcDeadline(absl::Time deadline) {
  return deadline == absl::InfiniteFuture()
             ? std::chrono::system_clock::time_point::max()
             : absl::ToChronoTime(deadline);
}

}  // namespace crm
