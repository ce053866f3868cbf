// Measures how a read's time grows with the rows of a store: GetCustomer's way
// to its row, and the query of a list that is filtered by an indexed field. A
// program that asks SQLite alone for the same rows is the anchor: what grows
// there as well is the price of memory that no cache of the processor holds.
//
//   read_bench [ROWS] [READS] [ROUNDS]
//
// Reads READS rows (20000), in ROUNDS rounds (5), from a store of ROWS rows
// (100000) and from one of ten times as many: a million take about a GiB of
// the temporary folder and a few minutes to write.

#include <sqlite3.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "shared/base/clock.h"
#include "shared/reflect/resource_schema.h"
#include "shared/resource/resource_table.h"
#include "shared/storage/sqlite/sqlite_database.h"
#include "tests/bench/customers.h"
#include "tests/bench/figures.h"
#include "tests/support/test_authority.h"

namespace crm::bench {
namespace {

constexpr int kGroup = 1000;
constexpr int kTimes = 10;
constexpr int kFilteredReads = 20;
constexpr absl::Duration kPatience = absl::Minutes(5);

constexpr Target kGrowth = {.floor = 2, .moonshot = 1.3};

// One prepared statement on one connection, in one transaction.
class BareReader {
 public:
  BareReader(const std::string& path, const std::string& table) {
    RequireSqlite(sqlite3_open_v2(path.c_str(), &database_,
                                  SQLITE_OPEN_READONLY, nullptr));
    const std::string select =
        absl::StrCat("SELECT version, delete_time, body FROM ", table,
                     " WHERE tenant = ? AND name = ?");
    for (const char* sql : {"PRAGMA mmap_size=2147483648", "BEGIN"}) {
      RequireSqlite(sqlite3_exec(database_, sql, nullptr, nullptr, nullptr));
    }
    RequireSqlite(
        sqlite3_prepare_v2(database_, select.c_str(), -1, &select_, nullptr));
  }
  ~BareReader() {
    sqlite3_finalize(select_);
    sqlite3_close(database_);
  }
  BareReader(const BareReader&) = delete;
  BareReader& operator=(const BareReader&) = delete;

  bool Read(const std::string& name, std::string& body) {
    sqlite3_bind_text(select_, 1, kTenant, -1, SQLITE_STATIC);
    sqlite3_bind_text(select_, 2, name.data(), static_cast<int>(name.size()),
                      SQLITE_STATIC);
    const bool found = sqlite3_step(select_) == SQLITE_ROW;
    if (found) {
      body.assign(static_cast<const char*>(sqlite3_column_blob(select_, 2)),
                  static_cast<size_t>(sqlite3_column_bytes(select_, 2)));
    }
    sqlite3_reset(select_);
    return found;
  }

 private:
  static void RequireSqlite(int result) {
    Require(result == SQLITE_OK ? absl::OkStatus()
                                : absl::InternalError(sqlite3_errstr(result)));
  }

  sqlite3* database_ = nullptr;
  sqlite3_stmt* select_ = nullptr;
};

// A store of customers.
class Store {
 public:
  Store(std::string path, int rows)
      : rows_(rows),
        schema_(Required(
            ResourceSchema::Build(operational::v1::Customer::descriptor()))),
        table_(schema_) {
    database_ = Required(OpenSqlite({.path = path,
                                     .read_limit = kPatience,
                                     .min_free_bytes = 0,
                                     .min_free_fraction = 0}));
    Require(database_->Migrate({.version = 1, .tables = {table_.Schema()}})
                .status());
    for (int begin = 0; begin < rows; begin += kGroup) Fill(begin);
    bare_ = std::make_unique<BareReader>(path, schema_.table());
  }

  // Reads rows of `random` numbers as GetCustomer does, and returns the median
  // of their times.
  double FindMicros(absl::BitGen& random, int reads) {
    return MedianMicros(reads, [&](SqlReader& reader) {
      const std::string name = CustomerName(absl::Uniform(random, 0, rows_));
      const auto row = Required(table_.Find(reader, kTenant, name));
      return row.has_value();
    });
  }

  // The same of SQLite alone.
  double BareMicros(absl::BitGen& random, int reads) {
    std::string body;
    return MedianOf(reads, [&] {
      const std::string name = CustomerName(absl::Uniform(random, 0, rows_));
      Require(bare_->Read(name, body)
                  ? absl::OkStatus()
                  : absl::NotFoundError("a row is missing"));
    });
  }

