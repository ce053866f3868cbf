// Measures durable writes: a customer's row on each engine against PostgreSQL
// running the same statement with a commit for each, and CreateCustomer of the
// service on each engine against PostgreSQL running its statements, prepared,
// with a commit for each; and two replicas over one database against one.
//
//   write_bench [WRITES] [ROUNDS]
//
// WRITES are made in each run (4000) by 128 callers, in ROUNDS rounds (5). All
// files are on the disk of the temporary folder, and every engine syncs to it.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <semaphore>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "shared/base/clock.h"
#include "shared/reflect/resource_schema.h"
#include "shared/resource/resource_table.h"
#include "shared/storage/postgres/connection.h"
#include "shared/storage/postgres/postgres_database.h"
#include "shared/storage/sqlite/sqlite_database.h"
#include "tests/bench/customers.h"
#include "tests/bench/figures.h"
#include "tests/bench/load.h"
#include "tests/bench/recorded_writes.h"
#include "tests/bench/servers.h"
#include "tests/support/postgres_server/postgres_server.h"
#include "tests/support/test_authority.h"

namespace crm::bench {
namespace {

constexpr int kCallers = 128;
constexpr int kConnections = 64;
constexpr absl::Duration kPatience = absl::Minutes(1);

constexpr Target kRate = {.floor = 1, .moonshot = 1.5};

template <typename T>
T Required(absl::StatusOr<T> result) {
  Require(result.status());
  return *std::move(result);
}

// Notes the statement of a body instead of running it.
class StatementNote final : public SqlWriter {
 public:
  absl::StatusOr<SqlRows> Query(absl::string_view /*sql*/,
                                const std::vector<SqlValue>&) override {
    return absl::UnimplementedError("only writes are noted");
  }
  absl::StatusOr<int64_t> Execute(
      absl::string_view sql, const std::vector<SqlValue>& params) override {
    sql_ = std::string(sql);
    params_ = params;
    return 1;
  }

  const std::string& sql() const { return sql_; }
  const std::vector<SqlValue>& params() const { return params_; }

 private:
  std::string sql_;
  std::vector<SqlValue> params_;
};

// The table of customers, and new rows of it. Thread-safe.
class Customers {
 public:
  Customers()
      : schema_(Required(
            ResourceSchema::Build(operational::v1::Customer::descriptor()))),
        table_(schema_) {}

  SqlSchema Schema() const {
    return {.version = 1, .tables = {table_.Schema()}};
  }

  // Returns a body that stores a row that no other stores.
  Database::WriteBody Next() {
    const int number = next_++;
    return [this, number](SqlWriter& writer) {
      operational::v1::Customer customer = MakeCustomer(number);
      customer.set_name(CustomerName(number));
      return table_.PostInsert(writer, kTenant, customer);
    };
  }

