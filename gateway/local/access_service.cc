#include "gateway/local/access_service.h"

#include <utility>
#include <vector>

#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "crm/platform/v1/access.pb.h"
#include "gateway/local/local_call.h"
#include "shared/base/errors.h"
#include "shared/reflect/known_api.h"
#include "shared/reflect/resource_name.h"

namespace crm::gateway {
namespace {

// Who answers for what is nobody's: it knows at least who may ask.
constexpr char kAnyService[] = "operational";

// Returns the service that owns resources named like `resource`: its messages
// are in the package `crm.<service>.v1`.
std::string OwnerOf(absl::string_view resource) {
  const absl::string_view collection =
      IdOf(resource.substr(0, resource.rfind('/')));
  const auto* message = FindResourceMessage(collection);
  if (message == nullptr) return kAnyService;
  const std::vector<std::string> parts =
      absl::StrSplit(message->file()->package(), '.');
  return parts.size() == 3 ? parts[1] : kAnyService;
}

}  // namespace

class AccessService::Call final : public SingleRequestCall {
 public:
  Call(const AccessService& service, CallHead head, CallObserver& observer)
      : SingleRequestCall(std::move(head), observer), service_(service) {}

  void SetPaused(bool paused) override {
    if (forward_ != nullptr) forward_->SetPaused(paused);
  }

 private:
  void OnRequest(const std::string& bytes) override {
    // In all requests that get here, `resource` is field 1.
    platform::v1::ExplainAccessRequest request;
    if (absl::Status status = Parse(bytes, request); !status.ok()) {
      return Finish(std::move(status));
    }
    auto backend = service_.backends_.find(OwnerOf(request.resource()));
    if (backend == service_.backends_.end()) {
      backend = service_.backends_.find(kAnyService);
    }
    if (backend == service_.backends_.end()) {
      return Finish(Unavailable("BACKEND_UNAVAILABLE",
                                "The service that owns it is not here."));
    }
    forward_ = backend->second->Start(head(), observer());
    forward_->Send(bytes);
    forward_->CloseSend();
  }

  const AccessService& service_;
  std::unique_ptr<MessageCall> forward_;
};

std::unique_ptr<MessageCall> AccessService::Start(CallHead head,
                                                  CallObserver& observer) {
  return std::make_unique<Call>(*this, std::move(head), observer);
}

}  // namespace crm::gateway
