#include "tests/bench/servers.h"

#include <cstdio>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "crm/operational/v1/customer.grpc.pb.h"
#include "crm/operational/v1/customer.pb.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "services/operational/app.h"
#include "tests/bench/customers.h"
#include "tests/bench/figures.h"
#include "tests/support/postgres_server/postgres_server.h"
#include "tests/support/service_harness.h"

namespace crm::bench {
namespace {

using operational::v1::Customer;
using operational::v1::CustomerService;
using operational::v1::GetCustomerRequest;

constexpr char kServe[] = "serve";
constexpr char kBare[] = "bare";
constexpr char kOnPostgres[] = "operational-on-postgres";
constexpr char kReplica[] = "replica";
constexpr char kOnSqlite[] = "operational";
constexpr char kReady[] = "ready ";

class BareService final : public CustomerService::CallbackService {
 public:
  explicit BareService(const std::string& answer) {
    Require(answer_.ParseFromString(answer)
                ? absl::OkStatus()
                : absl::InvalidArgumentError("the answer is no customer"));
  }

  grpc::ServerUnaryReactor* GetCustomer(grpc::CallbackServerContext* context,
                                        const GetCustomerRequest* /*request*/,
                                        Customer* response) override {
    *response = answer_;
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

 private:
  Customer answer_;
};

void Announce(int port, absl::string_view token) {
  std::printf("%s%d %s\n", kReady, port, std::string(token).c_str());
  std::fflush(stdout);
  AwaitEndOfInput();
}

void ServeBare(absl::string_view escaped) {
  BareService service(absl::HexStringToBytes(escaped));
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                           &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  Announce(port, "none");
}

// On a file if `uri` is empty.
void ServeOperational(const std::string& uri) {
  const testing::TestAuthority authority;
  testing::ServiceHarness service(
      authority, "operational", operational::MakeOperational,
      [&](HostSettings& settings) { settings.database = uri; });
  Announce(service.host().port(),
           authority.Token(kTenant, "user:bench", {"everyone"}));
}

void ServeOnOwnServer() {
  testing::PostgresServer postgres(
      {"-c", "fsync=on", "-c", "full_page_writes=on"});
  ServeOperational(postgres.Uri("operational"));
}

}  // namespace

ServerProcess ServerProcess::Bare(absl::string_view answer) {
  return ServerProcess({kServe, kBare, absl::BytesToHexString(answer)});
}

ServerProcess ServerProcess::Operational(bool postgres) {
  return ServerProcess({kServe, postgres ? kOnPostgres : kOnSqlite});
}

ServerProcess ServerProcess::Replica(const std::string& uri) {
  return ServerProcess({kServe, kReplica, uri});
}

ServerProcess::ServerProcess(const std::vector<std::string>& arguments) {
  std::vector<std::string> words = {OwnProgram()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  process_ = std::make_unique<ChildProcess>(words, std::vector<std::string>(),
                                            ChildProcess::Kind::kBenchmark);
  const std::vector<std::string> parts =
      absl::StrSplit(process_->LineWith(kReady), ' ');
  if (parts.size() != 3 || !absl::SimpleAtoi(parts[1], &port_)) {
    Require(absl::InternalError("a server did not say where it serves"));
  }
  token_ = parts[2];
}

bool ServedAsChild(int argc, char** argv) {
  if (argc < 3 || argv[1] != absl::string_view(kServe)) return false;
  const absl::string_view what = argv[2];
  if (what == kBare && argc == 4) {
    ServeBare(argv[3]);
  } else if (what == kReplica && argc == 4) {
    ServeOperational(argv[3]);
  } else if (what == kOnPostgres) {
    ServeOnOwnServer();
  } else {
    ServeOperational("");
  }
  return true;
}

}  // namespace crm::bench