  // The same as FindMicros() of a page of ListCustomers with `primary_email =
  // "..."`.
  double FilterMicros(absl::BitGen& random) {
    return MedianMicros(kFilteredReads, [&](SqlReader& reader) {
      const int number = absl::Uniform(random, 0, rows_);
      const auto rows = Required(
          reader.Query(absl::StrCat("SELECT body, name FROM ", schema_.table(),
                                    " WHERE tenant = ? AND delete_time IS NULL"
                                    " AND (c_primary_email = ?)"
                                    " ORDER BY name DESC LIMIT ?"),
                       {std::string(kTenant),
                        MakeCustomer(number).primary_email(), int64_t{51}}));
      return rows.size() == 1;
    });
  }

 private:
  template <typename T>
  static T Required(absl::StatusOr<T> result) {
    Require(result.status());
    return *std::move(result);
  }

  void Fill(int begin) {
    Require(database_->WriteAndWait(
        clock_.Now() + kPatience, [&](SqlWriter& writer) -> absl::Status {
          const int end = std::min(rows_, begin + kGroup);
          for (int number = begin; number < end; ++number) {
            operational::v1::Customer customer = MakeCustomer(number);
            customer.set_name(CustomerName(number));
            const absl::Status stored =
                table_.Insert(writer, kTenant, customer);
            if (!stored.ok()) return stored;
          }
          return absl::OkStatus();
        }));
  }

  // Each read has a snapshot of its own, as each call has.
  double MedianMicros(int reads, const std::function<bool(SqlReader&)>& read) {
    return MedianOf(reads, [&] {
      Require(database_->Read(clock_.Now() + kPatience, [&](SqlReader& reader) {
        return read(reader) ? absl::OkStatus()
                            : absl::NotFoundError("a row is missing");
      }));
    });
  }

  double MedianOf(int reads, const std::function<void()>& read) const {
    std::vector<double> micros;
    for (int i = 0; i < reads; ++i) {
      const absl::Duration begin = clock_.Monotonic();
      read();
      micros.push_back(absl::ToDoubleMicroseconds(clock_.Monotonic() - begin));
    }
    std::sort(micros.begin(), micros.end());
    return micros[micros.size() / 2];
  }

  const SystemClock clock_;
  const int rows_;
  const ResourceSchema schema_;
  const ResourceTable table_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<BareReader> bare_;
};

void Run(int rows, int reads, int rounds) {
  const testing::ScratchFolder folder;
  absl::BitGen random;
  Store small(folder.File("small.db"), rows);
  Store large(folder.File("large.db"), rows * kTimes);
  const auto name = [](absl::string_view what, int count) {
    return absl::StrCat(what, ", ", count, " rows, p50");
  };
  // The first round warms both, and is not counted.
  Figures figures;
  for (int round = -1; round < rounds; ++round) {
    const double of_small = small.FindMicros(random, reads);
    const double of_large = large.FindMicros(random, reads);
    const double bare_of_small = small.BareMicros(random, reads);
    const double bare_of_large = large.BareMicros(random, reads);
    const double filter_of_small = small.FilterMicros(random);
    const double filter_of_large = large.FilterMicros(random);
    if (round < 0) continue;
    figures.Add(name("point read", rows), "us", of_small);
    figures.Add(name("point read", rows * kTimes), "us", of_large);
    figures.Add(name("SQLite alone", rows), "us", bare_of_small);
    figures.Add(name("SQLite alone", rows * kTimes), "us", bare_of_large);
    figures.Add(name("filter, one hit", rows), "us", filter_of_small);
    figures.Add(name("filter, one hit", rows * kTimes), "us", filter_of_large);
  }
  figures.Print();
  for (const char* what : {"point read", "SQLite alone", "filter, one hit"}) {
    figures.PrintRatio(name(what, rows * kTimes), name(what, rows), kGrowth);
  }
}

}  // namespace
}  // namespace crm::bench

int main(int argc, char** argv) {
  using crm::bench::NumberOf;
  crm::bench::Run(std::min(1'000'000, NumberOf(argc, argv, 1, 100'000)),
                  NumberOf(argc, argv, 2, 20'000), NumberOf(argc, argv, 3, 5));
  return 0;
}
