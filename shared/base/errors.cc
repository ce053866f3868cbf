#include "shared/base/errors.h"

#include <algorithm>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"

namespace crm {
namespace {

constexpr char kTypeUrlPrefix[] = "type.googleapis.com/";

template <typename Detail>
std::string TypeUrl() {
  return absl::StrCat(kTypeUrlPrefix, Detail::descriptor()->full_name());
}

template <typename Detail>
void Attach(absl::Status& status, const Detail& detail) {
  status.SetPayload(TypeUrl<Detail>(), absl::Cord(detail.SerializeAsString()));
}

template <typename Detail>
std::optional<Detail> Find(const absl::Status& status) {
  const auto payload = status.GetPayload(TypeUrl<Detail>());
  Detail detail;
  if (!payload.has_value() || !detail.ParseFromString(std::string(*payload))) {
    return std::nullopt;
  }
  return detail;
}

// Cuts `text` to at most kMaxErrorMessageBytes without splitting a UTF-8
// sequence.
std::string CutMessage(absl::string_view text) {
  if (text.size() <= kMaxErrorMessageBytes) return std::string(text);
  size_t end = kMaxErrorMessageBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
    --end;
  }
  return std::string(text.substr(0, end));
}

}  // namespace

absl::Status MakeError(absl::StatusCode code, absl::string_view reason,
                       absl::string_view message, ErrorMetadata metadata) {
  absl::Status status(code, CutMessage(message));
  google::rpc::ErrorInfo info;
  info.set_reason(std::string(reason));
  info.set_domain(kErrorDomain);
  for (auto& [key, value] : metadata) {
    (*info.mutable_metadata())[key] = std::move(value);
  }
  Attach(status, info);
  return status;
}

absl::Status InvalidArgument(absl::string_view reason,
                             absl::string_view message,
                             ErrorMetadata metadata) {
  return MakeError(absl::StatusCode::kInvalidArgument, reason, message,
                   std::move(metadata));
}

absl::Status NotFound(absl::string_view reason, absl::string_view message,
                      ErrorMetadata metadata) {
  return MakeError(absl::StatusCode::kNotFound, reason, message,
                   std::move(metadata));
}

absl::Status AlreadyExists(absl::string_view reason, absl::string_view message,
                           ErrorMetadata metadata) {
  return MakeError(absl::StatusCode::kAlreadyExists, reason, message,
                   std::move(metadata));
}

absl::Status PermissionDenied(absl::string_view reason,
                              absl::string_view message,
                              ErrorMetadata metadata) {
  return MakeError(absl::StatusCode::kPermissionDenied, reason, message,
                   std::move(metadata));
}

absl::Status Unauthenticated(absl::string_view reason,
                             absl::string_view message,
                             ErrorMetadata metadata) {
  return MakeError(absl::StatusCode::kUnauthenticated, reason, message,
                   std::move(metadata));
}

absl::Status Aborted(absl::string_view reason, absl::string_view message,
                     ErrorMetadata metadata) {
  return MakeError(absl::StatusCode::kAborted, reason, message,
                   std::move(metadata));
}

absl::Status Unavailable(absl::string_view reason, absl::string_view message,
                         ErrorMetadata metadata) {
  return MakeError(absl::StatusCode::kUnavailable, reason, message,
                   std::move(metadata));
}

absl::Status ResourceExhausted(absl::string_view reason,
                               absl::string_view message,
                               ErrorMetadata metadata) {
  return MakeError(absl::StatusCode::kResourceExhausted, reason, message,
                   std::move(metadata));
}

absl::Status OutOfRange(absl::string_view reason, absl::string_view message,
                        ErrorMetadata metadata) {
  return MakeError(absl::StatusCode::kOutOfRange, reason, message,
                   std::move(metadata));
}

absl::Status Internal(absl::string_view reason, absl::string_view message) {
  return MakeError(absl::StatusCode::kInternal, reason, message);
}

absl::Status FailedPrecondition(absl::string_view reason,
                                absl::string_view message,
                                absl::string_view subject,
                                ErrorMetadata metadata) {
  absl::Status status = MakeError(absl::StatusCode::kFailedPrecondition, reason,
                                  message, std::move(metadata));
  google::rpc::PreconditionFailure failure;
  auto* violation = failure.add_violations();
  violation->set_type(std::string(reason));
  violation->set_subject(std::string(subject));
  violation->set_description(CutMessage(message));
  Attach(status, failure);
  return status;
}

absl::Status BadRequest(const std::vector<FieldViolation>& violations) {
  const FieldViolation& first = violations.front();
  std::string message = absl::StrCat("'", first.field, "': ", first.description);
  if (violations.size() > 1) {
    absl::StrAppend(&message, " And ", violations.size() - 1,
                    " more; see the field violations.");
  }
  absl::Status status = InvalidArgument("BAD_REQUEST", message);
  google::rpc::BadRequest detail;
  for (const FieldViolation& violation : violations) {
    auto* out = detail.add_field_violations();
    out->set_field(violation.field);
    out->set_description(violation.description);
  }
  Attach(status, detail);
  return status;
}

absl::Status BadField(absl::string_view field, absl::string_view description) {
  return BadRequest({{std::string(field), std::string(description)}});
}

absl::Status WithResource(absl::Status status, absl::string_view resource_type,
                          absl::string_view resource_name) {
  google::rpc::ResourceInfo info;
  info.set_resource_type(std::string(resource_type));
  info.set_resource_name(std::string(resource_name));
  Attach(status, info);
  return status;
}

absl::Status WithRetryAfter(absl::Status status, absl::Duration delay) {
  google::rpc::RetryInfo info;
  const int64_t nanos = absl::ToInt64Nanoseconds(delay);
  info.mutable_retry_delay()->set_seconds(nanos / 1'000'000'000);
  info.mutable_retry_delay()->set_nanos(
      static_cast<int32_t>(nanos % 1'000'000'000));
  Attach(status, info);
  return status;
}

std::string ErrorReason(const absl::Status& status) {
  const auto info = Find<google::rpc::ErrorInfo>(status);
  return info.has_value() ? info->reason() : "";
}

std::vector<FieldViolation> FieldViolations(const absl::Status& status) {
  std::vector<FieldViolation> violations;
  if (const auto detail = Find<google::rpc::BadRequest>(status)) {
    for (const auto& violation : detail->field_violations()) {
      violations.push_back({violation.field(), violation.description()});
    }
  }
  return violations;
}

google::rpc::Status ToRpcStatus(const absl::Status& status) {
  google::rpc::Status out;
  out.set_code(static_cast<int>(status.code()));
  out.set_message(CutMessage(status.message()));
  std::vector<std::pair<std::string, std::string>> details;
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& value) {
    details.emplace_back(std::string(url), std::string(value));
  });
  // Payloads come in no defined order; clients and tests like one.
  std::sort(details.begin(), details.end());
  for (auto& [url, value] : details) {
    auto* any = out.add_details();
    any->set_type_url(std::move(url));
    any->set_value(std::move(value));
  }
  return out;
}

absl::Status FromRpcStatus(const google::rpc::Status& status) {
  absl::Status out(static_cast<absl::StatusCode>(status.code()),
                   status.message());
  for (const auto& detail : status.details()) {
    out.SetPayload(detail.type_url(), absl::Cord(detail.value()));
  }
  return out;
}

}  // namespace crm
