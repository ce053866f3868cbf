#include "shared/storage/postgres/postgres_database.h"

#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/storage/postgres/connection_source.h"
#include "shared/storage/postgres/group_writer.h"
#include "shared/storage/postgres/postgres_migration.h"
#include "shared/storage/postgres/reader_pool.h"
#include "shared/storage/postgres/session.h"
#include "shared/storage/statement_errors.h"

namespace crm {
namespace {

class PostgresDatabase final : public Database {
 public:
  PostgresDatabase(std::unique_ptr<ConnectionSource> source, const Clock& clock,
                   const PostgresOptions& options,
                   std::string synchronous_commit)
      : source_(std::move(source)),
        readers_(*source_, clock, options),
        writer_(*source_, clock, options, std::move(synchronous_commit)) {}

  ~PostgresDatabase() override { Close().IgnoreError(); }

  absl::Status Read(absl::Time deadline, ReadBody body) override {
    return readers_.Read(deadline, body);
  }

  void Write(absl::Time deadline, WriteBody body, WriteDone done) override {
    writer_.Write({}, deadline, std::move(body), std::move(done));
  }

  void WriteReading(std::vector<SqlFragment> reads, absl::Time deadline,
                    WriteBody body, WriteDone done) override {
    writer_.Write(std::move(reads), deadline, std::move(body), std::move(done));
  }

  absl::StatusOr<MigrationResult> Migrate(const SqlSchema& schema,
                                          const WriteBody& then) override {
    CRM_RETURN_IF_ERROR(ValidateSchema(schema));
    return MigratePostgres(*source_, schema, then);
  }

  absl::StatusOr<bool> Contract(const SqlSchema& schema,
                                const WriteBody& check) override {
    CRM_RETURN_IF_ERROR(ValidateSchema(schema));
    return ContractPostgres(*source_, schema, check);
  }

  absl::Status CheckWritable() override { return writer_.CheckWritable(); }

  absl::Duration WriterStall() const override { return writer_.Stall(); }

  DatabaseStats Stats() const override { return writer_.Stats(); }

  absl::string_view TimeSql() const override {
    return "CAST(EXTRACT(EPOCH FROM CURRENT_TIMESTAMP) * 1000000 AS BIGINT)";
  }

  void SetCommitListener(std::function<void()> listener) override {
    writer_.SetCommitListener(std::move(listener));
  }

  absl::Status Close() override {
    const std::lock_guard guard(close_mutex_);
    writer_.Drain();
    readers_.Close();
    return absl::OkStatus();
  }

 private:
  std::mutex close_mutex_;
  const std::unique_ptr<ConnectionSource> source_;
  PostgresReaderPool readers_;
  PostgresGroupWriter writer_;
};

const Clock& MachineClock() {
  static const SystemClock clock;
  return clock;
}

// Returns how the server acknowledges commits, if that is after they are on its
// disk at least.
absl::StatusOr<std::string> CheckServer(ConnectionSource& source) {
  CRM_ASSIGN_OR_RETURN(const auto connection, source.Connect());
  connection->Send(
      "SELECT current_setting('server_encoding'), "
      "current_setting('synchronous_commit')");
  CRM_ASSIGN_OR_RETURN(
      const auto reply,
      connection->Finish({.until = SteadyAfter(absl::Seconds(5))}));
  if (reply.rows.size() != 1) return StorageUnreachable("it answers nothing");
  const auto& encoding = std::get<std::string>(reply.rows[0][0]);
  const auto& synchronous = std::get<std::string>(reply.rows[0][1]);
  if (encoding != "UTF8") {
    return FailedPrecondition(
        "STORAGE_ENCODING",
        absl::StrCat("The database holds text as ", encoding,
                     ". Create it with ENCODING 'UTF8'."),
        "database");
  }
  if (synchronous != "on" && synchronous != "remote_apply") {
    return FailedPrecondition(
        "STORAGE_NOT_DURABLE",
        absl::StrCat("The server acknowledges commits with "
                     "synchronous_commit=",
                     synchronous, ". Set it to on or remote_apply."),
        "database");
  }
  return synchronous;
}

}  // namespace

absl::Status CheckPostgresUri(const std::string& uri) {
  const bool is_uri = absl::StartsWith(uri, "postgres://") ||
                      absl::StartsWith(uri, "postgresql://");
  if (!is_uri) {
    return InvalidArgument("BAD_CONFIG",
                           "A store on a server is named by a URI such as "
                           "postgres://user@host:5432/database.");
  }
  return CheckConnectionUri(uri);
}

absl::StatusOr<std::unique_ptr<Database>> OpenPostgres(
    const PostgresOptions& options) {
  CRM_RETURN_IF_ERROR(CheckPostgresUri(options.uri));
  const Clock& clock =
      options.clock == nullptr ? MachineClock() : *options.clock;
  auto source = std::make_unique<ConnectionSource>(
      PostgresAddress{options.uri, options.password, options.schema},
      options.password_file);
  CRM_ASSIGN_OR_RETURN(std::string synchronous_commit, CheckServer(*source));
  return std::make_unique<PostgresDatabase>(std::move(source), clock, options,
                                            std::move(synchronous_commit));
}

}  // namespace crm
