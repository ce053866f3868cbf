#include "gateway/local/health.h"

#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "gateway/local/local_call.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"
#include "shared/base/errors.h"

namespace crm::gateway {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

// The messages have one field each: HealthCheckRequest.service = 1 (string),
// and HealthCheckResponse.status = 1 (enum).
constexpr int kServiceField = 1;
constexpr char kServing[] = {0x08, 0x01};
constexpr char kServiceUnknown[] = {0x08, 0x03};

// Returns the service that a request names.
std::string ServiceIn(const std::string& request) {
  CodedInputStream in(reinterpret_cast<const uint8_t*>(request.data()),
                      static_cast<int>(request.size()));
  std::string service;
  while (const uint32_t tag = in.ReadTag()) {
    const bool named =
        tag == WireFormatLite::MakeTag(
                   kServiceField, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
    const bool read = named ? WireFormatLite::ReadString(&in, &service)
                            : WireFormatLite::SkipField(&in, tag);
    if (!read) break;
  }
  return service;
}

bool Knows(const ApiDescriptors& api, const std::string& name) {
  if (name.empty() || name == "liveness" || name == "readiness") return true;
  for (const auto* service : api.services()) {
    if (service->full_name() == name) return true;
  }
  return false;
}

}  // namespace

class HealthService::Call final : public SingleRequestCall {
 public:
  Call(const ApiDescriptors& api, CallHead head, CallObserver& observer)
      : SingleRequestCall(std::move(head), observer), api_(api) {}

 private:
  void OnRequest(const std::string& bytes) override {
    const bool known = Knows(api_, ServiceIn(bytes));
    if (absl::EndsWith(head().path, "/Watch")) {
      // Nothing changes later: the stream only stays open.
      observer().OnMessage(known ? std::string(kServing, 2)
                                 : std::string(kServiceUnknown, 2));
      return;
    }
    if (!absl::EndsWith(head().path, "/Check")) {
      return Finish(MakeError(absl::StatusCode::kUnimplemented,
                              "METHOD_NOT_FOUND", "There is no such method."));
    }
    if (!known) {
      return Finish(NotFound("SERVICE_UNKNOWN", "There is no such service."));
    }
    CallObserver& caller = observer();
    caller.OnMessage(std::string(kServing, 2));
    caller.OnDone(absl::OkStatus(), {});
  }

  const ApiDescriptors& api_;
};

std::unique_ptr<MessageCall> HealthService::Start(CallHead head,
                                                  CallObserver& observer) {
  return std::make_unique<Call>(api_, std::move(head), observer);
}

}  // namespace crm::gateway
