#include "shared/resource/message_turns.h"

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "shared/base/status_macros.h"
#include "shared/call/duplex_stream.h"
#include "shared/call/parse_request.h"
#include "shared/resource/validate_filter.h"

namespace crm {
namespace {

// One stream. Kept by whatever it waits for: its handler, a message, or room.
class Turns final : public std::enable_shared_from_this<Turns> {
 public:
  Turns(const Kernel& kernel, UnaryHandler handler, std::shared_ptr<Call> call,
        std::shared_ptr<DuplexStream> stream)
      : kernel_(kernel),
        handler_(std::move(handler)),
        first_(std::move(call)),
        stream_(std::move(stream)) {}

  void Begin() {
    stream_->SetOnReady([self = shared_from_this()] { self->Send(); });
    Serve(first_);
  }

 private:
  void Serve(std::shared_ptr<Call> call) {
    handler_(std::move(call),
             [self = shared_from_this()](absl::StatusOr<Answer> answer) {
               self->Take(std::move(answer));
             });
  }

  void Take(absl::StatusOr<Answer> answer) {
    if (!answer.ok()) {
      stream_->Finish(answer.status());
      return;
    }
    {
      std::lock_guard<std::mutex> lock(mutex_);
      answer_ = std::move(answer->bytes);
    }
    Send();
  }

  // Sends the answer that waits, if there is room, and then reads on.
  void Send() {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      if (!answer_.has_value() || !stream_->Write(*answer_)) return;
      answer_.reset();
    }
    stream_->Read(
        [self = shared_from_this()](std::optional<std::string> bytes) {
          self->Read(std::move(bytes));
        });
  }

  void Read(std::optional<std::string> bytes) {
    if (!bytes.has_value()) {
      stream_->Finish(absl::OkStatus());
      return;
    }
    absl::StatusOr<std::shared_ptr<Call>> call = NextCall(*bytes);
    if (!call.ok()) {
      stream_->Finish(call.status());
      return;
    }
    Serve(*std::move(call));
  }

  absl::StatusOr<std::shared_ptr<Call>> NextCall(
      const std::string& bytes) const {
    auto call = std::make_shared<Call>();
    call->context = first_->context;
    call->context.now = kernel_.clock.Now();
    call->context.deadline =
        std::min(first_->context.deadline, call->context.now + kLongestTurn);
    CRM_ASSIGN_OR_RETURN(call->request,
                         ParseRequest(*call->context.method, bytes));
    CRM_RETURN_IF_ERROR(
        ValidateFilter(kernel_.catalog.validator()).Begin(*call));
    return call;
  }

  const Kernel& kernel_;
  const UnaryHandler handler_;
  const std::shared_ptr<Call> first_;
  const std::shared_ptr<DuplexStream> stream_;
  std::mutex mutex_;
  // What could not be sent yet.
  std::optional<std::string> answer_;
};

}  // namespace

StreamHandler ServeInTurns(const Kernel& kernel, UnaryHandler handler) {
  return ServeBothWays([&kernel, handler = std::move(handler)](
                           std::shared_ptr<Call> call,
                           std::shared_ptr<DuplexStream> stream) {
    std::make_shared<Turns>(kernel, handler, std::move(call), std::move(stream))
        ->Begin();
  });
}

}  // namespace crm
