#include "gateway/proxy/draining_retry.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "gateway/proxy/backend.h"
#include "shared/base/errors.h"

namespace crm::gateway {
namespace {

// The pause before the second retry; doubled each time. The first goes out at
// once, most likely to another replica.
constexpr absl::Duration kPause = absl::Milliseconds(20);

bool IsDraining(const ResponseHead& head, const Headers& trailers) {
  const absl::Status status = ResponseStatus(head, trailers);
  return absl::IsUnavailable(status) && ErrorReason(status) == "DRAINING";
}

}  // namespace

// One call and its attempts, of which one is under way.
class DrainingRetry::Attempts final : public UpstreamStream,
                                      private UpstreamListener {
 public:
  Attempts(DrainingRetry& owner, RequestHead head, UpstreamListener& caller)
      : owner_(owner), caller_(caller), head_(std::move(head)) {
    stream_ = owner_.upstream_.Open(head_, *this);
  }

  void Write(std::string chunk) override {
    if (sent_.has_value()) *sent_ += chunk;
    // What comes between attempts goes out with the next one.
    if (stream_ == nullptr) return;
    ForgetIfLarge();
    stream_->Write(std::move(chunk));
  }

  void End() override {
    ended_ = true;
    if (stream_ != nullptr) stream_->End();
  }

  void Reset() override {
    timer_.Cancel();
    sent_.reset();
    if (stream_ != nullptr) stream_->Reset();
  }

  void Consume(size_t bytes) override {
    if (stream_ != nullptr) stream_->Consume(bytes);
  }

  size_t buffered() const override {
    if (stream_ != nullptr) return stream_->buffered();
    return sent_.has_value() ? sent_->size() : 0;
  }

 private:
  void OnHead(ResponseHead head) override {
    if (!sent_.has_value()) return caller_.OnHead(std::move(head));
    // A refusal ends in the same turn of the loop as it begins.
    refusal_ = std::move(head);
    timer_ = owner_.loop_.After(absl::ZeroDuration(), [this] { Commit(); });
  }

  void OnData(absl::string_view chunk) override {
    if (Commit()) caller_.OnData(chunk);
  }

  void OnEnd(Headers trailers) override {
    if (refusal_.has_value() && sent_.has_value() && retries_ < kMaxRetries &&
        IsDraining(*refusal_, trailers)) {
      return Retry();
    }
    if (Commit()) caller_.OnEnd(std::move(trailers));
  }

  void OnError(absl::Status status) override {
    if (Commit()) caller_.OnError(std::move(status));
  }

  void OnWritable() override { caller_.OnWritable(); }

  // Lets the caller hear this attempt. Returns whether the call still is: the
  // caller may have destroyed it.
  bool Commit() {
    timer_.Cancel();
    sent_.reset();
    if (!refusal_.has_value()) return true;
    const std::weak_ptr<bool> alive = alive_;
    caller_.OnHead(*std::exchange(refusal_, std::nullopt));
    return !alive.expired();
  }

  void Retry() {
    refusal_.reset();
    stream_.reset();
    const absl::Duration pause =
        retries_ == 0 ? absl::ZeroDuration() : kPause * (1 << (retries_ - 1));
    ++retries_;
    timer_ = owner_.loop_.After(pause, [this] {
      stream_ = owner_.upstream_.Open(head_, *this);
      stream_->Write(*sent_);
      ForgetIfLarge();
      if (ended_) stream_->End();
    });
  }

  void ForgetIfLarge() {
    if (sent_.has_value() && sent_->size() > kMaxRequestBytes) sent_.reset();
  }

  DrainingRetry& owner_;
  UpstreamListener& caller_;
  const RequestHead head_;
  // What was sent of the request; nothing once it is not to be sent again.
  std::optional<std::string> sent_ = "";
  bool ended_ = false;
  // The head of an answer that may be a refusal.
  std::optional<ResponseHead> refusal_;
  size_t retries_ = 0;
  // Expires with the call. Shared only in that sense.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  Timer timer_;
  // Destroyed first. Null between attempts.
  std::unique_ptr<UpstreamStream> stream_;
};

std::unique_ptr<UpstreamStream> DrainingRetry::Open(
    RequestHead head, UpstreamListener& listener) {
  return std::make_unique<Attempts>(*this, std::move(head), listener);
}

}  // namespace crm::gateway
