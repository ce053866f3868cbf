#include "tests/support/test_database.h"

#include <functional>
#include <utility>
#include <vector>

#include "shared/storage/postgres/postgres_database.h"
#include "shared/storage/sqlite/sqlite_database.h"
#include "tests/support/postgres_server/postgres_server.h"

namespace crm::testing {
namespace {

class WithoutClock final : public Database {
 public:
  explicit WithoutClock(std::unique_ptr<Database> database)
      : database_(std::move(database)) {}

  absl::Status Read(absl::Time deadline, ReadBody body) override {
    return database_->Read(deadline, body);
  }
  void Write(absl::Time deadline, WriteBody body, WriteDone done) override {
    database_->Write(deadline, std::move(body), std::move(done));
  }
  void WriteReading(std::vector<SqlFragment> reads, absl::Time deadline,
                    WriteBody body, WriteDone done) override {
    database_->WriteReading(std::move(reads), deadline, std::move(body),
                            std::move(done));
  }
  absl::StatusOr<MigrationResult> Migrate(const SqlSchema& schema,
                                          const WriteBody& then) override {
    return database_->Migrate(schema, then);
  }
  absl::StatusOr<bool> Contract(const SqlSchema& schema,
                                const WriteBody& check) override {
    return database_->Contract(schema, check);
  }
  absl::Status CheckWritable() override { return database_->CheckWritable(); }
  absl::Duration WriterStall() const override {
    return database_->WriterStall();
  }
  DatabaseStats Stats() const override { return database_->Stats(); }
  void SetCommitListener(std::function<void()> listener) override {
    database_->SetCommitListener(std::move(listener));
  }
  absl::Status Close() override { return database_->Close(); }

 private:
  const std::unique_ptr<Database> database_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Database>> OpenEngineUnderTest(
    const std::string& path, const Clock* clock) {
  if (TestsRunOnPostgres()) {
    return OpenPostgres({.uri = SharedPostgres().Uri(path), .clock = clock});
  }
  return OpenSqlite({.path = path,
                     .clock = clock,
                     .min_free_bytes = 0,
                     .min_free_fraction = 0});
}

absl::StatusOr<std::unique_ptr<Database>> OpenEngineOnClock(
    const std::string& path, const Clock& clock) {
  auto opened = OpenEngineUnderTest(path, &clock);
  if (!opened.ok()) return opened.status();
  return std::make_unique<WithoutClock>(*std::move(opened));
}

}  // namespace crm::testing
