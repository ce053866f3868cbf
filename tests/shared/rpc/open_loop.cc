#include "tests/shared/rpc/open_loop.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/support/channel_arguments.h"
#include "shared/rpc/grpc_convert.h"

namespace crm::testing {
namespace {

// A client lets the calls beyond the server's streams a connection wait, which
// would close the loop.
constexpr int kConnections = 12;
constexpr absl::Duration kStep = absl::Milliseconds(2);

}  // namespace

struct OpenLoop::Pending {
  grpc::ClientContext context;
  grpc::ByteBuffer request;
  grpc::ByteBuffer response;
  absl::Time due;
  Tally* tally = nullptr;
};

absl::Duration Tally::P99() const {
  if (latencies.empty()) return absl::InfiniteDuration();
  std::vector<absl::Duration> sorted = latencies;
  std::sort(sorted.begin(), sorted.end());
  return sorted[sorted.size() * 99 / 100];
}

OpenLoop::OpenLoop(int port, absl::string_view path, std::string request,
                   absl::Duration timeout)
    : path_(path), request_(std::move(request)), timeout_(timeout) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  for (int i = 0; i < kConnections; ++i) {
    stubs_.push_back(
        std::make_unique<grpc::GenericStub>(grpc::CreateCustomChannel(
            absl::StrCat("127.0.0.1:", port),
            grpc::InsecureChannelCredentials(), arguments)));
  }
}

OpenLoop::~OpenLoop() = default;

std::map<std::string, Tally> OpenLoop::Run(
    const std::vector<OfferedLoad>& loads, absl::Duration time) {
  std::map<std::string, Tally> tallies;
  const absl::Time start = absl::Now();
  std::vector<absl::Time> due(loads.size(), start);
  for (absl::Time now = start; now < start + time; now = absl::Now()) {
    for (size_t i = 0; i < loads.size(); ++i) {
      std::exponential_distribution<double> gap(loads[i].per_second);
      for (; due[i] <= now; due[i] += absl::Seconds(gap(random_))) {
        Start(loads[i], due[i], tallies[loads[i].name]);
      }
    }
    std::this_thread::sleep_for(absl::ToChronoNanoseconds(kStep));
  }
  std::unique_lock lock(mutex_);
  ended_.wait(lock, [this] { return outstanding_ == 0; });
  return tallies;
}

void OpenLoop::Start(const OfferedLoad& load, absl::Time due, Tally& tally) {
  auto pending = std::make_shared<Pending>();
  pending->due = due;
  pending->tally = &tally;
  pending->request = ToByteBuffer(request_);
  pending->context.set_deadline(ToGrpcDeadline(absl::Now() + timeout_));
  for (const auto& [name, value] : load.metadata) {
    pending->context.AddMetadata(name, value);
  }
  {
    std::lock_guard lock(mutex_);
    ++tally.offered;
    ++outstanding_;
  }
  stubs_[next_stub_++ % stubs_.size()]->UnaryCall(
      &pending->context, path_, grpc::StubOptions(), &pending->request,
      &pending->response,
      [this, pending](const grpc::Status& status) { Ended(*pending, status); });
}

void OpenLoop::Ended(const Pending& pending, const grpc::Status& status) {
  const absl::Duration latency = absl::Now() - pending.due;
  std::lock_guard lock(mutex_);
  Tally& tally = *pending.tally;
  if (status.ok()) {
    ++tally.answered;
    tally.latencies.push_back(latency);
  } else if (status.error_code() == grpc::StatusCode::UNAVAILABLE) {
    ++tally.refused;
  } else {
    tally.failures.push_back(FromGrpcStatus(status));
  }
  if (--outstanding_ == 0) ended_.notify_all();
}

}  // namespace crm::testing
