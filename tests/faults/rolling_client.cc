// A gRPC C++ client with the config that clients are given, for the test of
// rolling restarts: calls a service until its input ends, then prints as JSON
// how many calls it made and how those ended that failed.
//
//   rolling_client TARGET CONFIG_FILE TOKEN NAME
//
// It reads customers/NAME, and makes a customer with every tenth call.

#include <unistd.h>

#include <atomic>
#include <fstream>
#include <future>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "crm/operational/v1/customer.pb.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/support/channel_arguments.h"
#include "shared/base/clock.h"
#include "shared/base/ids.h"
#include "shared/rpc/grpc_convert.h"

namespace crm {
namespace {

constexpr int kCallers = 4;
constexpr absl::Duration kPause = absl::Milliseconds(5);
constexpr absl::Duration kTimeout = absl::Seconds(10);

class Client {
 public:
  Client(const std::string& target, const std::string& config,
         std::string token, std::string name)
      : stub_(Connect(target, config)),
        token_(std::move(token)),
        name_(std::move(name)),
        ids_(clock_) {}

  // Calls one after the other until `over`.
  void Run(const std::atomic<bool>& over) {
    for (int i = 0; !over; ++i) {
      const grpc::Status status = i % 10 == 9 ? Create() : Get();
      {
        std::lock_guard lock(mutex_);
        ++calls_;
        if (!status.ok()) {
          ++failures_[absl::StrCat(status.error_code(), " ",
                                   status.error_message())];
        }
      }
      absl::SleepFor(kPause);
    }
  }

  void Print() const {
    std::cout << "{\"calls\":" << calls_ << ",\"failures\":{";
    const char* comma = "";
    for (const auto& [what, count] : failures_) {
      std::cout << comma << '"' << what << "\":" << count;
      comma = ",";
    }
    std::cout << "}}\n";
  }

 private:
  static grpc::GenericStub Connect(const std::string& target,
                                   const std::string& config) {
    grpc::ChannelArguments arguments;
    arguments.SetServiceConfigJSON(config);
    return grpc::GenericStub(grpc::CreateCustomChannel(
        target, grpc::InsecureChannelCredentials(), arguments));
  }

  grpc::Status Get() {
    operational::v1::GetCustomerRequest request;
    request.set_name(absl::StrCat("customers/", name_));
    return Call("GetCustomer", request);
  }

  grpc::Status Create() {
    operational::v1::CreateCustomerRequest request;
    request.set_request_id(ids_.NewId());
    request.mutable_customer()->set_display_name("Rolled");
    request.mutable_customer()->set_kind(operational::v1::Customer::PERSON);
    return Call("CreateCustomer", request);
  }

  grpc::Status Call(const char* method,
                    const google::protobuf::Message& request) {
    grpc::ClientContext context;
    context.set_deadline(ToGrpcDeadline(absl::Now() + kTimeout));
    context.AddMetadata("authorization", absl::StrCat("Bearer ", token_));
    const grpc::ByteBuffer sent = ToByteBuffer(request.SerializeAsString());
    grpc::ByteBuffer received;
    // Shared, since the promise is still in use when its future is ready.
    const auto ended = std::make_shared<std::promise<grpc::Status>>();
    stub_.UnaryCall(
        &context, absl::StrCat("/crm.operational.v1.CustomerService/", method),
        grpc::StubOptions(), &sent, &received,
        [ended](grpc::Status status) { ended->set_value(std::move(status)); });
    return ended->get_future().get();
  }

  grpc::GenericStub stub_;
  const std::string token_;
  const std::string name_;
  SystemClock clock_;
  IdMaker ids_;
  mutable std::mutex mutex_;
  int calls_ = 0;
  std::map<std::string, int> failures_;
};

int Main(int argc, char** argv) {
  if (argc != 5) return 2;
  std::ifstream file(argv[2]);
  const std::string config(std::istreambuf_iterator<char>(file), {});
  Client client(argv[1], config, argv[3], argv[4]);
  std::atomic<bool> over{false};
  std::vector<std::thread> callers;
  for (int i = 0; i < kCallers; ++i) {
    callers.emplace_back([&] { client.Run(over); });
  }
  char byte = 0;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
  over = true;
  for (std::thread& caller : callers) caller.join();
  client.Print();
  return 0;
}

}  // namespace
}  // namespace crm

int main(int argc, char** argv) { return crm::Main(argc, argv); }
