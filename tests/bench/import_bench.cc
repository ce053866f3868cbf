// Measures imports: contacts through the whole service, each with its rules,
// event, audit entry and search document, against the same rows stored alone.
//
//   import_bench [ROWS] [ROUNDS]
//
// ROWS contacts (20000) are imported from CSV, in ROUNDS rounds (3): once so
// that each gets a customer, which is a second resource, and once for a
// customer that is there. The anchor writes as many rows of contacts into a
// store of its own, by 256 callers and in the engine's groups, with no record
// beside them.
//
// With CRM_IMPORT_ROWS=N it imports N contacts once instead, for a customer
// that is there, and shows how many are done, how many came a second, and the
// memory of the process as the import goes on: what is its own, and what it has
// mapped of the store.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <memory>
#include <semaphore>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "crm/operational/v1/contact.pb.h"
#include "crm/operational/v1/contact_bulk.pb.h"
#include "crm/operational/v1/customer.pb.h"
#include "crm/platform/v1/imports.pb.h"
#include "crm/platform/v1/operations.pb.h"
#include "google/longrunning/operations.pb.h"
#include "services/operational/app.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/reflect/resource_schema.h"
#include "shared/resource/resource_table.h"
#include "shared/resource/row_calls.h"
#include "shared/storage/sqlite/sqlite_database.h"
#include "tests/bench/customers.h"
#include "tests/bench/figures.h"
#include "tests/support/service_harness.h"

namespace crm::bench {
namespace {

using ::crm::operational::v1::Contact;
using ::crm::platform::v1::ImportResult;
using ::crm::testing::Proto;
using ::crm::testing::ServiceHarness;
using ::crm::testing::TestAuthority;
using ::google::longrunning::Operation;

constexpr int kRowsOfPart = 10'000;
constexpr absl::Duration kPatience = absl::Minutes(5);
constexpr absl::Duration kLookAgain = absl::Milliseconds(200);
// How many times the memory is shown.
constexpr int kSamples = 20;

// The rows a second that were asked for.
constexpr Target kRate = {.floor = 10'000, .moonshot = 20'000};

double RateOf(int rows, absl::Duration spent) {
  return rows / absl::ToDoubleSeconds(spent);
}

// Returns the microseconds that all threads of the process took for each of
// `rows` rows since `begin`, whatever else the machine did.
double WorkOf(int rows, std::clock_t begin) {
  return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC * 1e6 /
         rows;
}

std::string RowsOf(int first, int last, absl::string_view customer) {
  std::string rows;
  for (int i = first; i < last; ++i) {
    absl::StrAppend(&rows, "Ada,Lovelace ", i, ",ada", i, "@example.org,",
                    customer, "\n");
  }
  return rows;
}

// Returns a figure of /proc/self/status in MiB.
double MemoryOf(absl::string_view figure) {
  std::ifstream status("/proc/self/status");
  std::string name;
  int64_t kibibytes = 0;
  for (std::string line; status >> name && std::getline(status, line);) {
    if (name != figure) continue;
    line.resize(line.find('k'));
    if (absl::SimpleAtoi(line, &kibibytes)) break;
  }
  return static_cast<double>(kibibytes) / 1024;
}

// A service in this process, and one caller.
class Bench {
 public:
  Bench() : service_(authority_, "operational", operational::MakeOperational) {}

  // Imports `rows` contacts; returns how many a second.
  double Import(int rows, absl::string_view customer) {
    const absl::Duration begin = clock_.Monotonic();
    const std::string name = Start();
    Feed(name, rows, customer);
    platform::v1::WaitOperationRequest wait;
    wait.set_name(name);
    Operation operation;
    while (!operation.done()) {
      operation =
          Call<Operation>("crm.platform.v1.Operations.WaitOperation", wait);
    }
    RequireCreated(operation, rows);
    return RateOf(rows, clock_.Monotonic() - begin);
  }

  // The same, and shows how the process is doing meanwhile.
  void ImportAtLength(int rows, absl::string_view customer) {
    const absl::Duration begin = clock_.Monotonic();
    const std::string name = Start();
    std::thread feeder([&] { Feed(name, rows, customer); });
    platform::v1::GetOperationRequest get;
    get.set_name(name);
    Operation operation;
    for (int64_t shown = 0; !operation.done();) {
      std::this_thread::sleep_for(absl::ToChronoMilliseconds(kLookAgain));
      operation =
          Call<Operation>("crm.platform.v1.Operations.GetOperation", get);
      platform::v1::OperationMetadata metadata;
      operation.metadata().UnpackTo(&metadata);
      if (metadata.done_count() < shown && !operation.done()) continue;
      shown = metadata.done_count() + rows / kSamples;
      std::printf(
          "%9ld rows %8.0f rows/s %7.1f us/row  anonymous %6.1f MiB  "
          "mapped %7.1f MiB\n",
          static_cast<long>(metadata.done_count()),
          RateOf(static_cast<int>(metadata.done_count()),
                 clock_.Monotonic() - begin),
          WorkOf(std::max<int>(1, static_cast<int>(metadata.done_count())), 0),
          MemoryOf("RssAnon:"), MemoryOf("RssFile:"));
      std::fflush(stdout);
    }
    feeder.join();
    RequireCreated(operation, rows);
  }

  std::string MakeCustomer() {
    return Call<operational::v1::Customer>(
               "crm.operational.v1.CustomerService.CreateCustomer",
               Proto<operational::v1::CreateCustomerRequest>(
                   "customer { kind: PERSON display_name: 'Ada' }"))
        .name();
  }

