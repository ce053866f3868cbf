#include "tests/bench/load.h"

#include <algorithm>
#include <deque>

#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "grpcpp/alarm.h"
#include "grpcpp/client_context.h"
#include "grpcpp/completion_queue.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/rpc/grpc_convert.h"
#include "tests/bench/figures.h"

namespace crm::bench {
namespace {

constexpr absl::Duration kCallTimeout = absl::Seconds(30);

using Reader = grpc::ClientAsyncResponseReader<grpc::ByteBuffer>;

// One call at a time, again and again.
struct Slot {
  grpc::GenericStub* stub = nullptr;
  std::unique_ptr<grpc::ClientContext> context;
  std::unique_ptr<Reader> reader;
  grpc::ByteBuffer answer;
  grpc::Status status;
  std::string request;
  absl::Duration begin;
  // Set while a refused call waits to be repeated.
  bool pausing = false;
  grpc::Alarm alarm;
};

// How long the service asks to wait before the call is repeated.
absl::Duration RetryDelayOf(const absl::Status& status) {
  google::rpc::RetryInfo info;
  const auto payload =
      status.GetPayload("type.googleapis.com/google.rpc.RetryInfo");
  if (!payload.has_value() || !info.ParseFromString(std::string(*payload))) {
    Require(status);
  }
  return absl::Seconds(info.retry_delay().seconds()) +
         absl::Nanoseconds(info.retry_delay().nanos());
}

double At(const std::vector<double>& sorted, double part) {
  return sorted[static_cast<size_t>(part *
                                    static_cast<double>(sorted.size() - 1))];
}

}  // namespace

LoadClient::LoadClient(int port, absl::string_view token, int connections,
                       int in_flight)
    : authorization_(absl::StrCat("Bearer ", token)), in_flight_(in_flight) {
  for (int i = 0; i < connections; ++i) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    stubs_.push_back(
        std::make_unique<grpc::GenericStub>(grpc::CreateCustomChannel(
            absl::StrCat("127.0.0.1:", port),
            grpc::InsecureChannelCredentials(), arguments)));
  }
}

LoadResult LoadClient::Run(const Load& load) {
  const SystemClock clock;
  grpc::CompletionQueue queue;
  std::deque<Slot> slots;
  int started = 0;
  const auto send = [&](Slot& slot) {
    slot.context = std::make_unique<grpc::ClientContext>();
    slot.context->set_deadline(ToGrpcDeadline(clock.Now() + kCallTimeout));
    slot.context->AddMetadata("authorization", authorization_);
    slot.answer.Clear();
    slot.reader = slot.stub->PrepareUnaryCall(
        slot.context.get(), load.path, ToByteBuffer(slot.request), &queue);
    slot.reader->StartCall();
    slot.reader->Finish(&slot.answer, &slot.status, &slot);
  };
  const auto start = [&](Slot& slot) {
    slot.request = load.request(started++);
    slot.begin = clock.Monotonic();
    send(slot);
  };

  LoadResult result;
  int refused = 0;
  std::vector<double> micros;
  micros.reserve(static_cast<size_t>(load.calls));
  const absl::Duration begin = clock.Monotonic();
  for (int i = 0; i < in_flight_ && started < load.calls; ++i) {
    for (const auto& stub : stubs_) {
      if (started == load.calls) break;
      slots.emplace_back().stub = stub.get();
      start(slots.back());
    }
  }
  void* tag = nullptr;
  bool ok = false;
  while (micros.size() < static_cast<size_t>(load.calls) &&
         queue.Next(&tag, &ok)) {
    Slot& slot = *static_cast<Slot*>(tag);
    if (slot.pausing) {
      slot.pausing = false;
      send(slot);
      continue;
    }
    const absl::Status status = FromGrpcStatus(slot.status);
    if (ErrorReason(status) == "OVERLOADED") {
      ++refused;
      slot.pausing = true;
      slot.alarm.Set(&queue, ToGrpcDeadline(clock.Now() + RetryDelayOf(status)),
                     &slot);
      continue;
    }
    if (ErrorReason(status) == "TRANSACTION_CONFLICT") {
      ++result.conflicts;
      send(slot);
      continue;
    }
    Require(status);
    micros.push_back(
        absl::ToDoubleMicroseconds(clock.Monotonic() - slot.begin));
    if (result.answer.empty()) result.answer = ToString(slot.answer);
    if (started < load.calls) start(slot);
  }
  const double seconds = absl::ToDoubleSeconds(clock.Monotonic() - begin);
  queue.Shutdown();
  while (queue.Next(&tag, &ok)) {
  }
  std::sort(micros.begin(), micros.end());
  result.calls_per_second = static_cast<double>(load.calls) / seconds;
  result.refused = refused;
  result.p50_micros = At(micros, 0.5);
  result.p99_micros = At(micros, 0.99);
  return result;
}

}  // namespace crm::bench
