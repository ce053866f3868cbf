#include "tests/support/api_client.h"

#include <cstdlib>
#include <iostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/text_format.h"
#include "shared/base/errors.h"

namespace crm::testing {
namespace {

std::string PathOf(const google::protobuf::MethodDescriptor* method) {
  return absl::StrCat("/", method->service()->full_name(), "/", method->name());
}

RawCallOptions RawOptions(const ApiOptions& options) {
  RawCallOptions raw{.metadata = options.metadata, .timeout = options.timeout};
  if (!options.token.empty()) {
    raw.metadata.emplace_back("authorization",
                              absl::StrCat("Bearer ", options.token));
  }
  return raw;
}

}  // namespace

bool ApiStream::Send(const google::protobuf::Message& message) {
  return stream_->Send(message.SerializeAsString());
}

std::unique_ptr<google::protobuf::Message> ApiStream::Next() {
  const std::optional<std::string> bytes = stream_->Read();
  if (!bytes.has_value()) return nullptr;
  auto message = NewMessage(type_);
  return message->ParseFromString(*bytes) ? std::move(message) : nullptr;
}

ApiAnswer ApiClient::Call(const google::protobuf::MethodDescriptor* method,
                          const google::protobuf::Message& request,
                          const ApiOptions& options) {
  return CallBytes(method, request.SerializeAsString(), options);
}

ApiAnswer ApiClient::CallBytes(const google::protobuf::MethodDescriptor* method,
                               absl::string_view request,
                               const ApiOptions& options) {
  RawAnswer raw = client_.Call(PathOf(method), request, RawOptions(options));
  ApiAnswer answer{.status = std::move(raw.status),
                   .message = nullptr,
                   .bytes = std::move(raw.bytes),
                   .headers = std::move(raw.initial),
                   .trailers = std::move(raw.trailing)};
  if (!answer.status.ok()) return answer;
  answer.message = NewMessage(method->output_type());
  if (!answer.message->ParseFromString(answer.bytes)) {
    answer.status = Internal("ANSWER_MALFORMED", "The answer does not parse.");
  }
  return answer;
}

std::unique_ptr<ApiStream> ApiClient::Open(
    absl::string_view name, const google::protobuf::Message& request,
    const ApiOptions& options) {
  const auto* method = MethodOf(name);
  return std::make_unique<ApiStream>(
      client_.Open(PathOf(method), request.SerializeAsString(),
                   RawOptions(options)),
      method->output_type());
}

std::unique_ptr<ApiStream> ApiClient::OpenDuplex(
    absl::string_view name, const google::protobuf::Message& request,
    const ApiOptions& options) {
  const auto* method = MethodOf(name);
  return std::make_unique<ApiStream>(
      client_.OpenDuplex(PathOf(method), request.SerializeAsString(),
                         RawOptions(options)),
      method->output_type());
}

const google::protobuf::MethodDescriptor* ApiClient::MethodOf(
    absl::string_view name) {
  const auto* method =
      google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(
          std::string(name));
  if (method == nullptr) {
    std::cerr << "No method is called '" << name << "'.\n";
    std::abort();
  }
  return method;
}

std::unique_ptr<google::protobuf::Message> NewMessage(
    const google::protobuf::Descriptor* type) {
  return std::unique_ptr<google::protobuf::Message>(
      google::protobuf::MessageFactory::generated_factory()
          ->GetPrototype(type)
          ->New());
}

void ParseTextOrDie(absl::string_view text,
                    google::protobuf::Message& message) {
  if (google::protobuf::TextFormat::ParseFromString(std::string(text),
                                                    &message)) {
    return;
  }
  std::cerr << "The text is no " << message.GetTypeName() << ":\n" << text;
  std::abort();
}

}  // namespace crm::testing