 private:
  std::string Start() {
    return Call<Operation>(
               "crm.operational.v1.ContactBulkService.ImportContacts",
               Proto<operational::v1::ImportContactsRequest>(R"(plan {
                format: CSV
                columns { column: 'first' field: 'given_name' }
                columns { column: 'last' field: 'family_name' }
                columns { column: 'last' field: 'display_name' }
                columns { column: 'mail' field: 'email' }
                columns { column: 'customer' field: 'customer' } })"))
        .name();
  }

  void Feed(const std::string& name, int rows, absl::string_view customer) {
    Add(name, 1, "first,last,mail,customer\n", rows == 0);
    int64_t part = 1;
    for (int first = 0; first < rows; first += kRowsOfPart) {
      const int last = std::min(first + kRowsOfPart, rows);
      Add(name, ++part, RowsOf(first, last, customer), last == rows);
    }
  }

  static void RequireCreated(const Operation& operation, int rows) {
    ImportResult result;
    operation.response().UnpackTo(&result);
    if (result.created_count() == rows) return;
    Require(absl::InternalError(operation.DebugString()));
  }

  void Add(const std::string& name, int64_t part, std::string content,
           bool last) {
    platform::v1::AddImportRowsRequest request;
    request.set_name(name);
    request.set_part(part);
    request.set_content(std::move(content));
    request.set_last(last);
    for (;;) {
      const auto added =
          service_.client().Call<platform::v1::AddImportRowsResponse>(
              "crm.platform.v1.ImportService.AddImportRows", request,
              {.token = Token()});
      if (added.ok()) return;
      if (ErrorReason(added.status()) != "IMPORT_BEHIND") {
        Require(added.status());
      }
      std::this_thread::sleep_for(absl::ToChronoMilliseconds(kLookAgain));
    }
  }

  template <typename Response, typename Request>
  Response Call(const char* method, const Request& request) {
    auto answer =
        service_.client().Call<Response>(method, request, {.token = Token()});
    Require(answer.status());
    return *std::move(answer);
  }

  // A token lasts for 30 minutes, which an import may take longer than.
  std::string Token() const {
    return authority_.Token(kTenant, "user:ada", {"everyone"});
  }

  const SystemClock clock_;
  const TestAuthority authority_;
  ServiceHarness service_;
};

// Stores `rows` contacts and nothing else; returns how many a second.
double StoreAlone(const ResourceTable& table, Database& database, int round,
                  int rows) {
  const SystemClock clock;
  const absl::Duration begin = clock.Monotonic();
  std::counting_semaphore<kRowsInFlight> callers(kRowsInFlight);
  for (int i = 0; i < rows; ++i) {
    callers.acquire();
    database.Write(
        absl::Now() + kPatience,
        [&table, round, i](SqlWriter& writer) {
          Contact contact;
          contact.set_name(absl::StrCat("contacts/r", round, "-", i));
          contact.set_given_name("Ada");
          contact.set_family_name(absl::StrCat("Lovelace ", i));
          contact.set_display_name(contact.family_name());
          contact.set_email(absl::StrCat("ada", i, "@example.org"));
          contact.set_customer("customers/ada");
          return table.PostInsert(writer, kTenant, contact);
        },
        [&callers](const absl::Status& status) {
          Require(status);
          callers.release();
        });
  }
  for (size_t i = 0; i < kRowsInFlight; ++i) callers.acquire();
  return RateOf(rows, clock.Monotonic() - begin);
}

void RunAtLength(int rows) {
  Bench bench;
  bench.ImportAtLength(rows, bench.MakeCustomer());
}

void Run(int rows, int rounds) {
  auto schema = ResourceSchema::Build(Contact::descriptor());
  Require(schema.status());
  const ResourceTable table(*schema);
  const testing::ScratchFolder folder;
  auto database = OpenSqlite({.path = folder.File("contacts.db"),
                              .min_free_bytes = 0,
                              .min_free_fraction = 0});
  Require(database.status());
  Require((*database)
              ->Migrate({.version = 1, .tables = {table.Schema()}})
              .status());
  Bench bench;
  const std::string customer = bench.MakeCustomer();
  Figures figures;
  std::vector<double> rates;
  for (int round = 0; round < rounds; ++round) {
    const std::clock_t begin = std::clock();
    const double alone = StoreAlone(table, **database, round, rows);
    figures.Add("work of a row alone", "us", WorkOf(rows, begin));
    const std::clock_t import = std::clock();
    const double imported = bench.Import(rows, customer);
    figures.Add("work of an imported row", "us", WorkOf(rows, import));
    const double with_customers = bench.Import(rows, "");
    figures.Add("rows alone", "rows/s", alone);
    figures.Add("import", "contacts/s", imported);
    figures.Add("import with customers", "contacts/s", with_customers);
    figures.Add("import / rows alone", "", imported / alone);
    rates.push_back(imported);
  }
  figures.Print();
  std::sort(rates.begin(), rates.end());
  PrintValue("import", rates[rates.size() / 2], "contacts/s", kRate);
}

}  // namespace
}  // namespace crm::bench

int main(int argc, char** argv) {
  int at_length = 0;
  const char* const rows = std::getenv("CRM_IMPORT_ROWS");
  if (rows != nullptr && absl::SimpleAtoi(rows, &at_length)) {
    crm::bench::RunAtLength(at_length);
    return 0;
  }
  using crm::bench::NumberOf;
  crm::bench::Run(NumberOf(argc, argv, 1, 20'000), NumberOf(argc, argv, 2, 3));
  return 0;
}
