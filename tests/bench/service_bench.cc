// Measures the calls of a service: GetCustomer against a bare gRPC C++ server
// that answers the same message, then listing, filtering and creating, and
// converting leads against creating them.
//
//   service_bench [CALLS] [ROUNDS]
//
// CALLS are made in each run (20000), in ROUNDS rounds (5); a tenth of them
// where a call costs more.

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/bench/customers.h"
#include "tests/bench/figures.h"
#include "tests/bench/leads.h"
#include "tests/bench/load.h"
#include "tests/bench/servers.h"

namespace crm::bench {
namespace {

constexpr int kCustomers = 1000;
constexpr int kWarmUp = 500;

constexpr Target kRate = {.floor = 0.65, .moonshot = 0.8};
// A conversion of a lead against a durable create.
constexpr Target kConversion = {.floor = 0.5, .moonshot = 0.8};
constexpr Target kCpu = {.floor = 1 / 0.65, .moonshot = 1 / 0.8};

// A server and the client that calls it.
struct Side {
  explicit Side(ServerProcess process)
      : server(std::move(process)), client(server.port(), server.token()) {}

  // Makes the calls and adds what they cost.
  LoadResult Run(const std::string& name, const Load& load, Figures& figures) {
    const double before = server.process().CpuSeconds();
    LoadResult result = client.Run(load);
    const double cpu = server.process().CpuSeconds() - before;
    figures.Add(absl::StrCat(name, ", rate"), "calls/s",
                result.calls_per_second);
    figures.Add(absl::StrCat(name, ", server CPU"), "us/call",
                cpu * 1e6 / load.calls);
    figures.Add(absl::StrCat(name, ", p50"), "us", result.p50_micros);
    if (result.refused > 0) {
      figures.Add(absl::StrCat(name, ", refused"), "of 100 calls",
                  100.0 * result.refused / load.calls);
    }
    return result;
  }

  ServerProcess server;
  LoadClient client;
};

void CompareGet(Side& service, int calls, int rounds) {
  const Load get = {.path = kGetPath,
                    .request = [](int i) { return GetRequest(i % kCustomers); },
                    .calls = calls};
  Load warm_up = get;
  warm_up.calls = kWarmUp;
  const std::string answer = service.client.Run(warm_up).answer;
  Side bare(ServerProcess::Bare(answer));
  bare.client.Run(warm_up);

  Figures figures;
  for (int round = 0; round < rounds; ++round) {
    bare.Run("bare Get", get, figures);
    service.Run("GetCustomer", get, figures);
  }
  std::printf("Get, 8 connections x 16 in flight, answers of %zu bytes\n",
              answer.size());
  figures.Print();
  figures.PrintRatio("GetCustomer, rate", "bare Get, rate", kRate);
  figures.PrintRatio("GetCustomer, server CPU", "bare Get, server CPU", kCpu);
}

void MeasureOthers(Side& service, int calls, int rounds) {
  const auto list = [calls](std::string filter) {
    return Load{.path = kListPath,
                .request = [filter](int) { return ListRequest(filter); },
                .calls = calls};
  };
  Figures figures;
  // Over the same rows in every round: those that are created come later.
  for (int round = 0; round < rounds; ++round) {
    service.Run("list of 50", list(""), figures);
    service.Run("filter, one hit",
                list("primary_email = \"office7@example.com\""), figures);
    service.Run("filter, no hit",
                list("primary_email = \"nobody@example.com\""), figures);
  }
  int created = kCustomers;
  for (int round = 0; round < rounds; ++round) {
    service.Run("CreateCustomer, durable",
                {.path = kCreatePath,
                 .request = [&](int) { return CreateRequest(created++); },
                 .calls = calls},
                figures);
  }
  std::printf("\nOther calls, by the same client, over %d customers\n",
              kCustomers);
  figures.Print();
}

// A conversion makes an account, a contact and an opportunity and changes the
// lead; creating a lead makes its customer too.
void CompareConversion(Side& service, int calls, int rounds) {
  Figures figures;
  int created = 0;
  int qualified = 0;
  int converted = 0;
  for (int round = 0; round < rounds; ++round) {
    service.Run("CreateLead, durable",
                {.path = kCreateLeadPath,
                 .request = [&](int) { return CreateLeadRequest(created++); },
                 .calls = calls},
                figures);
    service.client.Run(
        {.path = kQualifyPath,
         .request = [&](int) { return QualifyRequest(qualified++); },
         .calls = calls});
    service.Run("ConvertLead, durable",
                {.path = kConvertPath,
                 .request = [&](int) { return ConvertRequest(converted++); },
                 .calls = calls},
                figures);
  }
  std::printf("\nConversion of leads\n");
  figures.Print();
  figures.PrintRatio("ConvertLead, durable, rate", "CreateLead, durable, rate",
                     kConversion);
}

void Run(int calls, int rounds) {
  Side service(ServerProcess::Operational());
  service.client.Run({.path = kCreatePath,
                      .request = CreateNamedRequest,
                      .calls = kCustomers});
  CompareGet(service, calls, rounds);
  MeasureOthers(service, std::max(1, calls / 10), rounds);
  CompareConversion(service, std::max(1, calls / 20), rounds);
}

}  // namespace
}  // namespace crm::bench

int main(int argc, char** argv) {
  using namespace crm::bench;
  if (ServedAsChild(argc, argv)) return 0;
  Run(NumberOf(argc, argv, 1, 20'000), NumberOf(argc, argv, 2, 5));
  return 0;
}