 private:
  const ResourceSchema schema_;
  const ResourceTable table_;
  std::atomic<int> next_ = 0;
};

double RateOf(int writes, const std::function<void()>& work) {
  const SystemClock clock;
  const absl::Duration begin = clock.Monotonic();
  work();
  return writes / absl::ToDoubleSeconds(clock.Monotonic() - begin);
}

double RunEngine(Database& database, Customers& customers, int writes) {
  return RateOf(writes, [&] {
    std::counting_semaphore<kCallers> callers(kCallers);
    for (int i = 0; i < writes; ++i) {
      callers.acquire();
      database.Write(SystemClock().Now() + kPatience, customers.Next(),
                     [&callers](const absl::Status& status) {
                       Require(status);
                       callers.release();
                     });
    }
    for (int i = 0; i < kCallers; ++i) callers.acquire();
  });
}

using Connections = std::vector<std::unique_ptr<PostgresConnection>>;

// A connection a thread, and a commit a statement: one round trip each.
double RunOwnCommits(Connections& connections, Customers& customers,
                     int writes) {
  std::atomic<int> left = writes;
  return RateOf(writes, [&] {
    std::vector<std::jthread> threads;
    for (const auto& connection : connections) {
      threads.emplace_back([&] {
        while (left-- > 0) {
          StatementNote note;
          Require(customers.Next()(note));
          connection->Send(note.sql(), note.params());
          Require(connection
                      ->Finish({.until = std::chrono::steady_clock::now() +
                                         absl::ToChronoSeconds(kPatience)})
                      .status());
        }
      });
    }
  });
}

void CompareEngines(int writes, int rounds) {
  const testing::ScratchFolder folder;
  testing::PostgresServer server(
      {"-c", "fsync=on", "-c", "full_page_writes=on"});
  const std::string uri = server.Uri("customers");
  Customers customers;
  const auto sqlite = Required(OpenSqlite({.path = folder.File("customers.db"),
                                           .min_free_bytes = 0,
                                           .min_free_fraction = 0}));
  const auto postgres = Required(OpenPostgres({.uri = uri}));
  Require(sqlite->Migrate(customers.Schema()).status());
  Require(postgres->Migrate(customers.Schema()).status());
  Connections connections;
  for (int i = 0; i < kConnections; ++i) {
    connections.push_back(Required(PostgresConnection::Open({uri, ""})));
  }

  // Files grow and caches fill once.
  RunOwnCommits(connections, customers, writes);
  RunEngine(*sqlite, customers, writes);
  RunEngine(*postgres, customers, writes);
  Figures figures;
  for (int round = 0; round < rounds; ++round) {
    figures.Add("row, own commits on PostgreSQL", "writes/s",
                RunOwnCommits(connections, customers, writes));
    figures.Add("row, SQLite engine", "writes/s",
                RunEngine(*sqlite, customers, writes));
    figures.Add("row, PostgreSQL engine", "writes/s",
                RunEngine(*postgres, customers, writes));
  }
  std::printf("A customer's row, %d callers, %d connections of own commits\n",
              kCallers, kConnections);
  figures.Print();
  figures.PrintRatio("row, SQLite engine", "row, own commits on PostgreSQL",
                     kRate);
  figures.PrintRatio("row, PostgreSQL engine", "row, own commits on PostgreSQL",
                     kRate);
}

// Runs the calls from `begin` to `end`, each in a transaction of its own, with
// its statements sent as the kernel sends them: a connection a thread.
double RunRecorded(Connections& connections, const RecordedWrites& recorded,
                   int begin, int end) {
  std::atomic<int> next = begin;
  return RateOf(end - begin, [&] {
    std::vector<std::jthread> threads;
    for (const auto& connection : connections) {
      threads.emplace_back([&] {
        const auto finish = [&] {
          Require(connection
                      ->Finish({.until = std::chrono::steady_clock::now() +
                                         absl::ToChronoSeconds(kPatience)})
                      .status());
        };
        for (int call = next++; call < end; call = next++) {
          connection->Send("BEGIN");
          for (const auto& statement :
               recorded.calls[static_cast<size_t>(call)]) {
            connection->Send(statement.sql, statement.params);
            if (statement.awaited) finish();
          }
          connection->Send("COMMIT");
          finish();
        }
      });
    }
  });
}

// CreateCustomer over gRPC, with all that a service does, on each engine,
// against PostgreSQL running the statements of such calls.
void CompareServices(int writes, int rounds) {
  const RecordedWrites recorded = RecordCreateCustomer(0, writes * rounds);
  testing::PostgresServer server(
      {"-c", "fsync=on", "-c", "full_page_writes=on"});
  const std::string uri = server.Uri("recorded");
  Require(
      Required(OpenPostgres({.uri = uri}))->Migrate(recorded.schema).status());
  Connections connections;
  for (int i = 0; i < kConnections; ++i) {
    connections.push_back(Required(PostgresConnection::Open({uri, ""})));
    connections.back()->BeginPreparing();
  }

  ServerProcess sqlite = ServerProcess::Operational();
  ServerProcess postgres = ServerProcess::Operational(/*postgres=*/true);
  LoadClient to_sqlite(sqlite.port(), sqlite.token());
  LoadClient to_postgres(postgres.port(), postgres.token());
  int next = 0;
  const Load create = {.path = kCreatePath,
                       .request = [&](int) { return CreateRequest(next++); },
                       .calls = writes};
  Figures figures;
  for (int round = 0; round < rounds; ++round) {
    figures.Add("CreateCustomer's statements, own commits", "calls/s",
                RunRecorded(connections, recorded, round * writes,
                            (round + 1) * writes));
    const LoadResult on_sqlite = to_sqlite.Run(create);
    const LoadResult on_postgres = to_postgres.Run(create);
    figures.Add("CreateCustomer on SQLite", "calls/s",
                on_sqlite.calls_per_second);
    figures.Add("CreateCustomer on SQLite, refused", "calls",
                on_sqlite.refused);
    figures.Add("CreateCustomer on PostgreSQL", "calls/s",
                on_postgres.calls_per_second);
    figures.Add("CreateCustomer on PostgreSQL, refused", "calls",
                on_postgres.refused);
  }
  std::printf("\nCreateCustomer, %d callers\n", kCallers);
  figures.Print();
  for (const char* engine : {"SQLite", "PostgreSQL"}) {
    figures.PrintRatio(absl::StrCat("CreateCustomer on ", engine),
                       "CreateCustomer's statements, own commits", kRate);
  }
}

// CreateCustomer on PostgreSQL by one service and by two replicas of it at
// once, each with callers of its own.
void CompareReplicas(int writes, int rounds) {
  testing::PostgresServer server(
      {"-c", "fsync=on", "-c", "full_page_writes=on"});
  const std::string uri = server.Uri("replicated");
  ServerProcess one = ServerProcess::Replica(uri);
  ServerProcess two = ServerProcess::Replica(uri);
  LoadClient to_one(one.port(), one.token());
  LoadClient to_two(two.port(), two.token());
  std::atomic<int> next = 0;
  const Load create = {.path = kCreatePath,
                       .request = [&](int) { return CreateRequest(next++); },
                       .calls = writes};
  Figures figures;
  for (int round = 0; round < rounds; ++round) {
    const double alone = to_one.Run(create).calls_per_second;
    figures.Add("CreateCustomer by one", "calls/s", alone);
    LoadResult results[2];
    const double rate = RateOf(2 * writes, [&] {
      std::jthread other([&] { results[1] = to_two.Run(create); });
      results[0] = to_one.Run(create);
    });
    figures.Add("CreateCustomer by two", "calls/s", rate);
    figures.Add("CreateCustomer by two / by one", "", rate / alone);
    figures.Add("CreateCustomer by two, refused", "calls",
                results[0].refused + results[1].refused);
    figures.Add("CreateCustomer by two, given up for conflicts", "calls",
                results[0].conflicts + results[1].conflicts);
    figures.Add("CreateCustomer by two, p99", "ms",
                std::max(results[0].p99_micros, results[1].p99_micros) / 1000);
  }
  std::printf("\nCreateCustomer by replicas on PostgreSQL, %d callers each\n",
              kCallers);
  figures.Print();
}

}  // namespace
}  // namespace crm::bench

int main(int argc, char** argv) {
  using namespace crm::bench;
  if (ServedAsChild(argc, argv)) return 0;
  const int writes = NumberOf(argc, argv, 1, 4000);
  const int rounds = NumberOf(argc, argv, 2, 5);
  CompareEngines(writes, rounds);
  CompareServices(writes, rounds);
  CompareReplicas(writes, rounds);
  return 0;
}
