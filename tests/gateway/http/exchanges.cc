#include "tests/gateway/http/exchanges.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace crm::gateway {
namespace {

constexpr size_t kPieceBytes = 10'000;

class AppExchange final : public Exchange {
 public:
  AppExchange(AppLog& log, RequestHead head, ResponseWriter& writer)
      : log_(log), path_(head.path), writer_(writer) {
    log_.max_open = std::max(log_.max_open, ++log_.open);
    log_.heads.push_back(std::move(head));
    absl::string_view path = path_;
    if (path == "/echo") {
      writer_.Start({.status = 200, .headers = {{"x-path", path_}}});
    } else if (path == "/reset") {
      writer_.Reset();
    } else if (path == "/first") {
      writer_.Start({.status = 200});
      writer_.Write("first");
      writer_.End();
    } else if (absl::ConsumePrefix(&path, "/produce/") &&
               absl::SimpleAtoi(path, &to_produce_)) {
      writer_.Start({.status = 200});
      Produce();
    }
  }
  ~AppExchange() override { --log_.open; }

  void OnData(absl::string_view chunk) override {
    log_.received += chunk.size();
    received_ += chunk.size();
    if (path_ == "/deaf") return;
    if (path_ != "/echo") return writer_.Consume(chunk.size());
    owed_ += chunk.size();
    writer_.Write(std::string(chunk));
    OnWritable();
  }

  void OnEnd() override {
    ++log_.ended;
    if (path_ == "/echo") {
      writer_.End(kEchoTrailers);
    } else if (path_ == "/head-only") {
      writer_.Start({.status = 204});
      writer_.End();
    } else if (path_ == "/count") {
      writer_.Start({.status = 200});
      writer_.Write(absl::StrCat(received_));
      writer_.End();
    } else if (path_ == "/hold") {
      log_.held.push_back([this] {
        writer_.Start({.status = 200});
        writer_.Write("held");
        writer_.End();
      });
    }
  }

  void OnReset() override { ++log_.resets; }

  void OnWritable() override {
    log_.max_buffered = std::max(log_.max_buffered, writer_.buffered());
    if (writer_.buffered() <= kHighWaterBytes) {
      writer_.Consume(std::exchange(owed_, 0));
    }
    if (to_produce_ > 0) Produce();
  }

 private:
  void Produce() {
    while (to_produce_ > 0 && writer_.buffered() <= kHighWaterBytes) {
      const size_t size = std::min(to_produce_, kPieceBytes);
      to_produce_ -= size;
      writer_.Write(std::string(size, 'p'));
    }
    log_.max_buffered = std::max(log_.max_buffered, writer_.buffered());
    if (to_produce_ == 0) writer_.End();
  }

  AppLog& log_;
  const std::string path_;
  ResponseWriter& writer_;
  size_t received_ = 0;
  size_t owed_ = 0;
  size_t to_produce_ = 0;
};

class ProxyExchange final : public Exchange {
 public:
  ProxyExchange(Upstream& upstream, AppLog& log, RequestHead head,
                ResponseWriter& writer)
      : log_(log), writer_(writer) {
    ++log_.open;
    stream_ = upstream.Open(std::move(head), backend_);
  }
  ~ProxyExchange() override { --log_.open; }

  void OnData(absl::string_view chunk) override {
    owed_to_client_ += chunk.size();
    stream_->Write(std::string(chunk));
    ReturnCredit();
  }
  void OnEnd() override { stream_->End(); }
  void OnReset() override { ++log_.resets; }
  void OnWritable() override { ReturnCredit(); }

 private:
  // Hears the backend.
  class Backend final : public UpstreamListener {
   public:
    explicit Backend(ProxyExchange& proxy) : proxy_(proxy) {}

    void OnHead(ResponseHead head) override {
      proxy_.started_ = true;
      proxy_.writer_.Start(std::move(head));
    }
    void OnData(absl::string_view chunk) override {
      proxy_.owed_to_backend_ += chunk.size();
      proxy_.writer_.Write(std::string(chunk));
      proxy_.ReturnCredit();
    }
    void OnEnd(Headers trailers) override {
      proxy_.writer_.End(std::move(trailers));
    }
    void OnError(absl::Status) override {
      if (proxy_.started_) return proxy_.writer_.Reset();
      proxy_.writer_.Start({.status = 503});
      proxy_.writer_.End();
    }
    void OnWritable() override { proxy_.ReturnCredit(); }

   private:
    ProxyExchange& proxy_;
  };

  void ReturnCredit() {
    log_.max_buffered =
        std::max({log_.max_buffered, stream_->buffered(), writer_.buffered()});
    if (stream_->buffered() <= kHighWaterBytes) {
      writer_.Consume(std::exchange(owed_to_client_, 0));
    }
    if (writer_.buffered() <= kHighWaterBytes) {
      stream_->Consume(std::exchange(owed_to_backend_, 0));
    }
  }

  AppLog& log_;
  ResponseWriter& writer_;
  size_t owed_to_client_ = 0;
  size_t owed_to_backend_ = 0;
  bool started_ = false;
  Backend backend_{*this};
  std::unique_ptr<UpstreamStream> stream_;
};

RequestHead Request(absl::string_view method, const std::string& path) {
  return {.method = std::string(method),
          .authority = "test",
          .path = path,
          .headers = {{"x-test", "1"}}};
}

}  // namespace

ExchangeFactory TestApp(AppLog& log) {
  return [&log](RequestHead head, ResponseWriter& writer) {
    return std::make_unique<AppExchange>(log, std::move(head), writer);
  };
}

ExchangeFactory TestProxy(Upstream& upstream, AppLog& log) {
  return [&upstream, &log](RequestHead head, ResponseWriter& writer) {
    return std::make_unique<ProxyExchange>(upstream, log, std::move(head),
                                           writer);
  };
}

void Recorder::OnData(absl::string_view chunk) {
  received_ += chunk.size();
  if (body_.size() < kPieceBytes) body_.append(chunk.data(), chunk.size());
  if (consume_) stream_->Consume(chunk.size());
}

void Recorder::OnEnd(Headers trailers) {
  trailers_ = std::move(trailers);
  ended_ = true;
}

void Recorder::OnError(absl::Status status) {
  error_ = std::move(status);
  failed_ = true;
}

void Recorder::OnWritable() {
  while (to_pour_ > 0 && stream_->buffered() <= kHighWaterBytes) {
    const size_t size = std::min(to_pour_, kPieceBytes);
    to_pour_ -= size;
    stream_->Write(std::string(size, 'u'));
    if (to_pour_ == 0) stream_->End();
  }
  max_buffered_ = std::max(max_buffered_, stream_->buffered());
}

void Recorder::Get(Upstream& upstream, const std::string& path) {
  stream_ = upstream.Open(Request("GET", path), *this);
  stream_->End();
}

void Recorder::Post(Upstream& upstream, const std::string& path,
                    std::string body) {
  stream_ = upstream.Open(Request("POST", path), *this);
  stream_->Write(std::move(body));
  stream_->End();
}

void Recorder::Pour(Upstream& upstream, const std::string& path, size_t size) {
  stream_ = upstream.Open(Request("POST", path), *this);
  to_pour_ = size;
  OnWritable();
}

}  // namespace crm::gateway
