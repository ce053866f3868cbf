#include "gateway/transcode/grpc_wire.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/status.pb.h"
#include "shared/base/errors.h"

namespace crm::gateway {
namespace {

constexpr size_t kFrameHeadBytes = 5;

// The most digits of a timeout, by the gRPC specification.
constexpr size_t kMaxTimeoutDigits = 8;

// Percent-encodes what may not stand in grpc-message.
std::string EncodeMessage(absl::string_view message) {
  std::string encoded;
  for (const char c : message) {
    if (c >= 0x20 && c <= 0x7E && c != '%') {
      encoded.push_back(c);
    } else {
      constexpr char kHex[] = "0123456789ABCDEF";
      const auto byte = static_cast<unsigned char>(c);
      encoded.push_back('%');
      encoded.push_back(kHex[byte >> 4]);
      encoded.push_back(kHex[byte & 15]);
    }
  }
  return encoded;
}

// Decodes a grpc-message; what is malformed stays as it is, as gRPC demands.
std::string DecodeMessage(absl::string_view encoded) {
  std::string message;
  for (size_t i = 0; i < encoded.size(); ++i) {
    const bool escape =
        encoded[i] == '%' && i + 2 < encoded.size() &&
        absl::ascii_isxdigit(static_cast<unsigned char>(encoded[i + 1])) &&
        absl::ascii_isxdigit(static_cast<unsigned char>(encoded[i + 2]));
    if (escape) {
      message += absl::HexStringToBytes(encoded.substr(i + 1, 2));
      i += 2;
    } else {
      message.push_back(encoded[i]);
    }
  }
  return message;
}

}  // namespace

std::string GrpcFrame(absl::string_view message) {
  const auto size = static_cast<uint32_t>(message.size());
  std::string frame;
  frame.reserve(kFrameHeadBytes + message.size());
  frame.push_back('\0');
  for (const int shift : {24, 16, 8, 0}) {
    frame.push_back(static_cast<char>((size >> shift) & 0xFF));
  }
  frame.append(message.data(), message.size());
  return frame;
}

absl::StatusOr<std::optional<std::string>> GrpcFrameReader::Next() {
  if (buffer_.size() - at_ < kFrameHeadBytes) return std::nullopt;
  if (buffer_[at_] != '\0') {
    return MakeError(absl::StatusCode::kUnimplemented,
                     "COMPRESSION_UNSUPPORTED",
                     "Compressed messages are not accepted here; send plain "
                     "ones.");
  }
  size_t size = 0;
  for (size_t i = 1; i < kFrameHeadBytes; ++i) {
    size = (size << 8) | static_cast<unsigned char>(buffer_[at_ + i]);
  }
  if (size > kMaxGrpcMessageBytes) {
    return ResourceExhausted("MESSAGE_TOO_LARGE",
                             "A message is larger than 4 MiB.");
  }
  if (buffer_.size() - at_ - kFrameHeadBytes < size) return std::nullopt;
  std::string message = buffer_.substr(at_ + kFrameHeadBytes, size);
  at_ += kFrameHeadBytes + size;
  // What has been read is dropped now and then, so that a long stream does not
  // pile up and a chunk of many messages is not moved for each of them.
  constexpr size_t kKeepBytes = 64 * 1024;
  if (at_ == buffer_.size() || at_ > kKeepBytes) {
    buffer_.erase(0, at_);
    at_ = 0;
  }
  return message;
}

GrpcTrailers StatusTrailers(const absl::Status& status) {
  GrpcTrailers trailers = {
      {"grpc-status", absl::StrCat(static_cast<int>(status.code()))}};
  if (status.ok()) return trailers;
  const google::rpc::Status rpc = ToRpcStatus(status);
  trailers.emplace_back("grpc-message", EncodeMessage(rpc.message()));
  if (rpc.details_size() > 0) {
    trailers.emplace_back("grpc-status-details-bin",
                          absl::Base64Escape(rpc.SerializeAsString()));
  }
  return trailers;
}

absl::Status StatusFromTrailers(const std::string* grpc_status,
                                const std::string* grpc_message,
                                const std::string* details) {
  int code = 0;
  if (grpc_status == nullptr || !absl::SimpleAtoi(*grpc_status, &code) ||
      code < 0 || code > 16) {
    return MakeError(absl::StatusCode::kUnknown, "GRPC_STATUS_MISSING",
                     "The service answered without a status.");
  }
  if (code == 0) return absl::OkStatus();
  google::rpc::Status rpc;
  std::string bytes;
  if (details != nullptr && absl::Base64Unescape(*details, &bytes) &&
      rpc.ParseFromString(bytes) && rpc.code() == code) {
    return FromRpcStatus(rpc);
  }
  return absl::Status(
      static_cast<absl::StatusCode>(code),
      grpc_message == nullptr ? "" : DecodeMessage(*grpc_message));
}

std::optional<absl::Duration> ParseGrpcTimeout(absl::string_view text) {
  if (text.size() < 2 || text.size() > kMaxTimeoutDigits + 1) {
    return std::nullopt;
  }
  const absl::string_view digits = text.substr(0, text.size() - 1);
  int64_t amount = 0;
  if (!std::all_of(digits.begin(), digits.end(),
                   [](unsigned char c) { return absl::ascii_isdigit(c); }) ||
      !absl::SimpleAtoi(digits, &amount)) {
    return std::nullopt;
  }
  switch (text.back()) {
    case 'H':
      return absl::Hours(amount);
    case 'M':
      return absl::Minutes(amount);
    case 'S':
      return absl::Seconds(amount);
    case 'm':
      return absl::Milliseconds(amount);
    case 'u':
      return absl::Microseconds(amount);
    case 'n':
      return absl::Nanoseconds(amount);
    default:
      return std::nullopt;
  }
}

std::string FormatGrpcTimeout(absl::Duration timeout) {
  constexpr int64_t kLeast = 1;
  constexpr int64_t kMost = 99'999'999;
  const int64_t millis = absl::ToInt64Milliseconds(timeout);
  if (millis <= kMost) return absl::StrCat(std::max(millis, kLeast), "m");
  return absl::StrCat(std::min(absl::ToInt64Seconds(timeout), kMost), "S");
}

}  // namespace crm::gateway
