#include "tests/shared/rpc/raw_client.h"

#include <future>
#include <utility>

#include "absl/strings/str_cat.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "shared/rpc/grpc_convert.h"

namespace crm::testing {
namespace {

void Prepare(const RawCallOptions& options, grpc::ClientContext& context) {
  context.set_deadline(ToGrpcDeadline(absl::Now() + options.timeout));
  for (const auto& [name, value] : options.metadata) {
    context.AddMetadata(name, value);
  }
  context.set_compression_algorithm(options.compression);
}

std::shared_ptr<grpc::Channel> Connect(int port) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 200);
  arguments.SetMaxReceiveMessageSize(-1);
  // What it takes of a stream that it does not read stays small.
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  return grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", port),
                                   grpc::InsecureChannelCredentials(),
                                   arguments);
}

}  // namespace

RawStream::RawStream(grpc::GenericStub& stub, absl::string_view path,
                     std::optional<std::string> request, bool more,
                     const RawCallOptions& options) {
  Prepare(options, context_);
  call_ = stub.PrepareCall(&context_, std::string(path), &queue_);
  call_->StartCall(nullptr);
  if (!Await()) return;
  if (more) {
    Send(*request);
    return;
  }
  if (request.has_value()) {
    call_->WriteLast(ToByteBuffer(*request), grpc::WriteOptions(), nullptr);
  } else {
    call_->WritesDone(nullptr);
  }
  Await();
}

RawStream::~RawStream() {
  if (!finished_) {
    Cancel();
    Finish().IgnoreError();
  }
  queue_.Shutdown();
}

bool RawStream::Await() {
  void* tag = nullptr;
  bool ok = false;
  return queue_.Next(&tag, &ok) && ok;
}

bool RawStream::Send(absl::string_view message) {
  call_->Write(ToByteBuffer(message), nullptr);
  return Await();
}

void RawStream::EndSending() {
  call_->WritesDone(nullptr);
  Await();
}

void RawStream::AwaitOpen() {
  call_->ReadInitialMetadata(nullptr);
  Await();
}

std::optional<std::string> RawStream::Read() {
  grpc::ByteBuffer message;
  call_->Read(&message, nullptr);
  if (!Await()) return std::nullopt;
  return ToString(message);
}

absl::Status RawStream::Finish() {
  while (Read().has_value()) {
  }
  grpc::Status status;
  call_->Finish(&status, nullptr);
  Await();
  finished_ = true;
  return FromGrpcStatus(status);
}

void RawStream::Cancel() { context_.TryCancel(); }

RawClient::RawClient(int port) : channel_(Connect(port)), stub_(channel_) {}

RawAnswer RawClient::Call(absl::string_view path, absl::string_view request,
                          const RawCallOptions& options) {
  grpc::ClientContext context;
  Prepare(options, context);
  const grpc::ByteBuffer request_buffer = ToByteBuffer(request);
  grpc::ByteBuffer response;
  const auto ended = std::make_shared<std::promise<grpc::Status>>();
  stub_.UnaryCall(&context, std::string(path), grpc::StubOptions(),
                  &request_buffer, &response, [ended](grpc::Status status) {
                    ended->set_value(std::move(status));
                  });
  const grpc::Status status = ended->get_future().get();
  return {.status = FromGrpcStatus(status),
          .bytes = ToString(response),
          .initial = ToMetadata(context.GetServerInitialMetadata()),
          .trailing = ToMetadata(context.GetServerTrailingMetadata())};
}

std::unique_ptr<RawStream> RawClient::Open(absl::string_view path,
                                           std::optional<std::string> request,
                                           const RawCallOptions& options) {
  return std::make_unique<RawStream>(stub_, path, std::move(request),
                                     /*more=*/false, options);
}

std::unique_ptr<RawStream> RawClient::OpenDuplex(
    absl::string_view path, std::string request,
    const RawCallOptions& options) {
  return std::make_unique<RawStream>(stub_, path, std::move(request),
                                     /*more=*/true, options);
}

std::vector<std::string> ValuesOf(const Metadata& metadata,
                                  absl::string_view name) {
  std::vector<std::string> values;
  for (const auto& [key, value] : metadata) {
    if (key == name) values.push_back(value);
  }
  return values;
}

}  // namespace crm::testing
