// A gRPC client for tests that needs no generated stubs: it calls any method of
// the linked descriptors, and shows all that comes back.

#ifndef CRM_TESTS_SUPPORT_API_CLIENT_H_
#define CRM_TESTS_SUPPORT_API_CLIENT_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "shared/call/call.h"
#include "tests/shared/rpc/raw_client.h"

namespace crm::testing {

// Who calls, and what goes with the call.
struct ApiOptions {
  // The bearer token; empty sends none.
  std::string token;
  Metadata metadata = {};
  absl::Duration timeout = absl::Seconds(30);
};

// What came back.
struct ApiAnswer {
  absl::Status status;
  // The answer, if the status is OK.
  std::unique_ptr<google::protobuf::Message> message;
  // The answer's bytes, and the metadata before and after it.
  std::string bytes;
  Metadata headers;
  Metadata trailers;
};

// A stream of messages of one type from the server. Thread-compatible.
class ApiStream {
 public:
  ApiStream(std::unique_ptr<RawStream> stream,
            const google::protobuf::Descriptor* type)
      : stream_(std::move(stream)), type_(type) {}

  // Sends another message, where more was to follow. Returns whether it is on
  // its way.
  bool Send(const google::protobuf::Message& message);
  // Says that nothing follows any more.
  void EndSending() { stream_->EndSending(); }
  // Waits for the next message; null at the end.
  std::unique_ptr<google::protobuf::Message> Next();
  // Reads to the end and returns the status.
  absl::Status Finish() { return stream_->Finish(); }
  void Cancel() { stream_->Cancel(); }

 private:
  std::unique_ptr<RawStream> stream_;
  const google::protobuf::Descriptor* type_;
};

// A connection to one server of this machine. Thread-safe.
class ApiClient {
 public:
  explicit ApiClient(int port) : client_(port) {}

  // Calls `method` and waits.
  ApiAnswer Call(const google::protobuf::MethodDescriptor* method,
                 const google::protobuf::Message& request,
                 const ApiOptions& options);

  // The same with bytes, which may be no message of the method.
  ApiAnswer CallBytes(const google::protobuf::MethodDescriptor* method,
                      absl::string_view request, const ApiOptions& options);

  // Calls the method called `name` (`crm.operational.v1.LeadService.GetLead`),
  // whose answer is a `Response`.
  template <typename Response>
  absl::StatusOr<Response> Call(absl::string_view name,
                                const google::protobuf::Message& request,
                                const ApiOptions& options) {
    ApiAnswer answer = Call(MethodOf(name), request, options);
    if (!answer.status.ok()) return answer.status;
    return static_cast<const Response&>(*answer.message);
  }

  // Opens the stream of the method called `name`.
  std::unique_ptr<ApiStream> Open(absl::string_view name,
                                  const google::protobuf::Message& request,
                                  const ApiOptions& options);

  // The same for a method that streams both ways: more may follow `request`.
  std::unique_ptr<ApiStream> OpenDuplex(
      absl::string_view name, const google::protobuf::Message& request,
      const ApiOptions& options);

  // Returns the linked method called `name`; ends the program without one.
  static const google::protobuf::MethodDescriptor* MethodOf(
      absl::string_view name);

 private:
  RawClient client_;
};

// Returns an empty message of `type`.
std::unique_ptr<google::protobuf::Message> NewMessage(
    const google::protobuf::Descriptor* type);

// Reads text format into `message`; ends the program if it does not parse.
void ParseTextOrDie(absl::string_view text, google::protobuf::Message& message);

// Returns the message of type T that `text` describes.
template <typename T>
T Proto(absl::string_view text) {
  T message;
  ParseTextOrDie(text, message);
  return message;
}

}  // namespace crm::testing

#endif  // CRM_TESTS_SUPPORT_API_CLIENT_H_
